"""What must agree between the parts of a questionnaire, beyond the shape of each."""

from collections.abc import Iterator
from typing import Any

from forms import framework
from forms.choices import listed
from forms.definitions import Fault, FieldPath, items, repeated_ids
from forms.framework import Framework
from forms.questions import CHOOSING, IN_A_LIST, ITEM_ID, SOURCES, UNKNOWN, YES_NO

Found = tuple[FieldPath, dict]
# What only one type has, and how it stands where nothing is written.
# Without a limit of their own they have that of their type.
ALWAYS_LIMITED = ("text", "long-text", "email", "organisation")
LIMITS = {
    "number": {"least": None, "decimals": 0, "unit": ""},
    "date": {"earliest": None, "latest": None},
    "list": {"item": "", "items": "", "questions": []},
    "file": {"most-files": None},
}
# A longer list is no form any more.
LONGEST_LIST = 100


def faults(content: Any) -> Iterator[Fault]:
    """Everything that does not agree. What has the wrong shape is passed over: it is reported as such."""
    pages, plan = list(_pages(content)), _framework_of(content)
    asked = [found for path, page in pages for found in items(page, "questions", path)]
    within = [found for path, question in asked for found in items(question, "questions", path)]
    questions = asked + within
    if isinstance(_get(content, "framework"), str) and plan is None:
        yield ("framework",), f"Name a framework that there is: “{content['framework']}” is none"
    yield from list(repeated_ids(pages)) or repeated_ids(_expanded(content, plan))
    yield from repeated_ids(questions)
    for path, question in questions:
        yield from _question_faults(path, question, plan)
    for path, question in within:
        yield from _within_faults(path, question)
    yield from _list_page_faults(content)
    yield from _flow_faults(content, plan)


def _pages(content: Any) -> Iterator[Found]:
    for path, block in items(content, "pages"):
        if "for-each" in block:
            yield from items(block, "pages", path)
        else:
            yield path, block


def _expanded(content: Any, plan: Framework | None) -> Iterator[Found]:
    """Every page under the id that it is asked by: two different repetitions may come to the same one."""
    questions = (question for _, page in _pages(content) for _, question in items(page, "questions"))
    by_id = {str(question.get("id")): question for question in questions}
    for path, block in items(content, "pages"):
        if "for-each" not in block:
            yield path, block
        for chosen in sorted(_choice_ids(by_id.get(str(block.get("for-each")), {}), plan)):
            yield from ((where, {"id": f"{chosen}-{page.get('id')}"}) for where, page in items(block, "pages", path))


def _framework_of(content: Any) -> Framework | None:
    try:
        return framework.load(str(_get(content, "framework")))
    except LookupError:
        return None


def _get(content: Any, key: str) -> Any:
    return content.get(key) if isinstance(content, dict) else None


def _question_faults(path: FieldPath, question: dict, plan: Framework | None) -> Iterator[Fault]:
    listed_first = [((), {"id": choice_id}) for choice_id in _listed_ids(question, plan)]
    yield from repeated_ids([*listed_first, *items(question, "choices", path)])
    yield from _choosing_faults(path, question)
    yield from _limit_faults(path, question)
    if bool(question.get("missing")) is question.get("optional", False):
        yield path, "Make it `optional: true`, or say in `missing` what to tell a person who leaves it out; one of them"
    concern = question.get("concern")
    if plan and concern is not None and concern not in [area.id for area in plan.priority_areas]:
        yield (*path, "concern"), f"Name a priority area of {plan.title}: “{concern}” is none"


def _choosing_faults(path: FieldPath, question: dict) -> Iterator[Fault]:
    has_choices = bool(question.get("choices") or question.get("choices-from"))
    if question.get("type") in CHOOSING and not has_choices:
        yield path, "Add `choices` or `choices-from`: there is nothing to choose"
    if question.get("type") not in (*CHOOSING, None) and has_choices:
        yield path, "Remove the choices, or make the type one-of or any-of"
    if question.get("type") in (*CHOOSING, "yes-no", *LIMITS) and question.get("source") is True:
        text = "the text asked about each item" if question.get("type") == "list" else "text"
        yield (*path, "source"), f"Remove this field: only {text} is a source"
    if question.get("type") not in (*CHOOSING, "yes-no", None) and question.get("unknown", False) is not False:
        yield (*path, "unknown"), "Remove this field, or let people choose: only a choice can be “I do not know”"


