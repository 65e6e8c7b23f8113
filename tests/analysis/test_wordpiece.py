import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.wordpiece import WordPiece

VOCABULARY = {
    name: number
    for number, name in enumerate(
        ["[UNK]", "care", "##r", "##s", "child", "##ren", "'", ".", "cafe", "的", "$", "5", "a"]
    )
}


@pytest.fixture(scope="module")
def small():
    return WordPiece(VOCABULARY)


@pytest.fixture(scope="module")
def forgiving():
    meant = {"chidlren": "children", "chilren": "children", "carerss": "carers", "carrers": "carers", "xx": "a"}
    return WordPiece(VOCABULARY, lambda word, capital: word if capital else meant.get(word, word))


def said(words, text):
    names = {number: name for name, number in VOCABULARY.items()}
    pieces = words.cut(text)
    return [
        (names[piece], text[start:end])
        for piece, start, end in zip(pieces.ids, pieces.starts, pieces.ends, strict=True)
    ]


def test_a_word_is_cut_into_the_longest_known_pieces_with_their_places(small):
    assert said(small, "Carers' children.") == [
        ("care", "Care"),
        ("##r", "r"),
        ("##s", "s"),
        ("'", "'"),
        ("child", "child"),
        ("##ren", "ren"),
        (".", "."),
    ]


def test_accents_are_read_over_but_stay_in_the_offsets(small):
    assert said(small, "Café") == [("cafe", "Café")]
    decomposed = unicodedata.normalize("NFD", "😀 café care")
    assert [text for _, text in said(small, decomposed)][-1] == "care"


def test_a_word_that_is_unknown_or_endless_is_one_unknown_piece(small):
    assert said(small, "xyzzy care") == [("[UNK]", "xyzzy"), ("care", "care")]
    assert said(small, "a" * 50_000) == [("[UNK]", "a" * 50_000)]


def test_symbols_and_chinese_characters_stand_alone(small):
    assert said(small, "$5的care") == [("$", "$"), ("5", "5"), ("的", "的"), ("care", "care")]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("chidlren", [("child", "chidl"), ("##ren", "ren")]),
        ("chilren", [("child", "chil"), ("##ren", "ren")]),
        ("carrers.", [("care", "carr"), ("##r", "e"), ("##s", "rs"), (".", ".")]),
        ("xx", [("a", "xx")]),
        ("Chidlren", [("[UNK]", "Chidlren")]),
        ("CHIDLREN", [("child", "CHIDL"), ("##ren", "REN")]),
    ],
)
def test_a_word_is_read_as_the_one_that_was_meant_and_its_pieces_share_what_was_typed(typed, read, forgiving):
    assert said(forgiving, typed) == read


def test_as_typed_no_word_is_read_for_another(forgiving, small):
    for text in ("chidlren carrers.", "Carers' children."):
        assert forgiving.cut(text, as_typed=True) == small.cut(text)


def test_what_is_remembered_changes_nothing(small):
    fresh = WordPiece(VOCABULARY)
    assert small.cut("carers care.") == small.cut("carers care.") == fresh.cut("carers care.")


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_every_piece_lies_in_the_text_and_none_before_the_last(built_encoder, text):
    pieces = built_encoder.words.cut(text)
    assert len(pieces.ids) == len(pieces.starts) == len(pieces.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(pieces.starts, pieces.ends, strict=True))
    assert pieces.starts == sorted(pieces.starts)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1, max_size=30))
def test_pieces_of_plain_words_spell_the_text_again(built_encoder, text):
    pieces = built_encoder.words.cut(text)
    assert "".join(text[start:end] for start, end in zip(pieces.starts, pieces.ends, strict=True)) == text
