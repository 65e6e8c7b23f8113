"""A fault in a definition is named by file, line and field, and all of them at once."""

from pathlib import Path

import pytest

from forms import framework, questionnaire
from forms.definitions import DefinitionError, DefinitionProblem
from forms.questionnaire import Questionnaire

QUESTIONNAIRE = """\
slug: winter
version: 3
title: Winter round
summary: What happened over the winter.
framework: plan-21-24
audience: Anyone.
minutes: 10
pages:
  - id: who
    section: You
    title: Who are you?
    questions:
      - id: who
        type: one-of
        label: Who are you?
        missing: Choose one
        choices:
          - id: group
            label: A group
          - id: person
            label: A person
  - id: planning-about
    title: What about?
    when: {question: who, is: group}
    questions:
      - id: subjects
        type: any-of
        label: About?
        missing: Choose
        choices-from: priority-areas
  - for-each: subjects
    section: "{label}"
    pages:
      - id: work
        title: "{label}: your work"
        questions:
          - id: work
            type: long-text
            label: What do you do?
            optional: true
            source: true
"""

LONG_TEXT = """\
            type: long-text
            label: What do you do?
            optional: true
            source: true"""

FRAMEWORK = """\
slug: small
title: A small plan
version: 1
priority-areas:
  - {id: home, title: Home, summary: Where children live.}
actions:
  - id: visits
    priority-area: home
    title: Visits
    summary: Somebody comes by.
fundamentals:
  - {id: listening, title: Listening, summary: They are heard.}
kinds:
  - {id: activity, title: Activity, summary: What is done.}
barrier-themes:
  - {id: funding, title: Funding, summary: The money is short.}
"""

