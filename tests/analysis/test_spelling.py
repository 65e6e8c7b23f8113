import json

import pytest

from analysis.spelling import FEWEST, Spelling, words_to_mean


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sbiling", "sibling"),
        ("carres", "carers"),
        ("throguhcare", "throughcare"),
        ("recieve", "receive"),
        ("becuase", "because"),
        ("behaviuor", "behaviour"),
        ("soical", "social"),
        ("familys", "family"),
        ("suport", "support"),
        ("childrenn", "children"),
        ("cansultation", "consultation"),
        ("siohban", "siobhan"),
    ],
)
def test_a_word_with_one_slip_is_read_as_the_word_that_was_meant(typed, meant, spelling):
    assert spelling.meant(typed) == meant


@pytest.mark.parametrize(
    "word",
    [
        *("weans", "siobhan", "organisation", "organization", "kinship", "shortbread", "hooses"),
        *("arent", "havent", "dont", "couldnt", "theyre", "vaped", "sexting", "upskilled", "leathered"),
        *("dreich", "tegan", "leask", "deeks", "carys", "mappa", "airson", "teh", "qzxwvk", "x9999", "o'hara", ""),
    ],
)
def test_what_is_known_short_or_like_nothing_of_ours_stays_as_it_is(word, spelling):
    assert spelling.meant(word) == word


def test_of_two_words_that_can_have_been_meant_the_more_used_is_read():
    assert Spelling({"placement": 9, "placements": 5}).meant("placemens") == "placement"
    assert Spelling({"placement": 5, "placements": 9}).meant("placemens") == "placements"


def test_the_first_letter_stays_and_another_letter_is_taken_for_a_slip_in_long_words_alone():
    ours = Spelling({"hearing": 5, "placements": 5})
    assert ours.meant("bearingx") == "bearingx"
    assert ours.meant("hesring") == "hesring"
    assert ours.meant("plscements") == "placements"


def test_a_word_with_a_capital_may_be_a_name_and_only_letters_that_changed_places_are_set_right():
    ours = Spelling({"january": 5, "tenant": 5, "carers": 5})
    assert ours.meant("janaury", capital=True) == "january"
    assert ours.meant("tenannt") == "tenant"
    assert ours.meant("tennant", capital=True) == "tennant"
    assert ours.meant("careys", capital=True) == "careys"


def test_the_words_that_can_be_meant_are_those_often_used_and_names_as_word_pieces_are_spelled(tmp_path):
    (tmp_path / "harm").mkdir()
    (tmp_path / "harm" / "train.jsonl").write_text("")
    texts = ["Carers couldn’t rest, carers' crèches closed"] * FEWEST + ["carres"] * (FEWEST - 1)
    (tmp_path / "a1.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    words = words_to_mean(tmp_path)
    assert words["carers"] == 2 * FEWEST
    assert words["creches"] == words["closed"] == FEWEST
    assert {"couldn", "couldn’t", "carres", "rest"}.isdisjoint(words)
    assert words["siobhan"] == words["domhnall"] == 1
    assert all(word.isascii() and word.islower() for word in words)
    assert list(words) == sorted(words)
