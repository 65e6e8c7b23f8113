"""The terms of XLSForm: its columns for our fields, and its expressions for our conditions and limits.

What the standard has no column for stands in columns with a prefix of our own, which other tools pass over. It is `fl_`
and not `fl::`, because pyxform takes `::` for a language.
"""

import re
from collections.abc import Sequence
from typing import Any

from forms import speech
from forms.questions import SIZES, Question
from forms.texts import LANGUAGES

PREFIX = "fl_"
SETTINGS = {
    "slug": "form_id",
    "version": "version",
    "title": "form_title",
    "summary": "fl_summary",
    "framework": "fl_framework",
    "audience": "fl_audience",
    "minutes": "fl_minutes",
    "needed": "fl_needed",
    "privacy": "fl_privacy",
}
PAGE = {"id": "name", "section": "fl_section", "title": "label", "when": "relevant", "sensitive": "fl_sensitive"}
REPEAT = {"for-each": "repeat_count", "section": "label", "at-least-one": "fl_at_least_one", "when": "relevant"}
# A repeat with no count is a list: as many items as a person has, each with the questions inside.
LIST = {
    "id": "name",
    "label": "label",
    "hint": "hint",
    "optional": "required",
    "missing": "required_message",
    "item": "fl_item",
    "items": "fl_items",
    "most": "fl_most",
}
CHOICE = {"id": "name", "label": "label", "hint": "fl_hint", "group": "fl_group", "exclusive": "fl_exclusive"}
# What the standard has no column for, of a question.
EXTRA = {name: PREFIX + name for name in ("rows", "decimals", "unit", "concern", "asks", "source", "autocomplete")}
EXTRA["most-files"] = "fl_most_files"
LIMITS = ("least", "most", "earliest", "latest", "max-length")
QUESTION = {
    "id": "name",
    "type": "type",
    "label": "label",
    "hint": "hint",
    "optional": "required",
    "missing": "required_message",
    "outside": "constraint_message",
    **dict.fromkeys(LIMITS, "constraint"),
    **EXTRA,
}
# The name of an own page where a question has it already: names are unique in a whole form.
PAGE_ID = "fl_page"
# The type of a question where the standard has none.
TYPE = "fl_type"

# Where a text may stand in another language: what the standard translates, and what it has no column for.
TRANSLATED = ("label", "hint", "required_message", "constraint_message", "guidance_hint", "image", "audio", "video")
OWN_TEXTS = (
    *("fl_section", "fl_at_least_one", "fl_unit", "fl_item", "fl_items"),
    *("fl_hint", "fl_group"),
    *("form_title", "fl_summary", "fl_audience", "fl_needed", "fl_privacy"),
)
_CODE = re.compile(r"\(\s*([\w-]+)\s*\)$")
_CALLED = {"english": "en", "gàidhlig": "gd", "gaelic": "gd", "scottish gaelic": "gd", "easy read": "easy"}

_REFERENCE = r"\$\{\s*([^{}\s]+)\s*\}"
_VALUE = r"""['"]?([\w.-]+)['"]?"""
_SELECTED = re.compile(rf"\(?\s*selected\(\s*{_REFERENCE}\s*,\s*{_VALUE}\s*\)\s*\)?")
_EQUAL = re.compile(rf"\(?\s*{_REFERENCE}\s*=\s*{_VALUE}\s*\)?")
_NEVER = re.compile(rf"{_REFERENCE} != {_REFERENCE}")
_COUNT = re.compile(rf"count-selected\(\s*{_REFERENCE}\s*\)")
_CLAUSE = re.compile(
    r"""\s*\(?\s*(?:
    string-length\(\s*\.\s*\)\s*(?P<length_sign><=?)\s*(?P<length>[0-9]{1,18}) |
    \.\s*(?P<date_sign>>=|<=)\s*date\(\s*['"](?P<date>[0-9-]+)['"]\s*\) |
    \.\s*(?P<sign>[<>]=?)\s*(?P<number>-?[0-9]{1,18}) |
    not\(\s*selected\(\s*\.\s*,\s*['"](?P<alone>[^'"]+)['"]\s*\)\s*and\s+count-selected\(\s*\.\s*\)\s*>\s*1\s*\)
    )\s*\)?\s*(?:and\b|$)""",
    re.VERBOSE,
)


def in_language(column: str, language: str) -> str:
    """The column for a text in this language. Those of our own have no `::` either."""
    if column in OWN_TEXTS:
        return f"{PREFIX}{column.removeprefix(PREFIX)}_{language}"
    return f"{column}::{speech.LANGUAGES[language]} ({language})"


