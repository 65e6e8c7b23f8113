from types import SimpleNamespace

import numpy as np
import pytest

from analysis import cutting, reading, statements
from analysis.cutting import Cutter, Sample
from analysis.errors import ModelError
from analysis.labels import SPANS
from analysis.passages import Passage

GOOD = ("There is good will", "Staff are keen", "Everyone wants this", "The plan is clear", "Schools are ready")
BAD = ("there is no money", "posts stay empty", "buses stop at six", "nobody answers the phone", "rules forbid it")


@pytest.fixture(scope="module")
def read(built_encoder):
    language = statements.load_language()

    def reading_of(text):
        return reading.read(
            Passage("", text), statements.read([text], language)[0], built_encoder, lambda states: states[:, :0]
        )

    return reading_of


def odds(read_, value=2.0):
    return np.full((len(read_.starts), len(SPANS)), value, np.float32)


def odds_where(read_, part, name):
    """High for one sort of span within this part of the text, low elsewhere."""
    found, start = odds(read_, -4.0), read_.text.index(part)
    inside = (read_.starts >= start) & (read_.ends <= start + len(part))
    found[inside, list(SPANS).index(name)] = 4.0
    return found


def sample(read, text, *parts, name="barriers"):
    spans = [(text.index(part), text.index(part) + len(part)) for part in parts]
    return Sample(read(text), 0, name, odds(read(text)), spans)


@pytest.fixture(scope="module")
def cutter(read):
    turned = [sample(read, f"{good}, but {bad}.", bad) for good in GOOD for bad in BAD]
    listed = [sample(read, f"{one.capitalize()}; {two}.", one[1:], two) for one in BAD for two in BAD if one != two]
    return Cutter(cutting.learn([*turned, *listed]))


def cut(cutter, read_, number=0):
    return [span.text for span in cutter.of_statement(read_, number, "barriers", odds(read_))]


def test_what_was_coded_after_a_turn_is_cut_after_a_turn_though_the_encoder_is_as_sure_of_all_of_it(cutter, read):
    assert cut(cutter, read("The building is open, but doors stay locked.")) == ["doors stay locked"]


def test_two_spans_side_by_side_stay_two(cutter, read):
    assert cut(cutter, read("Doors stay locked; lights go out.")) == ["Doors stay locked", "lights go out"]


def test_a_statement_without_a_word_is_its_own_span(cutter, read):
    read_ = read("Doors stay locked.")
    read_.words[0].clear()
    assert cut(cutter, read_) == ["Doors stay locked"]


def test_a_statement_in_which_nothing_stands_out_is_its_own_span(read):
    nothing = Cutter(cutting.learn([sample(read, f"{good}.") for good in GOOD]))
    assert cut(nothing, read("Doors stay locked.")) == ["Doors stay locked"]


def test_spans_never_overlap_though_each_takes_in_the_rest_of_its_word(read, cutter, monkeypatch):
    text = "Short-term money of 3 million ends (again)."
    read_ = read(text)
    words = cutting._Words.of(read_, 0)
    for tags in (["B"] * len(words.forms), ["B", "B", *["I"] * (len(words.forms) - 2)]):
        monkeypatch.setattr(cutter, "_tagger", SimpleNamespace(tag=lambda _, tags=tags: tags))
        spans = cutter.of_statement(read_, 0, "barriers", odds(read_))
        assert all(one.end <= other.start for one, other in zip(spans, spans[1:], strict=False))
        assert spans[0].text == "Short-term"
        assert spans[-1].text.endswith("(again)")


def test_what_is_learned_is_the_same_each_time(read):
    samples = [sample(read, f"{good}, but {bad}.", bad) for good in GOOD for bad in BAD]
    assert cutting.learn(samples) == cutting.learn(samples)


@pytest.mark.parametrize("model", [b"", b"lCRF", b"something else"])
def test_what_is_no_cutter_is_refused(model):
    with pytest.raises(ModelError, match="train them"):
        Cutter(model)


def test_the_cutter_of_the_repository_leaves_out_what_stands_around_a_barrier(ours):
    told = {
        "Every team is keen to do this, but there is no money for it after March.": "no money for it after March",
        "Partners told us that the waiting list for assessment is now eleven months.": "waiting list for assessment",
    }
    for text, kept in told.items():
        (barrier,) = ours.analyse([Passage("", text)])[0].barriers
        assert kept in barrier.text
        assert barrier.end - barrier.start < 0.75 * len(text)


@pytest.mark.parametrize("name", ["barriers", "needs"])
def test_the_same_words_are_cut_by_what_the_encoder_says_of_them(read, name):
    texts = [f"{one.capitalize()} and {two}." for one in BAD for two in BAD if one != two]
    samples = []
    for text in texts:
        for part in text.removesuffix(".").split(" and "):
            start = text.index(part)
            told = odds_where(read(text), part, name)
            samples.append(Sample(read(text), 0, name, told, [(start, start + len(part))]))
    cutter, text = Cutter(cutting.learn(samples)), "Doors stay locked and lights go out."
    for part in ("Doors stay locked", "lights go out"):
        read_ = read(text)
        assert [one.text for one in cutter.of_statement(read_, 0, name, odds_where(read_, part, name))] == [part]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("We visit families, but £2m was cut from our youth service this year.", "£2m was cut"),
        ("The team is good, but £3 million has been taken away from family support.", "£3 million has"),
        ("There is no money (again)!", "(again)!"),
        ("A long-term plan exists, but short-term funding ends in March.", "short-term funding ends"),
        ("There is no money \ud83d and posts stay empty for months.", "posts stay empty for months"),
        ("There is no money \x00 and posts stay <b>empty</b> for months.", "for months"),
    ],
)
def test_money_brackets_and_what_nobody_reads_neither_break_a_span_nor_the_reading(ours, text, kept):
    spans = ours.analyse([Passage("", text)])[0].barriers
    assert any(kept in one.text for one in spans)
    assert all(one.text == text[one.start : one.end] for one in spans)


def test_no_word_is_known_by_a_number_below_nothing(read):
    """The library drops, without a word, a feature whose values come to less than nothing."""
    text = "Staff are keen, but posts stay empty; buses stop at six."
    words = cutting._Words.of(read(text), 0)
    for value in (-20.0, -1.0, 5.0):
        strengths = np.linspace(value, value + 3, len(words.forms))
        assert all(number >= 0 for word in cutting._features(words, strengths) for number in word.values())
