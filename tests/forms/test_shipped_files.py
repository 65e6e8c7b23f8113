"""The plan, the questionnaire and the areas that are shipped: complete, plain to read, and in words that respect."""

import re
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import pytest
import yaml

import forms
from forms import framework, questionnaire
from forms.areas import area_names, areas
from forms.framework import FAMILIES
from forms.texts import is_translation

FOLDER = Path(forms.__file__).parent
# The names of organisations are nobody's words but their own; of other languages see test_translations.
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.stem != "gazetteer" and not is_translation(path))

ACTIONS = {
    "good-childhood": "support right-to-education relationships brothers-and-sisters youth-justice advocacy moving-on"
    " physical-intervention",
    "whole-family-support": "family-support peer-and-community-support service-integration family-therapies",
    "supporting-workforce": "workforce-values trauma-informed ongoing-relationships workforce-support",
    "planning": "planning investment information-sharing",
    "building-capacity": "legislation childrens-hearings-system inspection-and-regulation policy-coherence"
    " data-mapping-and-collection governance-structures",
}
OTHER_FAMILIES = {
    "fundamentals": "what-matters listening poverty childrens-rights language",
    "kinds": "activity commitment barrier support-needed offer learning idea",
    "barrier_themes": "funding commissioning workforce-capacity skills-and-confidence data-and-evidence"
    " information-sharing legislation-and-regulation policy-clutter governance-and-leadership fragmented-services"
    " availability-of-services access-and-geography culture-and-stigma poverty-and-housing inconsistency"
    " voice-and-participation external-shock",
}

# Words that label children and families, or keep them at a distance. Each has a better one.
NEVER_OURS = (
    r"LAA?C|looked[- ]after|accommodated|in care|in the care system|care leavers?|care kids?|placements?|placed|units?"
    r"|siblings?|contact(s|ed|ing)?|respite|supervised|home visits?|peers?|beds?|broken homes?|dysfunctional"
    r"|service users?|cases?|caseloads?|victims?|kids?|youngsters?|minors?|juveniles?|offend(ers?|ing)|absconding"
    r"|vulnerable|disadvantaged|deprived|hard[- ]to[- ]reach|troubled|problem famil(y|ies)|challenging behaviour"
    r"|stakeholders?|deliverables?|signpost(s|ed|ing)?|leverage|going forward"
)
# The plan's own name for one of its actions.
TITLES_GIVEN = {"Peer and Community Support"}


def test_the_plan_has_every_action_of_the_codebook_under_its_priority_area() -> None:
    plan = framework.load()
    found = {
        area.id: [action.id for action in plan.actions if action.priority_area == area.id]
        for area in plan.labels("priority_areas")
    }
    assert found == {area: ids.split() for area, ids in ACTIONS.items()}
    assert sum(map(len, found.values())) == 25


@pytest.mark.parametrize("family", OTHER_FAMILIES)
def test_the_plan_has_every_label_of_the_codebook(family: str) -> None:
    assert [label.id for label in framework.load().labels(family)] == OTHER_FAMILIES[family].split()


def test_every_label_can_be_found_by_family_and_id() -> None:
    plan = framework.load()
    assert plan.label("actions", "brothers-and-sisters").title == "Brothers and Sisters"
    assert plan.priority_area_of("investment") == "planning"
    assert [plan.label(family, label.id) for family in FAMILIES for label in plan.labels(family)]
    for family, label_id in [("actions", "poverty"), ("themes", "poverty")]:
        with pytest.raises(KeyError):
            plan.label(family, label_id)


def test_titles_in_a_family_are_told_apart_and_summaries_say_something() -> None:
    plan = framework.load()
    for family in FAMILIES:
        titles = [label.title for label in plan.labels(family)]
        assert len(set(titles)) == len(titles)
        assert all(40 < len(label.summary) < 240 and label.summary.endswith(".") for label in plan.labels(family))


