"""A form is read from an XLSForm and written as one: nothing is lost, and what is wrong is named by its cell."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import definitions, questionnaire, translations, workbooks, xlsform
from forms import xlsform_workbook as workbook
from forms.definitions import DefinitionError
from forms.questionnaire import Questionnaire
from forms.questions import Choice, Condition, Page, Question, Repeat
from forms.texts import LANGUAGES
from forms.translations import Entry, Translation

Cells = dict[str, Any]

EVERYTHING = {
    "slug": "every-field",
    "version": 12,
    "title": "Every field",
    "summary": "=Not a formula.\nOn two lines.",
    "framework": "plan-21-24",
    "audience": "Anyone, http://example.org",
    "minutes": 7,
    "needed": ["A pen", "Paper:\n\n  lined\nor plain"],
    "privacy": ["We keep little"],
    "pages": [
        {
            "id": "who",
            "section": "You",
            "title": "Who?",
            "intro": " Welcome.\n\nSit down.",
            "questions": [
                {
                    "id": "who",
                    "type": "one-of",
                    "label": "Who?",
                    "hint": "Choose",
                    "missing": "Choose one",
                    "unknown": True,
                    "choices": [{"id": "fst", "label": "First", "hint": "The first", "group": "Early"}],
                },
                {"id": "sure", "type": "yes-no", "label": "Sure?", "optional": True, "unknown": True},
                {"id": "mail", "type": "email", "label": "Mail?", "optional": True, "autocomplete": "email"},
                {"id": "body", "type": "organisation", "label": "Of whom?", "optional": True},
                {"id": "papers", "type": "file", "label": "Papers?", "optional": True},
                {"id": "plan", "type": "file", "label": "Plan?", "missing": "Add your plan", "most-files": 1},
                {"id": "mail-2", "type": "email", "label": "Mail?", "optional": True, "max-length": 60},
            ],
        },
        {
            "id": "what",
            "title": "What?",
            "when": {"question": "who", "is": ["fst", "unknown"]},
            "sensitive": {"question": "who", "is": "fst"},
            "questions": [
                {
                    "id": "areas",
                    "type": "any-of",
                    "label": "Where?",
                    "missing": "Choose",
                    "choices-from": "areas",
                    "choices": [{"id": "all", "label": "All", "exclusive": True}],
                    "unknown": True,
                    "concern": "planning",
                },
                {
                    "id": "parts",
                    "type": "any-of",
                    "label": "Parts?",
                    "missing": "Choose",
                    "choices-from": "priority-areas",
                },
                {"id": "count", "type": "number", "label": "?", "optional": True, "least": -5, "most": 10, "unit": "£"},
                {"id": "part", "type": "number", "label": "?", "optional": True, "most": 1, "decimals": 2, "rows": 3},
                {"id": "short", "type": "number", "label": "?", "optional": True, "max-length": 4},
                {
                    "id": "day",
                    "type": "date",
                    "label": "?",
                    "optional": True,
                    "earliest": "2027-01-01",
                    "latest": "2027-12-31",
                    "outside": "Give a day in 2027",
                },
                {"id": "line", "type": "text", "label": "1.10", "hint": "yes", "optional": True, "source": True},
                {"id": "line-2", "type": "text", "label": "Line?", "optional": True, "max-length": 20, "rows": 2},
                {"id": "words", "type": "long-text", "label": "Words?", "optional": True, "asks": "needs"},
                {
                    "id": "words-2",
                    "type": "long-text",
                    "label": "Words?",
                    "missing": "Say",
                    "max-length": 99,
                    "rows": 1,
                },
            ],
        },
        {
            "id": "things",
            "title": "Things",
            "intro": "One by one.",
            "when": {"question": "who", "is": ["fst"]},
            "questions": [
                {
                    "id": "things",
                    "type": "list",
                    "label": "Which things?",
                    "hint": "Name each",
                    "missing": "Name one",
                    "item": "thing",
                    "items": "thingies",
                    "most": 7,
                    "questions": [
                        {"id": "thing", "type": "text", "label": "Thing?", "missing": "Say", "source": True},
                        {
                            "id": "thing-action",
                            "type": "one-of",
                            "label": "?",
                            "optional": True,
                            "unknown": True,
                            "choices-from": "actions",
                        },
                        {"id": "thing-count", "type": "number", "label": "?", "optional": True, "most": 9},
                        {"id": "thing-sure", "type": "yes-no", "label": "?", "optional": True},
                    ],
                }
            ],
        },
        {
            "id": "more-things",
            "title": "More things",
            "questions": [
                {
                    "id": "more-things",
                    "type": "list",
                    "label": "More?",
                    "optional": True,
                    "item": "thing",
                    "questions": [
                        {"id": "more-thing", "type": "date", "label": "When?", "optional": True},
                    ],
                }
            ],
        },
        {
            "for-each": "parts",
            "section": "{label}",
            "at-least-one": "Answer one",
            "when": {"question": "areas", "is": ["all"]},
            "pages": [
                {
                    "id": "one",
                    "section": "Own",
                    "title": "{label}: one",
                    "intro": "{hint}",
                    "when": {"question": "who", "is": []},
                    "questions": [{"id": "one", "type": "long-text", "label": "One?", "optional": True}],
                }
            ],
        },
        {
            "for-each": "parts",
            "pages": [
                {
                    "id": "two",
                    "title": "Two",
                    "questions": [{"id": "each-parts", "type": "text", "label": "Two?", "missing": "Say"}],
                }
            ],
        },
    ],
}

# A form as Kobo gives it out: languages, its own marks, names of any kind, questions outside groups.
KOBO = {
    "survey": [
        {"type": "start", "name": "start", "$kuid": "aa"},
        {"type": "deviceid", "name": "deviceid", "$kuid": "ab"},
        {
            "type": "note",
            "name": "hello",
            "label::English (en)": "Hello.",
            "label::Gaelic (gd)": "Halò.",
            "$kuid": "ac",
        },
        {
            "type": "select_one yn",
            "name": "Are_You_There",
            "label::English (en)": "Are you there?",
            "label::Gaelic (gd)": "A bheil thu ann?",
            "label::French (fr)": "Es-tu là?",
            "hint::English (en)": "Say yes",
            "required": True,
            "appearance": "minimal",
        },
        {
            "type": "begin group",
            "name": "group_x1",
            "label::English (en)": "About you",
            "relevant": "${Are_You_There} = '1'",
        },
        {
            "type": "integer",
            "name": "age",
            "label::English (en)": "Age?",
            "required": "true()",
            "constraint": ".>0 and .<150",
        },
        {
            "type": "decimal",
            "name": "height",
            "label::English (en)": "Height?",
            "constraint": ". > 0.5",
            "default": "1",
        },
        {
            "type": "text",
            "name": "story",
            "label::English (en)": "Your story, ${age}?",
            "appearance": "multiline",
            "constraint": "string-length(.) < 500",
            "constraint_message::English (en)": "Too long",
            "hint::Gaelic (gd)": "Sgeulachd",
        },
        {
            "type": "select_multiple colours",
            "name": "colours",
            "label::English (en)": "Colours?",
            "constraint": "not(selected(., 'none') and count-selected(.) > 1)",
        },
        {"type": "end group"},
        {
            "type": "begin repeat",
            "name": "each",
            "label::English (en)": "Colour",
            "repeat_count": "count-selected(${colours})",
        },
        {"type": "text", "name": "why", "label::English (en)": "Why?"},
        {"type": "end repeat"},
    ],
    "choices": [
        {"list name": "yn", "name": 1, "label::English (en)": "Yes", "label::Gaelic (gd)": "Tha"},
        {"list name": "yn", "name": 0, "label::English (en)": "No", "label::Gaelic (gd)": "Chan eil"},
        {"list name": "colours", "name": "red", "label::English (en)": "Red"},
        {"list name": "colours", "name": "none", "label::English (en)": "None"},
        {"list name": "spare", "name": "x", "label::English (en)": "X"},
    ],
    "settings": [
        {"form_title": "Kobo form", "id_string": "aBcD", "version": "v9 (2026)", "default_language": "English (en)"}
    ],
    "Notes": [{"mine": "Ask Ann"}],
}

# A small sound form; each fault below is put into it.
SURVEY = [
    {"type": "begin_group", "name": "who", "label": "Who?"},
    {"type": "select_one kinds", "name": "kind", "label": "Who?", "required": "yes", "required_message": "Choose"},
    {"type": "end_group"},
    {"type": "begin_group", "name": "what", "label": "What?", "relevant": "${kind} = 'a'"},
    {"type": "select_multiple kinds", "name": "several", "label": "Which?", "required": "no"},
    {"type": "end_group"},
    {"type": "begin_repeat", "name": "each", "repeat_count": "count-selected(${several})"},
    {"type": "begin_group", "name": "more", "label": "More?"},
    {"type": "text", "name": "more_words", "label": "More?"},
    {"type": "end_group"},
    {"type": "end_repeat"},
]
CHOICES = [{"list_name": "kinds", "name": "a", "label": "A"}, {"list_name": "kinds", "name": "b", "label": "B"}]
SETTINGS = [
    {
        "form_title": "Small",
        "form_id": "small",
        "version": 3,
        "fl_summary": "Small",
        "fl_framework": "plan-21-24",
        "fl_audience": "Anyone",
        "fl_minutes": 2,
    }
]

# What is written into which row of the survey; the place that is named; and part of what is said.
FAULTS = {
    "an unknown type": (10, {"type": "geopoint"}, "survey, row 10, column type", "“geopoint” is none of text"),
    "a calculation": (10, {"type": "calculate"}, "survey, row 10, column type", "remove this row"),
    "a ranking": (3, {"type": "rank kinds"}, "survey, row 3, column type", "“rank kinds” is none of"),
    "no type": (10, {"type": ""}, "survey, row 10, column type", "Choose another type"),
    "a list that is not there": (3, {"type": "select_one sorts"}, "survey, row 3, column type", "list “sorts”"),
    "another to fill in": (3, {"type": "select_one kinds or_other"}, "survey, row 3, column type", "one list here"),
    "a cascade": (3, {"choice_filter": "x = ${y}"}, "survey, row 3, column choice_filter", "Empty this cell"),
    "required by an expression": (3, {"required": "${x} = 1"}, "survey, row 3, column required", "yes or no"),
    "no label": (3, {"label": ""}, "survey, row 3, column label", "it is missing"),
    "a page with no title": (5, {"label": ""}, "survey, row 5, column label", "it is missing"),
    "a name that is no id": (10, {"name": "é"}, "survey, row 10, column name", "small letters"),
    "no name": (10, {"name": ""}, "survey, row 10, column name", "it is missing"),
    "a name used twice": (10, {"name": "Kind"}, "survey, row 10, column name", "“kind” is used already"),
    "a condition of another kind": (
        5,
        {"relevant": "${kind} != 'a'"},
        "survey, row 5, column relevant",
        "nothing else",
    ),
    "a condition on two questions": (
        5,
        {"relevant": "${kind} = 'a' or ${other} = 'b'"},
        "survey, row 5, column relevant",
        "about one question",
    ),
    "a condition on nothing": (5, {"relevant": "${kin} = 'a'"}, "survey, row 5, column relevant", "“kin” is none"),
    "a condition on no choice": (5, {"relevant": "${kind} = 'c'"}, "survey, row 5, column relevant", "“c” is none"),
    "a condition in a group": (6, {"relevant": "${kind} = 'a'"}, "survey, row 6, column relevant", "group of its own"),
    "a repeat of a number": (8, {"repeat_count": "3"}, "survey, row 8, column repeat_count", "count-selected"),
    "a repeat over one answer": (
        8,
        {"repeat_count": "count-selected(${kind})"},
        "survey, row 8, column repeat_count",
        "any-of",
    ),
    "a repeat in a repeat": (
        9,
        {"type": "begin_repeat", "repeat_count": "count-selected(${several})"},
        "survey, row 9, column type",
        "out of the repeat",
    ),
    "a list in a repeat": (9, {"type": "begin_repeat"}, "survey, row 9, column type", "asked once"),
    "a list with a page in it": (8, {"repeat_count": ""}, "survey, row 9, column type", "holds no other page"),
    "a list of too many": (
        8,
        {"repeat_count": "", "fl_most": 101},
        "survey, row 8, column fl_most",
        "from 1 to 100",
    ),
    "a list in a list": (
        9,
        {"type": "begin_repeat", "name": "inner", "repeat_count": ""},
        "survey, row 9, column type",
        "asked once",
    ),
    "a group in a group": (3, {"type": "begin_group"}, "survey, row 3, column type", "holds no other page"),
    "another end": (11, {"type": "end_repeat"}, "survey, row 11, column type", "Write end_group here"),
    "no end": (12, {"type": "today"}, "survey, row 8, column type", "Add a row of type end_repeat"),
    "an end too many": (2, {"type": "end_group"}, "survey, row 2, column type", "Remove this row"),
    "a page with nothing but a note": (
        6,
        {"type": "note", "label": "Well done"},
        "survey, row 5, column type",
        "it asks nothing",
    ),
    "an unknown kind of thing asked": (10, {"fl_asks": "money"}, "survey, row 10, column fl_asks", "Choose one of"),
    "an unknown priority area": (10, {"fl_concern": "money"}, "survey, row 10, column fl_concern", "“money” is none"),
    "rows in words": (10, {"fl_rows": "three"}, "survey, row 10, column fl_rows", "whole number"),
    "a source that is neither": (10, {"fl_source": "maybe"}, "survey, row 10, column fl_source", "true or false"),
    "an own type that is none": (10, {"fl_type": "essay"}, "survey, row 10, column type", "Choose one of"),
    "a limit of another type": (10, {"constraint": ". >= 5"}, "survey, row 10, column constraint", "only a number"),
    "a limit that is no date": (
        10,
        {"type": "date", "constraint": ". >= date('2027-13-01')"},
        "survey, row 10, column constraint",
        "Write a date here",
    ),
    "limits the wrong way round": (
        10,
        {"type": "integer", "constraint": ". >= 5 and . <= 4"},
        "survey, row 10, column constraint",
        "nothing less",
    ),
    "a choice that goes with no other and is none": (
        6,
        {"constraint": "not(selected(., 'c') and count-selected(.) > 1)"},
        "survey, row 6, column constraint",
        "“c” is none",
    ),
    "a limit of choices on words": (
        10,
        {"constraint": "not(selected(., 'a') and count-selected(.) > 1)"},
        "survey, row 10, column constraint",
        "nothing to choose",
    ),
}


def test_the_shipped_questionnaire_comes_back_as_it_was(tmp_path: Path) -> None:
    shipped = questionnaire.load("keeping-the-promise")
    imported = round_trip(tmp_path, shipped)
    assert imported.questionnaire.definition == shipped.definition
    assert imported.notes == ()


def test_every_field_of_every_shape_comes_back_as_it_was(tmp_path: Path) -> None:
    everything = Questionnaire.from_definition(EVERYTHING)
    imported = round_trip(tmp_path, everything)
    assert imported.questionnaire.definition == everything.definition
    path = tmp_path / "every.yaml"
    path.write_text(definitions.written(imported.content), encoding="utf-8")
    assert questionnaire.load_path(path).definition == everything.definition


def test_the_questionnaire_with_every_field_has_every_field() -> None:
    shapes = [Questionnaire, Page, Repeat, Condition, Question, Choice]
    written = set(keys(EVERYTHING))
    fields = {field.alias for shape in shapes for field in shape.model_fields.values()}
    assert fields <= written


def test_the_same_questionnaire_makes_the_same_bytes() -> None:
    everything = Questionnaire.from_definition(EVERYTHING)
    assert xlsform.write(everything) == xlsform.write(everything)


def test_names_differ_in_the_whole_form_as_other_tools_need_them_to(tmp_path: Path) -> None:
    rows = survey_of(tmp_path)
    names = [row["name"] for row in rows if row["name"]]
    assert len(set(names)) == len(names)
    assert {"who-page", "each-parts-page", "each-parts-page-2"} <= set(names)


def test_conditions_and_limits_are_written_in_the_words_of_the_standard(tmp_path: Path) -> None:
    rows = survey_of(tmp_path)
    by_name = {row["name"]: row for row in rows}
    assert by_name["what"]["relevant"] == "${who} = 'fst' or ${who} = 'unknown'"
    assert by_name["each-parts-page"]["relevant"] == "selected(${areas}, 'all')"
    assert by_name["each-parts-page"]["repeat_count"] == "count-selected(${parts})"
    assert by_name["count"]["constraint"] == ". >= -5 and . <= 10"
    assert by_name["day"]["constraint"] == ". >= date('2027-01-01') and . <= date('2027-12-31')"
    assert by_name["line"]["constraint"] == "string-length(.) <= 200"
    assert "not(selected(., 'all') and count-selected(.) > 1)" in by_name["areas"]["constraint"]
    assert (by_name["part"]["type"], by_name["words"]["appearance"]) == ("decimal", "multiline")


def test_what_the_format_cannot_hold_is_told() -> None:
    spoiled = EVERYTHING | {"title": "Bell\x07", "audience": "<r>bold</r>"}
    told = "\n".join(xlsform.write(Questionnaire.from_definition(spoiled))[1])
    for part in (
        "fl_…",
        "fl_hint",
        "e-mail",
        "fl_decimals",
        "fl_most_files",
        "{label}",
        "fl_at_least_one",
        "“Bell”",
        "“bold</r>”",
    ):
        assert part in told


def test_a_text_longer_than_a_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="Shorten the text that begins “x{40}”"):
        xlsform.write(Questionnaire.from_definition(EVERYTHING | {"summary": "x" * 32_768}))


def test_a_form_of_kobo_is_read(tmp_path: Path) -> None:
    read = xlsform.read(saved(tmp_path, **KOBO)).questionnaire
    there, about, each = read.blocks
    assert (read.slug, read.version, read.title, read.minutes) == ("abcd", 1, "Kobo form", 6)
    assert (there.id, there.title, there.intro) == ("are_you_there", "Are you there?", "Hello.")
    assert [(choice.id, choice.label) for choice in there.questions[0].choices] == [
        ("choice-1", "Yes"),
        ("choice-0", "No"),
    ]
    assert (there.questions[0].hint, there.questions[0].missing) == ("Say yes", "Answer this question")
    assert (about.title, about.when.question, about.when.is_) == ("About you", "are_you_there", ("choice-1",))
    age, height, story, colours = about.questions
    assert (age.type, age.least, age.most, age.optional) == ("number", 1, 149, False)
    assert (height.type, height.decimals, height.least, height.optional) == ("number", 4, None, True)
    assert (story.type, story.max_length, story.outside) == ("long-text", 499, "Too long")
    assert [choice.exclusive for choice in colours.choices] == [False, True]
    assert (each.for_each, each.section, each.pages[0].questions[0].id) == ("colours", "Colour", "why")


def test_all_that_was_not_taken_over_is_told_by_its_place(tmp_path: Path) -> None:
    notes = xlsform.read(saved(tmp_path, **KOBO)).notes
    for start, part in {
        "notes:": "no sheet of this name",
        "survey, row 2, column type:": "nobody is asked for “start”",
        "survey, row 3, column type:": "nobody is asked for “deviceid”",
        "survey, column label::French (fr):": "only Gaelic (gd) and Easy Read (easy) are kept",
        "survey, row 9, column hint::Gaelic (gd):": "nothing in English",
        "survey, row 4, column $kuid:": "not read here",
        "survey, row 5, column name:": "“Are_You_There” became “are_you_there”",
        "survey, row 5, column appearance:": "“minimal”",
        "survey, rows 5 and 7, column required_message:": "“Answer this question”",
        "survey, row 8, column constraint:": "“. > 0.5” is no limit",
        "survey, row 8, column fl_decimals:": "4 decimals",
        "survey, row 8, column default:": "not read here",
        "survey, row 9, column label:": "Shown as it stands",
        "survey, row 13, column constraint:": "200 characters",
        "choices, row 2, column name:": "“1” became “choice-1”",
        "choices, row 6, column list_name:": "“spare”",
        "settings, row 2, column version:": "“1” was written",
        "settings, row 2, column form_id:": "“abcd” was written",
        "settings, row 2, column fl_audience:": "“Anyone who wants to answer.” was written",
        "settings, row 2, column fl_summary:": "“Kobo form” was written",
    }.items():
        assert any(note.startswith(start) and part in note for note in notes), (start, notes)


@pytest.mark.parametrize(
    ("relevant", "expected"),
    [
        ("${kind} = 'a'", ("a",)),
        ("( ${ kind }=\"a\" )  or\nselected( ${kind} , 'b')", ("a", "b")),
        ("${kind}=a", ("a",)),
        ("${kind} != ${kind}", ()),
    ],
)
def test_a_condition_is_read_however_it_is_spelt(relevant: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    survey = [row | ({"relevant": relevant} if row.get("name") == "what" else {}) for row in SURVEY]
    read = xlsform.read(saved(tmp_path, survey=survey, choices=CHOICES, settings=SETTINGS)).questionnaire
    assert read.blocks[1].when.is_ == expected


def test_a_repeat_of_kobo_with_no_count_is_read_as_a_list_on_a_page_of_its_own(tmp_path: Path) -> None:
    survey = [
        {"type": "text", "name": "who", "label": "Who?"},
        {"type": "note", "name": "hello", "label": "Say it all."},
        {"type": "begin_repeat", "name": "Child", "label": "Who lives with you?", "required": "no"},
        {"type": "text", "name": "first_name", "label": "First name?"},
        {"type": "integer", "name": "age", "label": "Age?"},
        {"type": "end_repeat"},
    ]
    imported = xlsform.read(saved(tmp_path, survey=survey, settings=SETTINGS))
    [_, step] = imported.questionnaire.steps
    assert (step.page.id, step.page.title, step.page.intro) == ("child", "Who lives with you?", "Say it all.")
    assert [(one.id, one.type) for one in step.page.listing.questions] == [("first_name", "text"), ("age", "number")]
    assert any("fl_item: It is empty: one thing of the list is called “item”" in note for note in imported.notes)


def test_a_list_that_asks_nothing_is_refused(tmp_path: Path) -> None:
    begun = [{"type": "text", "name": "who", "label": "Who?"}]
    survey = [*begun, {"type": "begin_repeat", "name": "each", "label": "Each?"}, {"type": "end_repeat"}]
    [problem] = problems_of(saved(tmp_path, survey=survey, settings=SETTINGS))
    assert "survey, row 3, column type: Put a question into this repeat" in problem


def test_a_form_with_nothing_but_a_survey_is_read(tmp_path: Path) -> None:
    read = xlsform.read(saved(tmp_path, survey=[{"type": "text", "name": "a", "label": "A?"}])).questionnaire
    assert (read.slug, read.title, read.framework) == ("form", "form", "plan-21-24")


def test_a_control_character_in_a_cell_is_a_space(tmp_path: Path) -> None:
    survey = [{"type": "text", "name": "a", "label": "What_x000B_now?_x0000__x0007_"}]
    assert xlsform.read(saved(tmp_path, survey=survey)).questionnaire.blocks[0].title == "What now?"


def test_the_language_taken_is_told_where_the_settings_name_none(tmp_path: Path) -> None:
    survey = [{"type": "text", "name": "a", "label::Scots": "Whit?", "label::English": "What?"}]
    imported = xlsform.read(saved(tmp_path, survey=survey))
    assert imported.questionnaire.blocks[0].title == "Whit?"
    assert any("Scots was taken" in note for note in imported.notes)
    assert any(note.startswith("survey, column label::English: Left out") for note in imported.notes)


def test_the_small_form_is_sound_before_it_is_spoiled(tmp_path: Path) -> None:
    imported = xlsform.read(saved(tmp_path, survey=SURVEY, choices=CHOICES, settings=SETTINGS))
    assert imported.questionnaire.version == 3
    assert imported.questionnaire.blocks[-1].pages[0].questions[0].id == "more_words"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_by_sheet_row_and_column(name: str, tmp_path: Path) -> None:
    number, cells, place, message = FAULTS[name]
    survey = [row | cells if at == number else row for at, row in enumerate(SURVEY, start=2)]
    problems = problems_of(saved(tmp_path, survey=survey, choices=CHOICES, settings=SETTINGS))
    assert any(f": {place}: " in problem and message in problem for problem in problems), problems


def test_faults_of_choices_and_settings_are_named_by_their_rows(tmp_path: Path) -> None:
    choices = [*CHOICES, {"list_name": "kinds", "name": "a", "label": "A again"}, {"name": "d", "label": "D"}]
    choices += [{"list_name": "kinds", "name": "e", "fl_exclusive": "perhaps"}]
    settings_ = [SETTINGS[0] | {"fl_framework": "plan-99", "fl_minutes": "ten"}]
    path = saved(tmp_path, survey=SURVEY, choices=choices, settings=settings_)
    assert [problem.removeprefix(f"{path}: ").split(": ")[0] for problem in problems_of(path)] == [
        "choices, row 4, column name",
        "choices, row 5, column list_name",
        "choices, row 6, column label",
        "choices, row 6, column fl_exclusive",
        "settings, row 2, column fl_framework",
        "settings, row 2, column fl_minutes",
    ]


def test_every_fault_is_told_at_once_in_the_order_of_the_rows(tmp_path: Path) -> None:
    survey = [row | ({"fl_rows": "many", "type": "audio"} if row.get("name") == "more_words" else {}) for row in SURVEY]
    survey[0] = survey[0] | {"relevant": "today() > 3"}
    survey[4] = survey[4] | {"type": "select_multiple sorts"}
    problems = problems_of(saved(tmp_path, survey=survey, choices=CHOICES, settings=SETTINGS))
    assert [problem.split(", ")[1] for problem in problems] == ["row 2", "row 6", "row 10"]


def test_a_note_after_a_question_says_where_to_move_it(tmp_path: Path) -> None:
    survey = [*SURVEY[:2], {"type": "note", "name": "n", "label": "Well done"}, *SURVEY[2:]]
    survey += [{"type": "note", "name": "bye", "label": "Bye"}]
    problems = problems_of(saved(tmp_path, survey=survey, choices=CHOICES, settings=SETTINGS))
    assert "survey, row 4, column type: Move this note before the questions of its group" in problems[0]
    assert "survey, row 14, column type: Move this note into a group" in problems[1]


def test_a_formula_is_a_problem_at_its_cell_and_a_text_like_one_is_not(tmp_path: Path) -> None:
    survey = [{"type": "text", "name": "a", "label": "=1+1"}]
    path = saved(tmp_path, survey=survey, choices=CHOICES, settings=SETTINGS)
    assert xlsform.read(path).questionnaire.blocks[0].title == "=1+1"
    formula = saved(tmp_path, formulas=True, survey=survey, choices=CHOICES, settings=SETTINGS)
    [problem] = problems_of(formula)
    assert "survey, row 2, column label: Write the text itself here: this is a formula" in problem


def test_columns_of_one_name_are_a_problem_and_cells_under_no_name_are_told(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("survey")
        for number, row in enumerate([["type", "name", "label", "Type"], ["text", "a", "A?", "text"]]):
            sheet.write_row(number, 0, row)
    assert "survey, row 1, column type: Keep one of the columns of this name" in problems_of(path)[0]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("survey")
        for number, row in enumerate([["type", "name", "label"], ["text", "a", "A?", "", "Ask Ann"]]):
            sheet.write_row(number, 0, row)
    assert any(note.startswith("survey, row 2, column E: Left out") for note in xlsform.read(path).notes)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("no workbook", b"type,name,label", "Save this file as an Excel workbook"),
        ("an empty file", b"", "Save this file as an Excel workbook"),
        ("half a workbook", b"PK\x03\x04 and no more", "Save this file as an Excel workbook"),
    ],
)
def test_what_is_no_workbook_is_refused(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    path.write_bytes(content)
    [problem] = problems_of(path)
    assert problem.startswith(f"{path}: {message}"), name


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    [problem] = problems_of(packed(tmp_path, {"readme.txt": b"Hello"}))
    assert "a part is broken" in problem


def test_a_form_with_no_survey_is_refused(tmp_path: Path) -> None:
    [problem] = problems_of(saved(tmp_path, choices=CHOICES))
    assert "Add a sheet named survey" in problem


@pytest.mark.parametrize(
    "members",
    [{"bomb.xml": bytes(workbooks.LARGEST_UNPACKED + 1)}, {f"{number}.xml": b"" for number in range(201)}],
    ids=["large", "many"],
)
def test_a_file_that_unpacks_to_too_much_is_refused(members: dict[str, bytes], tmp_path: Path) -> None:
    [problem] = problems_of(packed(tmp_path, members))
    assert "unpacks to more than a form can hold" in problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_they_are_written_out(encoding: str, tmp_path: Path) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>'
    path = saved(tmp_path, survey=SURVEY, choices=CHOICES, settings=SETTINGS)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/more.xml", laughs.encode(encoding))
    [problem] = problems_of(path)
    assert "Remove the document type" in problem


def test_more_rows_or_columns_than_a_form_has_are_refused(tmp_path: Path) -> None:
    for row, column, message in [(5_000, 0, "below row 5,000"), (1, 300, "right of column 300")]:
        path = tmp_path / "form.xlsx"
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet("survey").write_string(row, column, "text")
        [problem] = problems_of(path)
        assert message in problem


TEXTS = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff", include_characters="\n\t"),
    max_size=12,
).map(str.strip)
WORDS = TEXTS.filter(bool)


@st.composite
def questions(draw: st.DrawFn, number: int) -> dict[str, Any]:
    type_ = draw(st.sampled_from(["text", "long-text", "email", "organisation", "number", "date", "one-of", "any-of"]))
    asked: dict[str, Any] = {"id": f"q{number}", "type": type_, "label": draw(WORDS), "hint": draw(TEXTS)}
    asked |= draw(st.sampled_from([{"optional": True}, {"missing": "Say"}]))
    asked |= {"rows": draw(st.integers(1, 9)), "autocomplete": draw(TEXTS)}
    if type_ not in ("one-of", "any-of"):
        asked["outside"] = draw(TEXTS)
    if type_ == "number":
        least = draw(st.integers(-(10**17), 10**17))
        asked |= {"least": least, "most": least + draw(st.integers(0, 9)), "decimals": draw(st.integers(0, 4))}
    elif type_ == "date":
        asked |= {"latest": draw(st.dates()).isoformat()}
    elif type_ in ("one-of", "any-of"):
        choice = st.fixed_dictionaries({"label": WORDS, "hint": TEXTS, "exclusive": st.booleans()})
        choices = draw(st.lists(choice, min_size=1, max_size=3))
        asked["choices"] = [chosen | {"id": f"c{at}"} for at, chosen in enumerate(choices)]
    else:
        asked |= {"max-length": draw(st.integers(1, 10**6)), "source": draw(st.booleans())}
    return asked


@st.composite
def listings(draw: st.DrawFn, number: int) -> dict[str, Any]:
    within = [draw(questions(100 * number + at)) for at in range(draw(st.integers(1, 3)))]
    listed: dict[str, Any] = {"id": f"q{number}", "type": "list", "label": draw(WORDS), "hint": draw(TEXTS)}
    listed |= draw(st.sampled_from([{"optional": True}, {"missing": "Say"}]))
    return listed | {"item": draw(WORDS), "items": draw(TEXTS), "most": draw(st.integers(1, 100)), "questions": within}


@st.composite
def questionnaires(draw: st.DrawFn) -> dict[str, Any]:
    first = {"id": "q0", "type": "any-of", "label": "?", "missing": "!", "choices": [{"id": "no", "label": "No"}]}
    pages: list[dict[str, Any]] = [{"id": "p0", "title": "First", "questions": [first]}]
    for number in range(1, draw(st.integers(1, 4))):
        page = {"id": f"p{number}", "title": draw(WORDS), "section": draw(TEXTS), "intro": draw(TEXTS)}
        page |= {"questions": [draw(questions(number) | listings(number))]}
        for condition in ("when", "sensitive"):
            page |= draw(st.sampled_from([{}, {condition: {"question": "q0", "is": ["no"]}}]))
        each = {"for-each": "q0", "pages": [page], "at-least-one": draw(TEXTS)}
        pages.append(draw(st.sampled_from([page] if page["questions"][0]["type"] == "list" else [page, each])))
    texts = {name: draw(WORDS) for name in ("title", "summary", "audience")}
    lists = {name: draw(st.lists(WORDS, max_size=3)) for name in ("needed", "privacy")}
    return {"slug": "any", "version": 1, "framework": "plan-21-24", "minutes": 1, **texts, **lists, "pages": pages}


@settings(max_examples=15, deadline=None)
@given(definition=questionnaires())
def test_any_questionnaire_comes_back_as_it_was_and_so_does_its_yaml(
    definition: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    made = Questionnaire.from_definition(definition)
    imported = round_trip(folder, made)
    assert imported.questionnaire.definition == made.definition
    path = folder / "any.yaml"
    path.write_text(definitions.written(imported.content), encoding="utf-8")
    assert questionnaire.load_path(path).definition == made.definition


@settings(max_examples=15, deadline=None)
@given(definition=questionnaires(), data=st.data())
def test_translations_come_back_as_they_were_and_so_does_their_yaml(
    definition: dict[str, Any], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    made = Questionnaire.from_definition(definition)
    # Of a list that stands in one cell, all is translated or nothing.
    together = {place: place.split(".")[0] if place[:6] in ("needed", "privac") else place for place in made.texts}
    kept = {}
    for language in LANGUAGES:
        chosen = data.draw(st.sets(st.sampled_from(sorted(set(together.values())))))
        entries = {
            place: Entry(english=made.texts[place], text=data.draw(WORDS))
            for place in made.texts
            if together[place] in chosen
        }
        kept |= {language: Translation(texts=entries)} if entries else {}
    imported = round_trip(folder, made, kept)
    assert imported.questionnaire.definition == made.definition
    assert said_in(imported.translations) == said_in(kept)
    for language, translation in imported.translations.items():
        path = folder / f"any.{language}.yaml"
        path.write_text(definitions.written(translation.model_dump()), encoding="utf-8")
        assert translations.check(path, made.texts) == translation


def said_in(kept: dict[str, Translation]) -> dict[str, dict[str, str]]:
    return {language: {place: entry.text for place, entry in one.texts.items()} for language, one in kept.items()}


def test_the_shipped_translations_come_back_with_the_questionnaire(tmp_path: Path) -> None:
    made = questionnaire.load("keeping-the-promise")
    imported = round_trip(tmp_path, made)
    assert imported.notes == ()
    for language in LANGUAGES:
        said = translations.spoken(made, language)
        again = translations.spoken(imported.questionnaire, language, imported.translations[language])
        assert again.blocks == said.blocks
        # What the areas and the plan are called stands in files of their own.
        assert not any(
            place.startswith("questions.areas.choices.fife") for place in imported.translations[language].texts
        )


def test_translations_of_a_form_of_kobo_are_read(tmp_path: Path) -> None:
    said = said_in(xlsform.read(saved(tmp_path, **KOBO)).translations)["gd"]
    assert said["pages.are_you_there.intro"] == "Halò."
    assert said["pages.are_you_there.title"] == said["questions.are_you_there.label"] == "A bheil thu ann?"
    # “Tha” and “Chan eil” are what any questionnaire calls yes and no.
    assert "questions.are_you_there.choices.choice-1.label" not in said


GAELIC_FAULTS = {
    "a placeholder is lost": (
        *(5, {"label::Gaelic (gd)": "Carson?"}),
        *("survey, row 5, column label::Gaelic (gd)", "Write {label} here too"),
    ),
    "a placeholder is made up": (
        *(2, {"label::Gaelic (gd)": "{hint}?"}),
        *("survey, row 2, column label::Gaelic (gd)", "Take {hint} out"),
    ),
    "a section is told in two ways": (
        *(5, {"label::Gaelic (gd)": "{label}?", "fl_section_gd": "Eile"}),
        *("survey, row 5, column fl_section_gd", "Write “Sibhse” here too"),
    ),
}


@pytest.mark.parametrize("name", GAELIC_FAULTS)
def test_a_fault_of_a_translation_is_named_by_sheet_row_and_column(name: str, tmp_path: Path) -> None:
    number, cells, place, message = GAELIC_FAULTS[name]
    choice = {"list_name": "some", "name": "a", "label": "A"}
    survey = [
        {"type": "begin_group", "name": "p1", "label": "You", "fl_section": "You", "fl_section_gd": "Sibhse"},
        {"type": "select_multiple some", "name": "q1", "label": "What?", "required": "no"},
        {"type": "end_group"},
        {"type": "begin_group", "name": "p2", "label": "{label}: why?", "fl_section": "You"},
        {"type": "text", "name": "q2", "label": "Why?", "required": "no"},
        {"type": "end_group"},
    ]
    survey = [row | cells if at == number else row for at, row in enumerate(survey, start=2)]
    problems = problems_of(saved(tmp_path, survey=survey, choices=[choice]))
    assert any(f": {place}: " in problem and message in problem for problem in problems), problems


def test_a_list_in_one_cell_has_as_many_lines_in_each_language(tmp_path: Path) -> None:
    survey = [{"type": "text", "name": "a", "label": "A"}]
    settings_ = [{"form_title": "T", "fl_needed": "A pen\nPaper", "fl_needed_gd": "Peann"}]
    [problem, *_] = problems_of(saved(tmp_path, survey=survey, settings=settings_))
    assert "settings, row 2, column fl_needed_gd: Write as many lines as in English" in problem


def test_what_cannot_be_written_of_a_translation_is_told() -> None:
    made = Questionnaire.from_definition(EVERYTHING)
    entries = {"title": Entry(english="Another title", text="Tiotal"), "summary": Entry(english=made.summary, text="X")}
    entries["needed.1"] = Entry(english="A pen", text="Peann")
    notes = xlsform.write(made, {"gd": Translation(texts=entries)})[1]
    assert any(note.startswith("Gaelic: 1 text is left out, because the English has changed") for note in notes)
    assert any(note.startswith("Gaelic: all of “needed” is left out") for note in notes)


def round_trip(folder: Path, made: Questionnaire, kept: dict[str, Translation] | None = None) -> xlsform.Imported:
    path = folder / "round-trip.xlsx"
    path.write_bytes(xlsform.write(made, kept)[0])
    return xlsform.read(path)


def survey_of(folder: Path) -> tuple[workbook.Row, ...]:
    path = folder / "every.xlsx"
    path.write_bytes(xlsform.write(Questionnaire.from_definition(EVERYTHING))[0])
    return workbook.sheets(path)["survey"].rows


def saved(folder: Path, *, formulas: bool = False, **sheets: list[Cells]) -> Path:
    path = folder / "form.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": formulas}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            columns = list(dict.fromkeys(column for row in rows for column in row))
            sheet.write_row(0, 0, columns)
            for number, row in enumerate(rows, start=1):
                for column, value in row.items():
                    sheet.write(number, columns.index(column), value)
    return path


def packed(folder: Path, members: dict[str, bytes]) -> Path:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, member in members.items():
            file.writestr(name, member)
    path = folder / "form.xlsx"
    path.write_bytes(content.getvalue())
    return path


def problems_of(path: Path) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        xlsform.read(path)
    return [str(problem) for problem in refused.value.problems]


def keys(content: Any) -> list[str]:
    if isinstance(content, dict):
        return [*content, *(key for value in content.values() for key in keys(value))]
    return [key for value in content for key in keys(value)] if isinstance(content, list) else []