# What is written instead of what, with the faulty line marked; the field that is named; and part of what is said.
QUESTIONNAIRE_FAULTS = {
    "unknown field": ("minutes: 10", "minutes: 10\ncolour: red # HERE", "colour", "it is unknown"),
    "unknown field deep inside": (
        "            label: A group",
        "            label: A group\n            icon: star # HERE",
        "pages[1].questions[1].choices[1].icon",
        "it is unknown",
    ),
    "missing field": (
        "  - id: who\n    section: You\n    title: Who are you?",
        "  - id: who # HERE\n    section: You",
        "pages[1].title",
        "it is missing",
    ),
    "text where a number goes": ("minutes: 10", "minutes: ten # HERE", "minutes", "whole number"),
    "quoted number where a number goes": ("version: 3", 'version: "3" # HERE', "version", "whole number"),
    "number where text goes": ("title: Winter round", "title: 2026 # HERE", "title", "in quotes"),
    "text where true or false goes": (
        "            optional: true",
        "            optional: maybe # HERE",
        "pages[3].pages[1].questions[1].optional",
        "true or false",
    ),
    "text where a list goes": ("minutes: 10", "minutes: 10\nneeded: a pen # HERE", "needed", "list"),
    "text where a block goes": (
        "{question: who, is: group}",
        "who is a group # HERE",
        "pages[2].when",
        "block of fields",
    ),
    "nothing where text goes": ("audience: Anyone.", 'audience: "  " # HERE', "audience", "empty"),
    "unknown type of question": (
        "type: long-text",
        "type: essay # HERE",
        "pages[3].pages[1].questions[1].type",
        "'text'",
    ),
    "bad page id": ("  - id: who\n", "  - id: Who are you # HERE\n", "pages[1].id", "small letters"),
    "id that would make a path": ("slug: winter", "slug: ../winter # HERE", "slug", "small letters"),
    "page id used twice": (
        "  - id: planning-about",
        "  - id: who # HERE",
        "pages[2].id",
        "“who” is used",
    ),
    "question id used twice": (
        "          - id: work",
        "          - id: who # HERE",
        "pages[3].pages[1].questions[1].id",
        "“who” is used",
    ),
    "choice id used twice": (
        "- id: person",
        "- id: group # HERE",
        "pages[1].questions[1].choices[2].id",
        "“group” is used",
    ),
    "choice id that the plan has": (
        "choices-from: priority-areas",
        "choices-from: priority-areas\n        choices:\n          - id: planning # HERE\n            label: Planning",
        "pages[2].questions[1].choices[1].id",
        "“planning” is used",
    ),
    "field written twice": (
        "minutes: 10",
        "minutes: 10\nminutes: 12 # HERE",
        "minutes",
        "line 7 has this field already",
    ),
    "condition on an unknown question": (
        "{question: who, is: group}",
        "{question: whom, is: group} # HERE",
        "pages[2].when.question",
        "“whom” is none",
    ),
    "condition on a later question": (
        "    section: You\n",
        "    section: You\n    when: {question: subjects, is: planning} # HERE\n",
        "pages[1].when.question",
        "“subjects” is none",
    ),
    "condition on an unknown choice": (
        "{question: who, is: group}",
        "{question: who, is: [group, crowd]} # HERE",
        "pages[2].when.is",
        "“crowd” is none",
    ),
    "repeat over an unknown question": (
        "for-each: subjects",
        "for-each: themes # HERE",
        "pages[3].for-each",
        "“themes” is none",
    ),
    "repeat over a question with one answer": (
        "for-each: subjects",
        "for-each: who # HERE",
        "pages[3].for-each",
        "any-of",
    ),
    "unknown priority area": (
        "            source: true",
        "            source: true\n            concern: weather # HERE",
        "pages[3].pages[1].questions[1].concern",
        "“weather” is none",
    ),
    "unknown framework": ("framework: plan-21-24", "framework: plan-99 # HERE", "framework", "“plan-99” is none"),
    "nothing to choose from": (
        (
            "- id: subjects\n        type: any-of\n        label: About?\n        missing: Choose\n"
            "        choices-from: priority-areas"
        ),
        "- id: subjects # HERE\n        type: any-of\n        label: About?\n        missing: Choose",
        "pages[2].questions[1]",
        "nothing to choose",
    ),
    "choices under a text question": (
        "          - id: work\n            type: long-text",
        "          - id: work # HERE\n            type: long-text\n            choices-from: areas",
        "pages[3].pages[1].questions[1]",
        "Remove the choices",
    ),
    "choice as a source": (
        "        choices-from: priority-areas",
        "        choices-from: priority-areas\n        source: true # HERE",
        "pages[2].questions[1].source",
        "only text is a source",
    ),
    "a date as a source": (
        LONG_TEXT,
        LONG_TEXT.replace("long-text", "date") + " # HERE",
        "pages[3].pages[1].questions[1].source",
        "only text is a source",
    ),
    "a limit that the type does not have": (
        "            type: long-text",
        "            type: long-text\n            most: 5 # HERE",
        "pages[3].pages[1].questions[1].most",
        "only a number or a list has it",
    ),
    "words on a limit where there is none": (
        "        label: Who are you?",
        "        label: Who are you?\n        outside: Too late # HERE",
        "pages[1].questions[1].outside",
        "the answer has no limit",
    ),
    "files where none are asked for": (
        "            type: long-text",
        "            type: long-text\n            most-files: 2 # HERE",
        "pages[3].pages[1].questions[1].most-files",
        "only a file has it",
    ),
    "a file as a source of passages": (
        LONG_TEXT,
        LONG_TEXT.replace("long-text", "file") + " # HERE",
        "pages[3].pages[1].questions[1].source",
        "only text is a source",
    ),
    "limits the wrong way round": (
        LONG_TEXT,
        "            type: number\n            label: How many?\n            optional: true\n"
        "            least: 5\n            most: 4 # HERE",
        "pages[3].pages[1].questions[1].most",
        "nothing less than `least`",
    ),
    "a limit that is no date": (
        LONG_TEXT,
        "            type: date\n            label: When?\n            optional: true\n            latest: soon # HERE",
        "pages[3].pages[1].questions[1].latest",
        "Write a date here",
    ),
    "not known where nothing is chosen": (
        "            type: long-text",
        "            type: long-text\n            unknown: true # HERE",
        "pages[3].pages[1].questions[1].unknown",
        "let people choose",
    ),
    "needed, with nothing to say when left out": (
        "      - id: who\n        type: one-of\n        label: Who are you?\n        missing: Choose one",
        "      - id: who # HERE\n        type: one-of\n        label: Who are you?",
        "pages[1].questions[1]",
        "`missing`",
    ),
    "two pages that come to one address": (
        "      - id: work\n        title",
        "      - id: about # HERE\n        title",
        "pages[3].pages[1].id",
        "“planning-about” is used",
    ),
    "no questions on a page": (
        "      - id: work\n        title",
        "      - id: rest\n        title: Rest\n        questions: [] # HERE\n      - id: work\n        title",
        "pages[3].pages[1].questions",
        "at least one",
    ),
    "broken YAML": ("title: Winter round", "title: [Winter round\nsummary: x # HERE", "", "Mend the YAML"),
    "an alias": ("audience: Anyone.", "audience: &a Anyone.\nneeded: [*a] # HERE", "", "aliases"),
    "lists without end": ("audience: Anyone.", "audience: " + "[" * 100_000 + " # HERE", "", "30 lists and blocks"),
    "a control character below letters of several bytes": (
        "audience: Anyone.",
        f"audience: {'à' * 100}\nneeded: Any\x07one. # HERE",
        "",
        "control character",
    ),
    "a control character": ("audience: Anyone.", "audience: Any\x07one. # HERE", "", "control character"),
}