def test_there_are_32_council_areas_by_name() -> None:
    assert len(areas()) == len({area.id for area in areas()}) == len({area.code for area in areas()}) == 32
    assert [area.name for area in areas()] == sorted(area.name for area in areas())
    assert all(re.fullmatch(r"S120000\d\d", area.code) for area in areas())
    assert area_names()["na-h-eileanan-siar"] == "Na h-Eileanan Siar"
    assert area_names()["city-of-edinburgh"] == "City of Edinburgh"
    assert area_names()["scotland"] == "All of Scotland"


def test_the_main_questionnaire_asks_what_the_service_reads() -> None:
    asked = questionnaire.load("keeping-the-promise").questions
    assert choices_of(asked["respondent"]) == ["organisation", "individual"]
    kinds = ["local_authority", "health_board", "third_sector", "national_body", "partnership", "other"]
    assert choices_of(asked["organisation-kind"]) == kinds
    assert choices_of(asked["areas"]) == [*(area.id for area in areas()), "scotland"]
    assert choices_of(asked["priority-areas"]) == list(ACTIONS)
    assert choices_of(asked["permission"]) == ["with-name", "without-name", "do-not-publish"]
    assert choices_of(asked["contact-permission"]) == ["yes", "no"]
    optional = [question.id for question in asked.values() if question.optional and not question.source]
    assert [one.id for one in asked["partners"].questions] == ["partner-name", "partner-kind"]
    assert choices_of(asked["partners"].questions[1]) == choices_of(asked["organisation-kind"])
    lists = ["commitments", "work-list", "needs-list", "offers-list"]
    assert optional == ["partners", "your-name", lists[0], "more-lists", *lists[1:], "documents", "email"]
    for question in (asked[name] for name in lists):
        what, action, *more = question.questions
        assert (what.source, what.optional, question.type) == (True, False, "list")
        assert choices_of(action) == [*(one.id for one in framework.load().actions), "unknown"]
        assert all(one.optional and not one.source for one in [action, *more])
    assert asked["areas"].choices[-1].exclusive


def test_every_page_has_a_heading_of_its_own_and_an_id_that_fits_an_address() -> None:
    pages = [step.page for step in questionnaire.load("keeping-the-promise").steps]
    assert len({page.title for page in pages}) == len({page.id for page in pages}) == len(pages)
    assert all(re.fullmatch(r"[a-z-]+", page.id) for page in pages)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_own_words_keep_the_language_fundamental(path: Path) -> None:
    never = re.compile(rf"\b({NEVER_OURS})\b", re.IGNORECASE)
    found = [(word.group(), text) for text in map(without_titles, words_of(path)) for word in never.finditer(text)]
    assert found == []


@pytest.mark.parametrize("path", [path for path in FILES if path.stem != "areas"], ids=lambda path: path.stem)
def test_our_own_words_can_be_read_at_eleven(path: Path) -> None:
    """By the automated readability index: at most 6 is the school year of eleven-year-olds."""
    sentences = [
        sentence for text in words_of(path) for sentence in re.split(r"(?<=[.?!])\s+", text) if " " in sentence
    ]
    assert readability(sentences) <= 6
    assert max(len(sentence.split()) for sentence in sentences) <= 30


def without_titles(text: str) -> str:
    return reduce(lambda left, title: left.replace(title, ""), TITLES_GIVEN, text)


def readability(sentences: list[str]) -> float:
    words = [word for sentence in sentences for word in re.findall(r"[\w'-]+", sentence)]
    return 4.71 * sum(map(len, words)) / len(words) + 0.5 * len(words) / len(sentences) - 21.43


def choices_of(question) -> list[str]:
    return [choice.id for choice in question.choices]


def words_of(path: Path) -> list[str]:
    """Every text in the file that somebody will read: not ids, not types."""
    return list(texts(yaml.safe_load(path.read_text(encoding="utf-8"))))


def texts(node: object, key: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from texts(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value, key)
    elif isinstance(node, str) and key in WORDS:
        yield node.strip()


WORDS = {
    "title",
    "summary",
    "audience",
    "needed",
    "privacy",
    "section",
    "intro",
    "label",
    "hint",
    "missing",
    "name",
    "at-least-one",
    "item",
    "items",
    # Of a codebook and of other frameworks.
    "rules",
    "takes-in",
    "what",
    "settled",
    "definition",
    "examples",
}
