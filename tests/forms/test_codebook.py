"""The shipped codebook says of every code what it takes in, and its faults are told by their place."""

from pathlib import Path

import pytest

from forms import codebook, framework
from forms.codebook import CodeRef
from forms.definitions import DefinitionError
from forms.framework import FAMILIES

SMALL = """\
slug: small
title: Small
version: 1
rules: [Code what is said.]
families:
  - id: actions
    title: Actions
    codes:
      - id: visits
        title: Visits
        priority-area: home
        takes-in: Somebody comes by.
        leaves-out:
          - what: Somebody rings.
            instead: [actions.calls]
      - id: calls
        title: Calls
        priority-area: home
        takes-in: Somebody rings.
  - id: priority_areas
    title: Areas
    codes:
      - {id: home, title: Home, takes-in: Where children live.}
hard-cases:
  - {id: bell, title: The bell, settled: A bell is a visit., codes: [actions.visits]}
"""


@pytest.mark.parametrize("family", FAMILIES)
def test_it_has_every_code_of_the_plan_in_its_order_and_under_its_name(family: str) -> None:
    labels = [(label.id, label.title) for label in framework.load().labels(family)]
    assert [(code.id, code.title) for code in codebook.load().family(family).codes] == labels


def test_the_plan_can_be_made_of_it() -> None:
    assert codebook.framework_of(codebook.load()) == framework.load()


def test_every_code_but_an_area_has_two_examples_and_no_two_codes_share_one() -> None:
    codes = codebook.load().codes
    assert all(len(code.examples) >= 2 for ref, code in codes.items() if ref.family != "priority_areas")
    assert all(code.examples for code in codes.values())
    examples = [example for code in codes.values() for example in code.examples]
    assert len(set(examples)) == len(examples)


def test_what_is_left_out_of_a_code_is_named_with_the_code_that_it_belongs_to() -> None:
    code = codebook.load().code(CodeRef("actions", "relationships"))
    assert [[str(ref) for ref in one.instead] for one in code.leaves_out] == [
        ["actions.brothers-and-sisters"],
        ["actions.ongoing-relationships"],
    ]
    assert all(
        CodeRef(ref.family, ref.id) != instead
        for ref, code in codebook.load().codes.items()
        for one in code.leaves_out
        for instead in one.instead
    )


def test_the_hard_cases_of_a_code_are_found_by_it() -> None:
    cases = codebook.load().hard_cases_of(CodeRef("actions", "planning"))
    assert [case.id for case in cases] == ["foster-carers", "plans-for-services"]
    assert "an activity" in codebook.load().hard_cases_of(CodeRef("kinds", "barrier"))[2].settled


def test_its_content_can_be_kept_and_read_again_with_the_same_hash() -> None:
    book = codebook.load()
    again = codebook.of(book.content())
    assert again == book
    assert again.content_hash == book.content_hash
    assert book.but(version=9).content_hash == book.content_hash
    assert book.but(rules=book.rules[1:]).content_hash != book.content_hash


def test_a_copy_with_other_codes_finds_those() -> None:
    book = codebook.load()
    assert len(book.codes) == 59
    assert list(book.but(families=book.families[:1]).codes) == list(book.codes)[:25]


def test_there_is_no_other_codebook() -> None:
    for slug in ("winter", "../plan-21-24", ""):
        with pytest.raises(LookupError):
            codebook.load(slug)


def test_a_small_one_is_read(tmp_path: Path) -> None:
    assert [str(ref) for ref in read(SMALL, tmp_path).codes] == [
        "actions.visits",
        "actions.calls",
        "priority_areas.home",
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("[actions.calls]", "[actions.letters]", 15, "“actions.letters” is none"),
        ("[actions.calls]", "[calls]", 15, "by its family and its id"),
        ("codes: [actions.visits]", "codes: [themes.visits]", 25, "“themes.visits” is none"),
        ("- id: calls", "- id: visits", 16, "“visits” is used already"),
        ("title: Calls", "title: visits", 17, "“visits” is used already"),
        ("        takes-in: Somebody rings.\n  -", "  -", 16, "Add this field: it is missing"),
        (
            "        priority-area: home\n        takes-in: Somebody rings",
            "        takes-in: Somebody rings",
            16,
            "Name the",
        ),
        (
            "priority-area: home\n        takes-in: Somebody rings",
            "priority-area: sea\n        takes-in: A",
            18,
            "“sea” is none",
        ),
        ("title: Visits", f"title: {'V' * 121}", 10, "Shorten this to 120 characters"),
        ("[Code what is said.]", "Code what is said.", 4, "Write a list here"),
    ],
)
def test_a_fault_is_told_by_its_line(old: str, new: str, line: int, told: str, tmp_path: Path) -> None:
    assert SMALL.count(old) == 1
    with pytest.raises(DefinitionError) as caught:
        read(SMALL.replace(old, new), tmp_path)
    assert any(problem.line == line and told in problem.message for problem in caught.value.problems), caught.value


def test_a_code_that_the_plan_does_not_have_needs_a_title_of_its_own(tmp_path: Path) -> None:
    text = SMALL.replace("version: 1", "version: 1\nframework: plan-21-24").replace("        title: Visits\n", "")
    with pytest.raises(DefinitionError, match="Add this field"):
        read(text, tmp_path)
    filled = text.replace("id: visits", "id: advocacy").replace("actions.visits", "actions.advocacy")
    assert read(filled, tmp_path).code(CodeRef("actions", "advocacy")).title == "Advocacy"


def read(text: str, folder: Path) -> codebook.Codebook:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return codebook.load_path(path)
