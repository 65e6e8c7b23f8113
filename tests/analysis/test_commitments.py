import datetime

import pytest

from analysis import commitments, statements
from analysis.findings import Due, Span


@pytest.fixture(scope="module")
def language():
    return statements.load_language()


def read(text, language, said_on=None):
    stretch = statements.read([text], language)[0][0]
    return commitments.of_span(text, stretch, Span(stretch.start, stretch.end, text), said_on)


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("We will open two houses.", "we"),
        ("I will ring every family.", "we"),
        ("Our team will visit each school.", "we"),
        ("The Care Inspectorate will publish new standards.", "The Care Inspectorate"),
        ("New standards will be published by the Care Inspectorate.", "the Care Inspectorate"),
        ("Opening two houses.", ""),
        ("Training to be rolled out.", ""),
    ],
)
def test_who_promises_is_the_one_who_does_it(text, who, language):
    assert read(text, language).who == who


def test_when_it_falls_due_is_an_interval(language):
    found = read("We will open two houses by the end of March 2027.", language, datetime.date(2026, 11, 21))
    assert found.due == Due("by the end of March 2027", "2026-11-21", "2027-03-31")


def test_a_stretch_of_time_counts_from_the_day_it_was_said(language):
    text = "We will open two houses within 18 months."
    assert read(text, language, datetime.date(2026, 1, 10)).due.to == "2027-07-10"
    assert read(text, language).due == Due("within 18 months")


@pytest.mark.parametrize(
    ("words", "who", "to"),
    [("open two houses by March 2027", "we", "2027-03-31"), ("train all staff by June 2028", "we", "2028-06-30")],
)
def test_each_of_two_promises_in_a_sentence_has_its_own_date(words, who, to, language):
    text = "We will open two houses by March 2027 and train all staff by June 2028."
    stretch = statements.read([text], language)[0][0]
    start = text.index(words)
    found = commitments.of_span(text, stretch, Span(start, start + len(words), words), datetime.date(2026, 11, 21))
    assert (found.who, found.due.to) == (who, to)


def test_a_day_that_is_over_is_when_nothing_falls_due(language):
    text = "In 2025 we opened one house and by 2028 we will open another."
    assert read(text, language, datetime.date(2026, 11, 21)).due.to == "2028-12-31"


def test_who_hires_is_told_from_who_asked(language):
    text = "Families asked for help and we will hire two workers."
    stretch = statements.read([text], language)[0][0]
    start = text.index("we will")
    assert commitments.of_span(text, stretch, Span(start, len(text), text[start:]), None).who == "we"


def test_without_a_date_nothing_is_due(language):
    assert read("We will open two houses.", language).due is None
