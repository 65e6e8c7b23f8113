from dataclasses import replace

import numpy as np
import pytest

from analysis import light_layer
from analysis.errors import ModelError
from analysis.findings import Span
from analysis.frame_reader import HOLDS, Code, FrameReader
from analysis.light_layer import Decided

CODES = (
    Code("homes", "Homes", "Houses, tenancies, rent, repairs, damp and homelessness."),
    Code("play", "Play", "Playgrounds, parks, games and time to play outdoors."),
    Code("travel", "Travel", "Buses, trains, roads, fares and how people get about."),
)
EXAMPLES = {
    "homes": ("Our flat is damp and the landlord will not mend it.",),
    "play": ("The swings are broken.",),
    "travel": ("The last bus leaves at six.",),
}
ON_RENT = "The rent went up and the roof of the house still leaks."


@pytest.fixture(scope="module")
def reader(both_meanings):
    return FrameReader([replace(code, examples=EXAMPLES[code.id]) for code in CODES], both_meanings)


@pytest.fixture(scope="module")
def without_examples(both_meanings):
    return FrameReader(CODES, both_meanings)


def held(reader, text):
    return [label.id for label in reader.labels_of([Span(0, len(text), text)])[0]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ON_RENT, "homes"),
        ("Children want a park with a slide.", "play"),
        ("The buses are late and the roads are full of holes.", "travel"),
    ],
)
def test_a_statement_has_the_code_that_it_is_about_with_and_without_examples(reader, without_examples, text, code):
    assert held(reader, text)[0] == code
    assert held(without_examples, text)[0] == code


@pytest.mark.parametrize("text", ["", " ", "\x00"])
def test_what_says_nothing_has_no_code(reader, text):
    assert held(reader, text) == []


def test_evidence_is_told_by_places_in_the_passage(reader):
    passage = f"Nothing else. {ON_RENT}"
    start = passage.index(ON_RENT)
    (labels,) = reader.labels_of([Span(start, len(passage), ON_RENT)])
    homes = next(label for label in labels if label.id == "homes")
    assert homes.evidence
    for span in homes.evidence:
        assert passage[span.start : span.end] == span.text
        assert span.start >= start
    assert {"rent", "house", "roof", "leaks"} & {word for span in homes.evidence for word in span.text.split()}
    assert "the" not in {span.text for span in homes.evidence}


def test_a_score_is_a_chance_above_the_threshold_and_highest_first(reader):
    (labels,) = reader.labels_of([Span(0, 51, "The house is far from the park and the bus is dear.")])
    scores = [label.score for label in labels]
    assert scores == sorted(scores, reverse=True)
    assert all(HOLDS - 1e-4 <= score <= 1 for score in scores)


def test_the_same_statement_has_the_same_codes_alone_and_among_others(reader):
    one = Span(0, len(ON_RENT), ON_RENT)
    other = Span(9, 43, "Children want a park with a slide.")
    assert reader.labels_of([other, one])[1] == reader.labels_of([one])[0]


def test_the_version_says_whether_there_were_examples_and_is_another_when_any_word_is(
    reader, without_examples, both_meanings
):
    assert reader.version.startswith("few-shot-")
    assert without_examples.version.startswith("zero-shot-")
    assert FrameReader(CODES, both_meanings).version == without_examples.version
    assert FrameReader(CODES, both_meanings, family="other").version != without_examples.version
    changed = (*CODES[:2], replace(CODES[2], definition="Buses."))
    assert FrameReader(changed, both_meanings).version != without_examples.version


def test_one_code_cannot_be_told_from_others(both_meanings):
    with pytest.raises(ValueError, match="2 codes"):
        FrameReader(CODES[:1], both_meanings)


def test_a_layer_over_it_says_what_people_decided_and_points_at_their_words(reader):
    on_cats = [f"The {colour} cat sleeps on the {place}." for colour in ("grey", "black") for place in ("roof", "bed")]
    on_other = ["The meeting is at ten.", "Rent is due in May.", "A bus is late.", "We thank you."]
    seen = reader.seen([Span(0, len(text), text) for text in (*on_cats, *on_other)])
    play, homes = ("codes", "play"), ("codes", "homes")
    decided = [
        Decided(str(row), one.vector, one.log_odds, *(({play}, {homes}) if row < 4 else (set(), {play})))
        for row, one in enumerate(seen)
    ]
    layer = light_layer.fit(reader, reader.meanings.version, decided)
    text = "A white cat sleeps on the chair."
    one = [Span(0, len(text), text)]
    assert "play" not in [label.id for label in reader.labels_of(one)[0]]
    laid = reader.with_light(layer)
    assert laid.model_version == layer.version
    (labels,) = laid.labels_of(one)
    learned = next(label for label in labels if label.id == "play")
    assert {"cat", "sleeps"} & {word for span in learned.evidence for word in span.text.split()}
    vector = reader.meanings.vectors([text])
    odds = layer.score(reader.score(vector), vector)[0, reader.labels.index(play)]
    assert learned.score == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-3)
    assert "play" not in [label.id for label in reader.labels_of(one)[0]]


def test_a_layer_over_other_codes_is_refused(reader, without_examples):
    seen = reader.seen([Span(0, len(text), text) for text in (ON_RENT, "The swings are broken.")] * 3)
    play = {("codes", "play")}
    decided = [
        Decided(str(row), one.vector, one.log_odds, *((set(), play) if row % 2 == 0 else (play, set())))
        for row, one in enumerate(seen)
    ]
    layer = light_layer.fit(reader, reader.meanings.version, decided)
    with pytest.raises(ModelError, match="few-shot"):
        without_examples.with_light(layer)
