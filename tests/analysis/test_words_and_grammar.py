import numpy as np
import pytest

from analysis import grammar, questions, statements, words
from analysis.reading import sums_of, windows_of
from forms import questionnaire


def test_words_keep_their_places_and_the_neighbour_they_pair_with():
    found = words.read("We don’t WAIT. Ever")
    assert found.forms == ["we", "don't", "wait", "ever"]
    assert found.befores == ["", "we", "don't", ""]
    assert (found.starts[2], found.ends[2]) == (9, 13)


def test_letter_groups_know_the_ends_of_a_word():
    assert words.letter_groups("care")[:3] == [" ca", "car", "are"]
    assert "care " in words.letter_groups("care")
    assert "care" in words.letter_groups("care")


def test_grammar_tells_what_will_be_from_what_was():
    language = statements.load_language()
    will, was = (statements.read([text], language)[0][0] for text in ("We will open a house.", "We opened a house."))
    assert ("ROOT", "aux", "will") in set(grammar.features_of(will.tokens))
    assert ("ROOT", "VBD") in set(grammar.features_of(was.tokens))


@pytest.mark.parametrize("text", ["Yes.", "We will not open a house unless staff stay, and they leave."])
def test_every_feature_of_grammar_is_put_down_to_a_token_it_is_about(text):
    tokens = statements.read([text], statements.load_language())[0][0].tokens
    places, features = grammar.places_of(tokens), grammar.features_of(tokens)
    assert len(places) == len(features)
    for place, feature in zip(places, features, strict=True):
        marks = {"^", "$", "ROOT", *tokens.roles}
        assert tokens.symbols[place] in feature or set(feature) <= marks or "ROOT" in feature


def test_windows_hold_whole_statements_as_long_as_they_fit():
    assert list(windows_of([0, 4, 9, 12], longest=9)) == [(0, 9), (9, 12)]
    assert list(windows_of([0, 25, 27], longest=10)) == [(0, 10), (10, 20), (20, 27)]
    assert list(windows_of([0, 3, 3, 25], longest=10)) == [(0, 3), (3, 13), (13, 23), (23, 25)]
    assert list(windows_of([0])) == list(windows_of([0, 0])) == []


def test_sums_are_taken_between_bounds():
    values = np.arange(8, dtype=np.float32).reshape(4, 2)
    assert sums_of(values, np.array([0, 1, 1, 4])).tolist() == [[0, 1], [0, 0], [12, 15]]
    assert sums_of(values[:0], np.array([0])).shape == (0, 2)


def test_every_question_of_the_questionnaire_is_understood():
    pages = questionnaire.load("keeping-the-promise").pages_for({"priority-areas": ["planning"]})
    asked = {question.asks: questions.asked_by(question.label) for page in pages for question in page.questions}
    for kind in ("doing", "plans", "barriers", "needs", "offers", "voice"):
        assert questions.ASKED[asked[kind]] == kind


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What help or learning could you offer others?", "offers"),
        ("What support would help you?", "needs"),
        ("Which obstacles do you meet?", "barriers"),
        ("Is there anything else that you would like to tell us?", "else"),
    ],
)
def test_other_wordings_are_understood_too(question, kind):
    assert questions.ASKED[questions.asked_by(question)] == kind


def test_a_question_that_asks_for_nothing_in_particular_changes_nothing():
    assert questions.asked_by("") is None
    assert questions.asked_by("Your thoughts") is None