def _limit_faults(path: FieldPath, question: dict) -> Iterator[Fault]:
    """Limits belong to the type that they limit, and the lower one comes first."""
    for type_, names in LIMITS.items():
        for name, default in names.items():
            if question.get(name, default) != default and question.get("type") not in (type_, None):
                yield (*path, name), f"Remove this field: only a {type_} has it"
    if question.get("type") not in ("number", "list", None) and question.get("most") is not None:
        yield (*path, "most"), "Remove this field: only a number or a list has it"
    if question.get("outside") and not _is_limited(question):
        yield (*path, "outside"), "Remove this field: the answer has no limit"
    if question.get("type") == "list":
        yield from _list_faults(path, question)
    for low, high in (("least", "most"), ("earliest", "latest")):
        limits = question.get(low), question.get(high)
        if type(limits[0]) is type(limits[1]) in (int, str) and limits[0] > limits[1]:
            yield (*path, high), f"Write nothing less than `{low}` here"


def _is_limited(question: dict) -> bool:
    ends = {"number": ("least", "most"), "date": ("earliest", "latest")}.get(question.get("type"), ())
    return question.get("type") in ALWAYS_LIMITED or any(question.get(end) is not None for end in ends)


def _list_faults(path: FieldPath, question: dict) -> Iterator[Fault]:
    if not question.get("item"):
        yield path, "Say in `item` what one thing of the list is called"
    if not question.get("questions"):
        yield path, "Add `questions`: nothing is asked about each thing of the list"
    most = question.get("most", 1)
    if isinstance(most, int) and not 0 < most <= LONGEST_LIST:
        yield (*path, "most"), f"Write a number from 1 to {LONGEST_LIST} here"


def _within_faults(path: FieldPath, question: dict) -> Iterator[Fault]:
    if question.get("type", IN_A_LIST[0]) not in IN_A_LIST:
        yield (
            (*path, "type"),
            f"Choose one of {', '.join(IN_A_LIST)}: nothing else can be asked about a thing of a list",
        )
    if question.get("id") == ITEM_ID:
        yield (*path, "id"), f"Choose another id: “{ITEM_ID}” is what each thing of a list is known by"


def _list_page_faults(content: Any) -> Iterator[Fault]:
    for path, block in items(content, "pages"):
        if path[-1] == 0 and any(question.get("type") == "list" for _, question in items(block, "questions")):
            yield path, "Put another page before the list: a person begins on a page that is saved whole"
        for where, page in items(block, "pages", path) if "for-each" in block else [(path, block)]:
            asked = list(items(page, "questions", where))
            lists = [place for place, question in asked if question.get("type") == "list"]
            if lists and len(asked) > 1:
                yield lists[0], "Put the list on a page of its own: it is answered thing by thing"
            if lists and "for-each" in block:
                yield lists[0], "Put the list on a page that is asked once"


def _flow_faults(content: Any, plan: Framework | None) -> Iterator[Fault]:
    """Conditions and repetitions may only look back, at questions that are asked once."""
    earlier: dict[str, dict] = {}
    for path, block in items(content, "pages"):
        for where, conditional in [(path, block), *items(block, "pages", path)]:
            for name in ("when", "sensitive"):
                if isinstance(conditional.get(name), dict):
                    yield from _condition_faults((*where, name), conditional[name], earlier, plan)
        if "for-each" in block:
            yield from _repeat_faults((*path, "for-each"), block, earlier)
        else:
            earlier |= {str(question.get("id")): question for _, question in items(block, "questions")}


def _condition_faults(path: FieldPath, when: dict, earlier: dict, plan: Framework | None) -> Iterator[Fault]:
    if "question" not in when:
        return
    asked = earlier.get(str(when["question"]))
    if asked is None:
        yield (*path, "question"), f"Name a question of an earlier page: “{when['question']}” is none"
        return
    for value in when["is"] if isinstance(when.get("is"), list) else [when.get("is")]:
        if isinstance(value, str) and plan and value not in _choice_ids(asked, plan):
            yield (*path, "is"), f"Name a choice of “{when['question']}”: “{value}” is none"


def _choice_ids(question: dict, plan: Framework | None) -> set[str]:
    return {str(choice.get("id")) for _, choice in items(question, "choices")}.union(_listed_ids(question, plan))


def _listed_ids(question: dict, plan: Framework | None) -> list[str]:
    """The ids of choices that are not written in the question itself."""
    source = question.get("choices-from")
    elsewhere = [choice.id for choice in listed(source, plan)] if plan and source in SOURCES else []
    yes_no = [choice_id for choice_id, _ in YES_NO if question.get("type") == "yes-no"]
    return [*yes_no, *elsewhere, *([UNKNOWN[0]] if question.get("unknown") is True else [])]


def _repeat_faults(path: FieldPath, block: dict, earlier: dict) -> Iterator[Fault]:
    asked = earlier.get(str(block["for-each"]))
    if asked is None:
        yield path, f"Name a question of an earlier page: “{block['for-each']}” is none"
    elif asked.get("type") != "any-of":
        yield path, f"Name a question of type any-of: “{block['for-each']}” is not"
