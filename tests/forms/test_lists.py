"""Lists: answered item by item, kept in order and exactly as written, or refused with what to do about it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import choices, framework, questionnaire
from forms.answers import read, read_item, read_whole, shown
from forms.definitions import DefinitionError
from forms.questionnaire import Questionnaire

YAML = """\
slug: promises
version: 1
title: Promises
summary: What is promised.
framework: plan-21-24
audience: Anyone.
minutes: 5
pages:
  - id: first
    title: First
    questions:
      - {id: first, type: text, label: First, optional: true}
  - id: promises
    title: Promises
    questions:
      - id: promises
        type: list
        item: promise
        most: 3
        label: What do you promise?
        missing: Add one promise
        questions:
          - id: what
            type: long-text
            label: What?
            missing: Say what
            source: true
          - id: which
            type: one-of
            label: Which action?
            optional: true
            choices-from: actions
            unknown: true
          - id: how-many
            type: number
            label: How many?
            optional: true
          - id: by
            type: date
            label: By when?
            optional: true
"""
WHOLE = {"what": "A second house", "which": "planning", "how-many": "1200", "by": "2027-03-31"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Questionnaire:
    return loaded(tmp_path_factory.mktemp("lists"), YAML)


def loaded(folder: Path, text: str) -> Questionnaire:
    path = folder / "promises.yaml"
    path.write_text(text, encoding="utf-8")
    return questionnaire.load_path(path)


def test_items_are_kept_in_order_and_each_is_known_by_an_id(asked: Questionnaire) -> None:
    sent = [{"what": "One"}, {"id": "1", **WHOLE}, {"id": "k3f9", "what": "Three\r\nlines"}]
    reading = read_whole(asked, {"promises": sent})
    assert reading.problems == ()
    assert reading.answers == {
        "promises": [{"id": "2", "what": "One"}, {"id": "1", **WHOLE}, {"id": "k3f9", "what": "Three\nlines"}]
    }
    assert read_whole(asked, json.loads(json.dumps(reading.answers))) == reading
    assert asked.complete(reading.answers) == []


@pytest.mark.parametrize(
    ("items", "item", "part", "message"),
    [
        (None, None, "", "Add one promise"),
        ([], None, "", "Add one promise"),
        ("A house", None, "", "Send a list of objects"),
        (["A house"], None, "", "Send a list of objects"),
        ([{"what": "x"}] * 4, None, "", "Take some out: you can list up to 3 promises"),
        ([{"what": "x"}, {}], 2, "what", "Promise 2: Say what"),
        ([{"what": "x"}, {"what": " "}], 2, "what", "Promise 2: Say what"),
        ([{"what": ["x"]}], 1, "what", "Promise 1: Send text"),
        ([{"what": "x", "which": "fly"}], 1, "which", "Promise 1: Choose from the answers shown"),
        ([{"what": "x", "by": "soon"}], 1, "by", "Promise 1: Add the month"),
        ([{"what": "x", "whom": "y"}], 1, "whom", "Promise 1: Leave this out: no question has this id"),
        ([{"what": "\0"}], 1, "what", "Promise 1: Line 1 has a character"),
        ([{"what": "x", "id": "a"}, {"what": "y", "id": "a"}], 2, "id", "Promise 2: Give it an id of its own"),
        ([{"what": "x", "id": "../a"}], 1, "id", "Promise 1: Give it an id of its own"),
        ([{"what": "x", "id": 7}], 1, "id", "Promise 1: Give it an id of its own"),
    ],
)
def test_a_fault_names_the_list_the_item_and_the_question(
    items: object, item: int | None, part: str, message: str, asked: Questionnaire
) -> None:
    reading = read_whole(asked, {"promises": items})
    [problem] = reading.problems
    assert (problem.question_id, problem.item, problem.part) == ("promises", item, part)
    assert problem.message.startswith(message)
    assert reading.answers == {}


def test_an_item_with_nothing_in_it_is_none(tmp_path: Path) -> None:
    optional = loaded(tmp_path, YAML.replace("missing: Say what", "optional: true"))
    [problem] = read_whole(optional, {"promises": [{"id": "a"}]}).problems
    assert (problem.item, problem.part, problem.message.startswith("Promise 1: Write something")) == (1, "what", True)
    [problem] = read_item(optional.questions["promises"], {"what": ["  "], "by": ["", "", ""]}).problems
    assert (problem.question_id, problem.message.startswith("Write something")) == ("what", True)


def test_a_list_that_need_not_be_answered_may_be_empty(tmp_path: Path) -> None:
    optional = loaded(tmp_path, YAML.replace("missing: Add one promise", "optional: true"))
    for nothing in ({"promises": []}, {"promises": None}, {}):
        reading = read_whole(optional, nothing)
        assert (reading.answers, reading.problems) == ({}, ())


def test_one_item_is_read_as_a_page_is(asked: Questionnaire) -> None:
    promises = asked.questions["promises"]
    reading = read_item(promises, {"what": ["House"], "by": ["31", "March", "2027"], "other": ["x"]})
    assert (reading.answers, reading.problems) == ({"what": "House", "by": "2027-03-31"}, ())
    wrong = read_item(promises, {"how-many": ["many"]})
    assert [problem.question_id for problem in wrong.problems] == ["what", "how-many"]
    assert wrong.typed["how-many"] == ["many"]


def test_a_form_posted_to_the_page_of_a_list_holds_no_item(asked: Questionnaire) -> None:
    assert read(asked.steps[1].page, {"promises": ["x"]}).problems[0].message == "Add one promise"


def test_an_item_is_told_by_its_questions(asked: Questionnaire) -> None:
    promises = asked.questions["promises"]
    told = "What? A second house; Which action? Planning; How many? 1,200; By when? 31 March 2027"
    assert shown(promises, {"id": "a", **WHOLE}) == told


def test_the_area_of_an_item_follows_from_the_action_chosen(asked: Questionnaire) -> None:
    promises, plan = asked.questions["promises"], framework.load()
    assert choices.area_of(promises, WHOLE, plan) == "planning"
    assert choices.area_of(promises, {"what": "x", "which": "advocacy"}, plan) == "good-childhood"
    assert choices.area_of(promises, {"what": "x", "which": "unknown"}, plan) is None
    assert choices.area_of(promises, {"what": "planning"}, plan) is None


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("item: promise", "hint: x", "", "what one thing of the list is called"),
        ("most: 3", "most: 0", ".most", "from 1 to 100"),
        ("most: 3", "most: 101", ".most", "from 1 to 100"),
        ("most: 3", "source: true", ".source", "only the text asked about each item"),
        ("most: 3", "unit: £", ".unit", "only a number has it"),
        ("most: 3", "choices-from: areas", "", "Remove the choices"),
        ("id: what", "id: id", ".questions[1].id", "known by"),
        ("id: what", "id: promises", ".questions[1].id", "used already"),
        ("type: long-text", "type: list", ".questions[1].type", "Choose one of text"),
        ("optional: true\n            choices-from", "choices-from", ".questions[2]", "Make it `optional: true`"),
        ("label: What?", "label: What?\n            when: {question: x, is: y}", ".questions[1].when", "Remove this"),
    ],
)
def test_a_fault_in_a_list_is_named_by_its_field(old: str, new: str, field: str, message: str, tmp_path: Path) -> None:
    assert old in YAML
    with pytest.raises(DefinitionError) as refused:
        loaded(tmp_path, YAML.replace(old, new, 1))
    assert any(
        problem.field == f"pages[2].questions[1]{field}" and message in problem.message
        for problem in refused.value.problems
    ), refused.value.problems


def test_a_list_stands_on_a_page_of_its_own_that_is_asked_once(tmp_path: Path) -> None:
    beside = YAML + "      - {id: more, type: text, label: More, optional: true}\n"
    with pytest.raises(DefinitionError, match="on a page of its own"):
        loaded(tmp_path, beside)
    page = "  - id: promises" + YAML.partition("  - id: promises")[2]
    page = page.replace("\n", "\n    ")
    each = YAML.partition("  - id: promises")[0] + (
        "  - id: parts\n    title: Parts\n    questions:\n"
        "      - {id: parts, type: any-of, label: Parts, missing: Choose, choices-from: priority-areas}\n"
        f"  - for-each: parts\n    pages:\n    {page}"
    )
    with pytest.raises(DefinitionError, match="Put another page before the list"):
        loaded(
            tmp_path, YAML.partition("  - id: first")[0] + "  - id: promises" + YAML.partition("  - id: promises")[2]
        )
    with pytest.raises(DefinitionError, match="on a page that is asked once"):
        loaded(tmp_path, each.rstrip() + "\n")


def test_no_page_can_hang_on_what_is_said_in_a_list(tmp_path: Path) -> None:
    for name in ("which", "promises"):
        later = f"  - id: later\n    title: Later\n    when: {{question: {name}, is: planning}}\n    questions:\n"
        with pytest.raises(DefinitionError, match="Name a (question of an earlier page|choice of)"):
            loaded(tmp_path, YAML + later + "      - {id: more, type: text, label: More, optional: true}\n")


def test_a_frozen_list_builds_the_same_questionnaire(asked: Questionnaire) -> None:
    again = Questionnaire.from_definition(json.loads(json.dumps(asked.definition)))
    assert again == asked
    assert again.definition == asked.definition


ANY_TEXT = st.text(max_size=40) | st.text(alphabet="\r\n\t\0\x0b\x1f\ud800\udfff ​é", max_size=10)
ANY = st.recursive(st.none() | st.booleans() | st.integers() | ANY_TEXT, lambda inner: st.lists(inner, max_size=2))
NAMES = st.sampled_from(["id", "what", "which", "how-many", "by", "other"]) | ANY_TEXT
ODD = st.dictionaries(NAMES, ANY, max_size=5)
SOUND = st.fixed_dictionaries(
    {"what": ANY_TEXT},
    optional={
        "which": st.sampled_from(["planning", "unknown", ""]),
        "how-many": st.integers(-(10**15) + 1, 10**15 - 1).map(str),
        "by": st.dates().map(str),
        "id": st.text("ab1", max_size=2),
    },
)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(items=st.lists(SOUND, max_size=4) | st.lists(SOUND | ODD, max_size=4) | ANY)
def test_any_list_is_kept_exactly_or_refused_with_a_reason(items: Any, asked: Questionnaire) -> None:
    reading = read_whole(asked, {"promises": items})
    if reading.problems:
        assert all(problem.message and problem.question_id == "promises" for problem in reading.problems)
        json.dumps([[one.message, one.part] for one in reading.problems], ensure_ascii=False).encode()
        return
    kept = reading.answers["promises"]
    assert [without_id(item) for item in kept] == [without_id(plain(item)) for item in items]
    assert all(item["id"] == one["id"] for item, one in zip(kept, items, strict=True) if "id" in one)
    assert len({item["id"] for item in kept}) == len(kept)


def plain(item: dict[str, Any]) -> dict[str, str]:
    """The item with line ends made plain and what is blank left out."""
    texts = {name: value.replace("\r\n", "\n").replace("\r", "\n") for name, value in item.items() if value is not None}
    return {name: text for name, text in texts.items() if text.strip()}


def without_id(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "id"}
