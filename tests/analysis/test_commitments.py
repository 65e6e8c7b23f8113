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


SAID_ON = datetime.date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    [
        "Board approved in October.",
        "The board approved the plan in October.",
        "Approved by the board in June.",
        "Joint plan approved by the board in June.",
        "No eviction for anyone under 26 who has been in care; board approved in October.",
        "Our plan was approved at the board meeting in October.",
        "The plan was agreed in March.",
        "The plan has been agreed in March.",
        "We've agreed in principle in March to open two houses.",
        "It was launched last May.",
        "The new service launched in May.",
        "In September we agreed to open two more houses.",
        "We started the training in the spring.",
        "Training began on 3 October.",
        "The pathway was written and approved in June.",
        "The strategy that was published in August says how we will do it.",
        "During the summer we met with forty families.",
        "The post was filled in early September.",
        "The first group finished over the summer.",
        "The group met for the first time in June.",
        "We will build on the plan agreed in March.",
    ],
)
def test_what_is_told_as_done_falls_not_due(text, language):
    assert read(text, language, SAID_ON).due is None
    assert read(text, language).due is None


@pytest.mark.parametrize(
    ("text", "words", "to"),
    [
        ("The plan will be approved in October.", "in October", "2027-10-31"),
        ("The plan will be written and approved in October.", "in October", "2027-10-31"),
        ("The plan should be approved in October.", "in October", "2027-10-31"),
        ("The refresh is to be completed in March.", "in March", "2027-03-31"),
        ("Training to be completed in March.", "in March", "2027-03-31"),
        ("The plan was agreed by March.", "by March", "2027-03-31"),
        ("All staff trained by March.", "by March", "2027-03-31"),
        ("The report is due in March.", "in March", "2027-03-31"),
        ("The launch is planned for May.", "for May", "2027-05-31"),
        ("The launch, planned in May, is for all families.", "in May", "2027-05-31"),
        ("The outcome is expected in June.", "in June", "2027-06-30"),
        ("The first visits are scheduled for June.", "for June", "2027-06-30"),
        ("The board approved a second worker for May.", "for May", "2027-05-31"),
        ("We agreed to open two houses in March.", "in March", "2027-03-31"),
        ("We have agreed to move in March.", "in March", "2027-03-31"),
        ("We agreed that staff will move in March.", "in March", "2027-03-31"),
        ("We are opening two houses in March.", "in March", "2027-03-31"),
        ("Two houses open in March.", "in March", "2027-03-31"),
        ("Opening two houses in March.", "in March", "2027-03-31"),
        ("Once approved in October, we will recruit.", "in October", "2027-10-31"),
        ("We will have all staff trained in June.", "in June", "2027-06-30"),
        ("Funding was agreed and we will open in March.", "in March", "2027-03-31"),
        ("The plan was agreed in October and we will open in March.", "in March", "2027-03-31"),
        ("Work began in May and will finish in spring.", "in spring", "2027-05-31"),
        ("We will write to all who took part, in May.", "in May", "2027-05-31"),
        ("We will bring a paper on children affected by drug use in March.", "in March", "2027-03-31"),
        ("We will report on pledges signed at our spring conference.", "at our spring", "2027-05-31"),
        ("The opening was moved to the first Monday in March.", "in March", "2027-03-31"),
        ("Plan refreshed in Q1.", "in Q1", "2027-06-30"),
        ("The grants end in March, the worker told us.", "end in March", "2027-03-31"),
        ("The new rate was approved next April.", "next April", "2027-04-30"),
        ("The board approved it in October 2027.", "in October 2027", "2027-10-31"),
    ],
)
def test_what_is_yet_to_come_falls_due(text, words, to, language):
    found = read(text, language, SAID_ON).due
    assert (found.text, found.to) == (words, to)


def test_what_is_told_of_a_year_that_is_over_falls_not_due(language):
    assert read("The board approved it in October 2025.", language, SAID_ON).due is None