FRAMEWORK_FAULTS = {
    "unknown field": ("version: 1", "version: 1\nauthor: me # HERE", "author", "it is unknown"),
    "missing field": (
        "  - id: visits\n    priority-area: home\n    title: Visits",
        "  - id: visits # HERE\n    priority-area: home",
        "actions[1].title",
        "it is missing",
    ),
    "missing family": (
        "kinds:\n  - {id: activity, title: Activity, summary: What is done.}\n",
        "",
        "kinds",
        "it is missing",
    ),
    "wrong type": ("version: 1", "version: [1] # HERE", "version", "whole number"),
    "id used twice": (
        "fundamentals:",
        "  - {id: visits, priority-area: home, title: V, summary: S} # HERE\nfundamentals:",
        "actions[2].id",
        "“visits” is used",
    ),
    "bad id": ("{id: funding,", "{id: Funding!, # HERE\n    ", "barrier-themes[1].id", "small letters"),
    "unknown priority area": (
        "priority-area: home",
        "priority-area: school # HERE",
        "actions[1].priority-area",
        "“school” is none",
    ),
}


@pytest.mark.parametrize("name", QUESTIONNAIRE_FAULTS)
def test_a_fault_in_a_questionnaire_is_named_by_line_and_field(name: str, tmp_path: Path) -> None:
    path, expected = written(tmp_path, QUESTIONNAIRE, QUESTIONNAIRE_FAULTS[name])
    assert_named(problems_of(questionnaire.load_path, path), path, *expected)


@pytest.mark.parametrize("name", FRAMEWORK_FAULTS)
def test_a_fault_in_a_framework_is_named_by_line_and_field(name: str, tmp_path: Path) -> None:
    path, expected = written(tmp_path, FRAMEWORK, FRAMEWORK_FAULTS[name])
    assert_named(problems_of(framework.load_path, path), path, *expected)


def test_the_examples_are_sound_before_they_are_spoiled(tmp_path: Path) -> None:
    assert questionnaire.load_path(saved(tmp_path, QUESTIONNAIRE)).version == 3
    assert framework.load_path(saved(tmp_path, FRAMEWORK)).priority_area_of("visits") == "home"


def test_all_faults_are_reported_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    spoiled = QUESTIONNAIRE.replace("minutes: 10", "minutes: ten").replace("for-each: subjects", "for-each: themes")
    spoiled = spoiled.replace("audience: Anyone.\n", "").replace("- id: person", "- id: group")
    problems = problems_of(questionnaire.load_path, saved(tmp_path, spoiled))
    named = [problem.field for problem in problems]
    assert named == ["audience", "minutes", "pages[1].questions[1].choices[2].id", "pages[3].for-each"]


def test_the_error_reads_as_file_line_field_and_what_to_do(tmp_path: Path) -> None:
    path = saved(tmp_path, QUESTIONNAIRE.replace("minutes: 10", "minutes: ten"))
    with pytest.raises(DefinitionError, match=r"winter\.yaml:7: minutes: Write a whole number here"):
        questionnaire.load_path(path)


def test_bytes_that_are_not_utf_8_are_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "winter.yaml"
    path.write_bytes(QUESTIONNAIRE.replace("Anyone", "Café").encode("cp1252"))
    [problem] = problems_of(questionnaire.load_path, path)
    assert (problem.line, "UTF-8" in problem.message) == (6, True)