_OWN_IN_LANGUAGES = {in_language(own, language): (own, language) for own in OWN_TEXTS for language in LANGUAGES}


def language_of(column: str) -> tuple[str, str]:
    """The column that this one has the texts of in another language, and the code of that language; else nothing."""
    if column in _OWN_IN_LANGUAGES:
        return _OWN_IN_LANGUAGES[column]
    name, colon, spoken = column.partition("::")
    return (name, code_of(spoken)) if colon and name in TRANSLATED else ("", "")


def code_of(spoken: str) -> str:
    """`Gàidhlig (gd)` is gd, and so is `Gaelic`."""
    code = _CODE.search(spoken.strip())
    return code[1].lower() if code else _CALLED.get(spoken.strip().lower(), spoken)


def usual(type_: str, name: str) -> Any:
    """What a field of a question holds where nothing is written."""
    return SIZES.get(type_, {}).get(name, Question.model_fields[name.replace("-", "_")].default)


def chosen(question: str, values: Sequence[str], *, several: bool) -> str:
    """`relevant` for what is asked where the answer to `question` is, or includes, one of `values`."""
    if not values:
        return f"${{{question}}} != ${{{question}}}"
    term = "selected(${{{0}}}, '{1}')" if several else "${{{0}}} = '{1}'"
    return " or ".join(term.format(question, value) for value in values)


def chosen_in(relevant: str) -> tuple[str, list[str]] | None:
    """The question and the values; None where the expression says more than that, or something else."""
    spaced_once = " ".join(relevant.split())
    if never := _NEVER.fullmatch(spaced_once):
        return (never[1], []) if never[1] == never[2] else None
    terms = [_SELECTED.fullmatch(term) or _EQUAL.fullmatch(term) for term in spaced_once.split(" or ")]
    if not all(terms) or len({term[1] for term in terms}) > 1:
        return None
    return terms[0][1], [term[2] for term in terms]


def count(question: str) -> str:
    return f"count-selected(${{{question}}})"


def counted_in(repeat_count: str) -> str | None:
    found = _COUNT.fullmatch(repeat_count.strip())
    return found[1] if found else None


def constraint(limits: dict[str, Any]) -> str:
    """`limits` has some of LIMITS, and under `exclusive` the choices that go with no other."""
    forms = {
        "least": ". >= {}",
        "most": ". <= {}",
        "earliest": ". >= date('{}')",
        "latest": ". <= date('{}')",
        "max-length": "string-length(.) <= {}",
    }
    clauses = [form.format(limits[name]) for name, form in forms.items() if name in limits]
    alone = [f"not(selected(., '{choice}') and count-selected(.) > 1)" for choice in limits.get("exclusive", ())]
    return " and ".join(clauses + alone)


def limits_in(constraint: str, *, whole: bool) -> dict[str, Any] | None:
    """None where the expression says more than our limits can. `. > 0` is a limit of whole numbers only."""
    limits: dict[str, Any] = {}
    spaced_once = " ".join(constraint.split())
    at = 0
    while at < len(spaced_once):
        clause = _CLAUSE.match(spaced_once, at)
        limit = _limit(clause, whole=whole) if clause else None
        if limit is None or (limit[0] in limits and limit[0] != "exclusive"):
            return None
        name, value = limit
        limits[name] = [*limits.get(name, []), value] if name == "exclusive" else value
        at = clause.end()
    return limits


def _limit(clause: re.Match[str], *, whole: bool) -> tuple[str, Any] | None:
    if clause["alone"]:
        return "exclusive", clause["alone"]
    if clause["date"]:
        return ("earliest" if clause["date_sign"] == ">=" else "latest"), clause["date"]
    if clause["length"]:
        return "max-length", int(clause["length"]) - (clause["length_sign"] == "<")
    sign, number = clause["sign"], int(clause["number"])
    if sign.endswith("="):
        return ("least" if sign == ">=" else "most"), number
    if not whole:
        return None
    return ("least", number + 1) if sign == ">" else ("most", number - 1)


def constraint_message(limits: dict[str, Any]) -> str:
    """What another tool tells a person who keeps to no limit; our own service has words for each."""
    forms = {
        "least": "Enter {} or more",
        "most": "Enter {} or less",
        "earliest": "Enter {} or later",
        "latest": "Enter {} or earlier",
        "max-length": "Write up to {} characters",
    }
    sentences = [form.format(limits[name]) for name, form in forms.items() if name in limits]
    return ". ".join([*sentences, *(["Some answers go with no other"] if limits.get("exclusive") else [])])
