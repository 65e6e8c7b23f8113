import numpy as np
import pytest

from analysis import barriers, statements
from analysis.barriers import BarrierReader, BarrierWeights
from analysis.findings import Label


@pytest.fixture(scope="module")
def language():
    return statements.load_language()


def read(text, language):
    return statements.read([text], language)[0][0]


def reader(**weights):
    """A reader that knows these features alone, each with its log odds."""
    names = tuple(name.replace("_", " ") for name in weights)
    return BarrierReader(BarrierWeights(names, np.array(list(weights.values()))))


def test_clauses_cover_the_statement_without_gaps(language):
    text = "We meet every week, but posts stay empty because nobody applies, and the pay is too low."
    stretch = read(text, language)
    clauses = barriers.clauses_of(stretch.tokens)
    assert len(clauses) > 2
    assert clauses[0].first == 0
    assert clauses[-1].last == len(stretch.tokens)
    assert all(one.last == two.first for one, two in zip(clauses, clauses[1:], strict=False))


def test_only_the_telling_clause_is_the_barrier_without_its_linking_word(language):
    text = "We meet every week, but posts stay empty."
    found = reader(always=-5.0, word_empty=9.0).spans_of(text, read(text, language))
    assert [span.text for span in found] == ["posts stay empty"]


def test_a_statement_in_one_clause_is_the_barrier_whole(language):
    text = "Too few carers."
    assert reader(always=-5.0).spans_of(text, read(text, language))[0].text == text


def test_where_no_clause_tells_enough_the_likeliest_is_taken(language):
    text = "We meet every week, but posts stay empty."
    found = reader(always=-5.0, word_posts=1.0).spans_of(text, read(text, language))
    assert [span.text for span in found] == ["posts stay empty"]


def test_a_barrier_carries_the_themes_and_actions_of_its_statement(language):
    text = "Posts stay empty."
    labels = (
        Label("actions", "workforce-support", 0.9),
        Label("kinds", "barrier", 0.9),
        Label("barrier_themes", "workforce-capacity", 0.8),
    )
    found = reader(always=0.0).barriers_of(text, read(text, language), labels)
    assert [(barrier.themes, barrier.actions) for barrier in found] == [
        (("workforce-capacity",), ("workforce-support",))
    ]
    assert reader(always=0.0).barriers_of(text, read(text, language), labels[:1]) == []
