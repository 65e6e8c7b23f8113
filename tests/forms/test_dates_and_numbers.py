"""Dates, numbers and yes or no: read as people type them, kept in one form, refused with what to do."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import answers, dates
from forms.questionnaire import Questionnaire
from forms.questions import Question

ASKED = {
    "slug": "counts",
    "version": 1,
    "title": "Counts",
    "summary": "What we count.",
    "audience": "Anyone.",
    "framework": "plan-21-24",
    "minutes": 2,
    "pages": [
        {
            "id": "first",
            "title": "About the work",
            "questions": [
                {
                    "id": "running",
                    "type": "yes-no",
                    "label": "Is it running?",
                    "unknown": True,
                    "missing": "Say if it is",
                },
                {
                    "id": "begun",
                    "type": "date",
                    "label": "When did it begin?",
                    "earliest": "2016-10-15",
                    "latest": "2030-12-31",
                    "missing": "Enter the day it began",
                },
                {"id": "children", "type": "number", "label": "How many?", "least": 0, "most": 20000, "optional": True},
                {
                    "id": "cost",
                    "type": "number",
                    "label": "What did it cost?",
                    "decimals": 2,
                    "unit": "pounds",
                    "optional": True,
                },
            ],
        },
        {
            "id": "why",
            "title": "Why not?",
            "when": {"question": "running", "is": ["no", "unknown"]},
            "questions": [{"id": "why", "type": "long-text", "label": "Why not?", "optional": True}],
        },
    ],
}


@pytest.fixture(scope="module")
def counts():
    return Questionnaire.from_definition(ASKED)


def verdict(counts, name, *sent):
    return answers.judge(counts.questions[name], list(sent))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (("31", "3", "2027"), "2027-03-31"),
        ((" 1 ", "March", "2027"), "2027-03-01"),
        (("01", "mar.", "2027"), "2027-03-01"),
        (("1", "SEPT", "2024"), "2024-09-01"),
        (("29", "02", "2024"), "2024-02-29"),
        (("2024-02-29",), "2024-02-29"),
    ],
)
def test_a_date_is_read_in_figures_by_the_name_of_its_month_and_as_iso(typed, kept, counts):
    assert verdict(counts, "begun", *typed) == (kept, "")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("", "", ""), "Enter the day it began"),
        (("", "3", "2027"), "Add the day"),
        (("31", "", ""), "Add the month and the year"),
        (("31", "4", "2027"), "no such day"),
        (("29", "2", "2027"), "no such day"),
        (("0", "2", "2027"), "no such day"),
        (("1", "13", "2027"), "the month as a number from 1 to 12"),
        (("1", "ma", "2027"), "the month as a number from 1 to 12"),
        (("1", "0", "2027"), "the month as a number from 1 to 12"),
        (("1", "3", "27"), "the year with four"),
        (("first", "3", "2027"), "the day in figures"),
        (("٣", "3", "2027"), "the day in figures"),
        (("14", "10", "2016"), "15 October 2016 or later"),
        (("1", "1", "2031"), "31 December 2030 or earlier"),
        (("1", "1", "2027", "5"), "one date"),
        (("1", "1\x00", "2027"), "the month as a number"),
    ],
)
def test_what_is_no_date_is_refused_with_what_to_do(typed, words, counts):
    kept, message = verdict(counts, "begun", *typed)
    assert kept is None
    assert words in message


@given(st.dates(min_value=date(2016, 10, 15), max_value=date(2030, 12, 31)))
def test_a_date_that_was_kept_is_shown_in_its_three_fields_and_read_again_the_same(day):
    counts = Questionnaire.from_definition(ASKED)
    kept, _ = verdict(counts, "begun", day.isoformat())
    assert verdict(counts, "begun", *dates.parts([kept])) == (day.isoformat(), "")
    assert answers.shown(counts.questions["begun"], kept) == dates.shown(day)


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=5))
def test_no_text_makes_a_date_or_a_number_fail(sent):
    counts = Questionnaire.from_definition(ASKED)
    for name in ("begun", "children", "cost"):
        kept, message = verdict(counts, name, *sent)
        assert kept is None or not message
        if kept is not None:
            assert verdict(counts, name, kept) == (kept, "")
            assert answers.shown(counts.questions[name], kept)
    assert len(dates.parts(sent)) == 3


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("children", "12", "12"),
        ("children", " 1,200 ", "1200"),
        ("children", "12 000", "12000"),
        ("children", "0", "0"),
        ("children", "", None),
        ("cost", "1,234.50", "1234.50"),
        ("cost", "-3", "-3"),
    ],
)
def test_a_number_is_kept_without_the_marks_that_part_its_thousands(name, typed, kept, counts):
    assert verdict(counts, name, typed) == (kept, "")


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("children", "many", "a number in figures"),
        ("children", "1,2", "a number in figures"),
        ("children", "1e3", "a number in figures"),
        ("children", "²", "a number in figures"),
        ("children", "9" * 40, "a number in figures"),
        ("children", "12.5", "a whole number"),
        ("cost", "1.234", "up to 2 decimal places"),
        ("children", "-1", "0 or more"),
        ("children", "20001", "20,000 or less"),
        ("children", "1\n2", "on one line"),
    ],
)
def test_what_is_no_such_number_is_refused_with_what_to_do(name, typed, words, counts):
    kept, message = verdict(counts, name, typed)
    assert kept is None
    assert words in message


@pytest.mark.parametrize(
    ("question", "typed"),
    [
        ({"type": "number", "most": 18}, ["19"]),
        ({"type": "number", "least": 18}, ["17"]),
        ({"type": "date", "earliest": "2027-01-01"}, ["31", "12", "2026"]),
        ({"type": "date", "latest": "2027-01-01"}, ["2", "1", "2027"]),
        ({"type": "text", "max-length": 5}, ["sixsix"]),
    ],
)
def test_who_answers_beyond_a_limit_reads_what_the_questionnaire_says_of_it(question, typed):
    asked = Question.model_validate(
        {"id": "a", "label": "?", "optional": True, "outside": "Ask us by telephone", **question}
    )
    assert answers.judge(asked, typed) == (None, "Ask us by telephone")


def test_numbers_and_choices_are_shown_as_people_read_them(counts):
    shown = {name: answers.shown(counts.questions[name], value) for name, value in
             (("children", "12000"), ("cost", "1234.50"), ("running", "unknown"), ("why", "No *one*"))}  # fmt: skip
    assert shown == {
        "children": "12,000",
        "cost": "1,234.50 pounds",
        "running": "I do not know",
        "why": "No *one*",
    }
    # What a former version let in is shown as it was written.
    assert answers.shown(counts.questions["children"], "about ten") == "about ten"


def test_yes_or_no_is_written_out_and_decides_what_is_asked(counts):
    assert [choice.label for choice in counts.questions["running"].choices] == ["Yes", "No", "I do not know"]
    assert [page.id for page in counts.pages_for({"running": "yes"})] == ["first"]
    assert [page.id for page in counts.pages_for({"running": "unknown"})] == ["first", "why"]
    assert verdict(counts, "running", "perhaps")[1]
    assert Questionnaire.from_definition(counts.definition) == counts


def test_a_whole_submission_takes_dates_and_numbers_as_text(counts):
    good = {"running": "yes", "begun": "2020-05-01", "children": "40"}
    assert answers.read_whole(counts, good).answers == good
    problems = answers.read_whole(counts, {"running": "yes", "begun": 20200501, "children": 40}).problems
    assert [(problem.question_id, problem.message) for problem in problems][:2] == [
        ("begun", 'Send the date as text, like "2027-03-31"'),
        ("children", 'Send the number as text, like "12"'),
    ]