@pytest.mark.parametrize(
    "text", ["", "just words", "- a\n- list", "pages: 4", "pages: [4, [], {}]", "42: x", "? {a: b}\n: c"]
)
def test_a_file_that_is_no_questionnaire_at_all_is_refused_and_never_crashes(text: str, tmp_path: Path) -> None:
    assert problems_of(questionnaire.load_path, saved(tmp_path, text))


def test_values_of_any_wrong_shape_are_refused_and_never_crash() -> None:
    for field in Questionnaire.from_definition(sound()).definition:
        for wrong in (None, [], {}, [[]], {"id": []}, [{"id": [], "questions": [{"id": {}, "choices-from": []}]}], -1):
            problems = problems_of(Questionnaire.from_definition, sound() | {field: wrong})
            # What may be left out may be empty too.
            assert problems or (field in ("needed", "privacy") and wrong == [])


def test_words_that_yaml_would_bend_stay_as_they_are_written(tmp_path: Path) -> None:
    bent = QUESTIONNAIRE.replace("audience: Anyone.", "audience: no").replace("Winter round", "2026-11-21")
    read = questionnaire.load_path(saved(tmp_path, bent))
    assert (read.audience, read.title) == ("no", "2026-11-21")


def test_a_frozen_definition_builds_the_same_questionnaire(tmp_path: Path) -> None:
    read = questionnaire.load_path(saved(tmp_path, QUESTIONNAIRE))
    again = Questionnaire.from_definition(read.definition)
    assert again == read
    assert again.definition == read.definition
    assert again.pages_for({"who": "group", "subjects": ["planning"]})[-1].id == "planning-work"


def test_a_frozen_definition_holds_its_choices_and_defaults_itself(tmp_path: Path) -> None:
    definition = questionnaire.load_path(saved(tmp_path, QUESTIONNAIRE)).definition
    subjects, work = definition["pages"][1]["questions"][0], definition["pages"][2]["pages"][0]["questions"][0]
    assert [choice["id"] for choice in subjects["choices"]][:2] == ["good-childhood", "whole-family-support"]
    assert "choices-from" not in subjects
    assert (work["max-length"], work["rows"]) == (20_000, 8)


def test_a_fault_in_a_frozen_definition_is_named_by_field() -> None:
    [problem] = problems_of(Questionnaire.from_definition, sound() | {"minutes": "ten"})
    assert str(problem) == "definition: minutes: Write a whole number here"


def test_the_newest_version_is_loaded_and_an_earlier_one_on_request(tmp_path: Path) -> None:
    (tmp_path / "winter.yaml").write_text(QUESTIONNAIRE, encoding="utf-8")
    (tmp_path / "winter.2.yaml").write_text(QUESTIONNAIRE.replace("version: 3", "version: 2"), encoding="utf-8")
    assert questionnaire.load("winter", folder=tmp_path).version == 3
    assert questionnaire.load("winter", 2, folder=tmp_path).version == 2
    with pytest.raises(LookupError):
        questionnaire.load("winter", 1, folder=tmp_path)


@pytest.mark.parametrize("slug", ["summer", "", "../winter", "winter*", "*", "winter\n"])
def test_a_name_that_is_no_questionnaire_or_framework_finds_nothing(slug: str, tmp_path: Path) -> None:
    saved(tmp_path, QUESTIONNAIRE)
    with pytest.raises(LookupError):
        questionnaire.load(slug, folder=tmp_path)
    with pytest.raises(LookupError):
        framework.load(slug)


def sound() -> dict:
    return questionnaire.load("keeping-the-promise").definition


def saved(folder: Path, text: str) -> Path:
    path = folder / "winter.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def written(folder: Path, text: str, fault: tuple[str, str, str, str]) -> tuple[Path, tuple[int, str, str]]:
    old, new, field, message = fault
    assert old in text
    spoiled = text.replace(old, new, 1)
    lines = [number for number, line in enumerate(spoiled.splitlines(), start=1) if "# HERE" in line]
    return saved(folder, spoiled), (lines[0] if lines else 1, field, message)


def problems_of(load, source) -> list[DefinitionProblem]:
    try:
        load(source)
    except DefinitionError as error:
        return error.problems
    return []


def assert_named(problems: list[DefinitionProblem], path: Path, line: int, field: str, message: str) -> None:
    assert [(problem.file, problem.line, problem.field) for problem in problems] == [(str(path), line, field)]
    assert message in problems[0].message
