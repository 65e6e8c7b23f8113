"""Questions worth asking, in words: what would be said across a table, and why it is worth it."""

from collections.abc import Callable, Mapping
from typing import Any

from collector import dates
from collector.frameworks import plan

Found = dict[str, Any]
Names = Mapping[int, str]  # of the other organisations that a question speaks of
Worded = tuple[str, str]


def worded(found: Found, names: Names) -> Worded:
    """The question, and why it is worth asking. Titles are those that the plan has now."""
    return WORDS[found["rule"]](found["about"], names)


def overdue(about: Found, names: Names) -> Worded:
    others = about["number"] - 1
    more = ", and one more is past its day" if others == 1 else f", and {others} more are past theirs" if others else ""
    state = " They have not marked it as done." if about["listed"] else ""
    return f"What came of what you planned{topic(about)}?", f"It was to be done by {day(about['due'])}{more}.{state}"


def lead_is_silent(about: Found, names: Names) -> Worded:
    why = "They lead this action, and nothing that we hold from them speaks to it."
    return f"What do you do as a lead for {action(about)}?", why


def not_said_again(about: Found, names: Names) -> Worded:
    why = f"They told of it on {day(about['last'])}, and not in the round since."
    return f"What became of your work on {action(about)}?", why


def in_the_way(about: Found, names: Names) -> Worded:
    number = about["number"]
    said, beside = ("One thing is", "it") if number == 1 else (f"{number} things are", "them")
    why = f"{said} said to be in the way there, with no plan and no call for help beside {beside}."
    return f"What would help with {action(about)}?", why


def planned_against_a_barrier(about: Found, names: Names) -> Worded:
    plans, barriers = about["plans"], about["barriers"]
    why = f"They tell of {how_many(plans, 'plan')} there, and of {how_many(barriers, 'thing')} in the way."
    return f"How will you get past what stands in the way of {action(about)}?", why


def need_that_others_meet(about: Found, names: Names) -> Worded:
    who, verb = others(about, names), "offers" if one_alone(about) else "offer"
    more = " There are others too." if about["more"] else ""
    why = f"They ask for help there, and {who} {verb} some.{more}"
    return f"Have you talked with {who} about {action(about)}?", why


def stale(about: Found, names: Names) -> Worded:
    return (
        f"What has changed since {day(about['last'])}?",
        "That is when we last heard from them, more than a year ago.",
    )


def not_begun(about: Found, names: Names) -> Worded:
    what, it = ("one thing", "it") if about["number"] == 1 else (f"{about['number']} things", "them")
    why = f"They plan {what} there, and say nothing yet of work under way on {it}."
    return f"How far have you come with what you plan on {action(about)}?", why


def undated(about: Found, names: Names) -> Worded:
    number, of, there = about["number"], about["of"], " there" if topic(about) else ""
    if number < of or not there:
        planned = f"{how_many(number, 'thing')} that they plan{there} {'names' if number == 1 else 'name'} no"
    else:
        planned = (
            "what they plan there names no" if of == 1 else f"none of the {of} things that they plan there names a"
        )
    words = f"By when do you mean to do what you plan{topic(about)}?"
    return words, f"As far as we have read, {planned} day by which it is to be done."


def needed_and_offered(about: Found, names: Names) -> Worded:
    return (
        f"Who could use the help that you offer on {action(about)}, and what do you need yourselves?",
        "They ask for help on this action and offer help on it too. It may fit together, or with somebody else.",
    )


def offer_that_others_need(about: Found, names: Names) -> Worded:
    who, verb = others(about, names), "asks" if one_alone(about) else "ask"
    more = " So do others." if about["more"] else ""
    know = "Does" if one_alone(about) else "Do"
    why = f"They offer help there, and {who} {verb} for some.{more}"
    return f"{know} {who} know that you can help with {action(about)}?", why


def need_that_nobody_meets(about: Found, names: Names) -> Worded:
    why = "They ask for help there, and no other organisation that we have heard from offers any."
    return f"Who could give you the help that you need on {action(about)}?", why


def others_lead(about: Found, names: Names) -> Worded:
    who, number = others(about, names), how_many(about["number"], "thing")
    know, verb = ("Does", "leads") if one_alone(about) else ("Do", "lead")
    why = f"They tell of {number} that they do there. It is {who} that {verb} this action, and they do not."
    return f"{know} {who} know what you do on {action(about)}?", why


def offer_that_nobody_takes(about: Found, names: Names) -> Worded:
    why = "They offer help there, and no other organisation that we have heard from asks for any."
    return f"Who have you told of the help that you offer on {action(about)}?", why


def old_source(about: Found, names: Names) -> Worded:
    number = about["number"]
    said = "One statement of theirs is" if number == 1 else f"{number} of their statements are"
    why = f"{said} from then, more than a year and a half ago."
    return f"Does what you told us on {day(about['day'])} still hold?", why


def concern_without_action(about: Found, names: Names) -> Worded:
    number = about["number"]
    said = "One statement was" if number == 1 else f"{number} statements were"
    return (
        f"Which actions of {titled('priority_areas', about['area'])} do you work on?",
        f"They said that it concerns them. {said} given under it, and none speaks to one of its actions.",
    )


# By Fundamental, as it would be asked across a table. One that a later plan brings is asked for by its title.
LIVED = {
    "what-matters": "How do you find out what matters to children and families?",
    "listening": "How do you listen to children and families, and tell them what came of it?",
    "poverty": "What do you do to ease the strain of poverty on children and families?",
    "childrens-rights": "How do children come to know their rights, and to use them?",
    "language": "How do you care for the words that you use with children and families, and about them?",
}


def fundamental_missing(about: Found, names: Names) -> Worded:
    title, number = titled("fundamentals", about["fundamental"]), about["number"]
    said = f"none of their {number} statements on what they do and plan speaks to it"
    return lived(about["fundamental"]), f"{title} is one of the Fundamentals. As far as we have read, {said}."


def lived(fundamental: str) -> str:
    return LIVED.get(fundamental) or f"What do you do to live by {titled('fundamentals', fundamental)}?"


def fundamental_unheard(about: Found, names: Names) -> Worded:
    title = titled("fundamentals", about["fundamental"])
    why = f"{title} is one of the Fundamentals. As far as we have read, nothing that they sent speaks to it."
    return lived(about["fundamental"]), why


def heard_last(about: Found, names: Names) -> Worded:
    return f"What has changed since {day(about['last'])}?", "That is when we last heard from them."


# By what nothing was said of: the question, and how the reason goes on.
UNSAID = {
    "activity": ("What are you doing now to keep the promise?", "tells of work under way"),
    "barrier": ("What gets in your way?", "says what gets in their way"),
    "commitment": ("What do you mean to do next, and by when?", "tells of a plan"),
    "support-needed": ("What help do you need, and from whom?", "asks for help"),
    "offer": ("What could others learn or borrow from you?", "offers help to others"),
}


def unsaid(about: Found, names: Names) -> Worded:
    words, what = UNSAID[about["kind"]]
    if not about["heard"]:
        return words, "Nothing of theirs has been read yet."
    return words, f"As far as we have read, nothing that they sent {what}."


# -- Parts of sentences ----------------------------------------------------------------------------------


def titled(family: str, label: str) -> str:
    return f"“{plan.title(family, label)}”"


def action(about: Found) -> str:
    return titled("actions", about["action"])


def topic(about: Found) -> str:
    if "action" in about:
        return f" on {action(about)}"
    return f" on {titled('priority_areas', about['area'])}" if "area" in about else ""


def others(about: Found, names: Names) -> str:
    return " and ".join(names[id] for id in about["organisations"])


def one_alone(about: Found) -> bool:
    return len(about["organisations"]) == 1


def how_many(number: int, what: str) -> str:
    return f"one {what}" if number == 1 else f"{number} {what}s"


def day(written: str) -> str:
    return dates.in_words(dates.date.fromisoformat(written))


WORDS: dict[str, Callable[[Found, Names], Worded]] = {
    "overdue": overdue,
    "lead-is-silent": lead_is_silent,
    "not-said-again": not_said_again,
    "in-the-way": in_the_way,
    "planned-against-a-barrier": planned_against_a_barrier,
    "need-that-others-meet": need_that_others_meet,
    "stale": stale,
    "not-begun": not_begun,
    "undated": undated,
    "needed-and-offered": needed_and_offered,
    "offer-that-others-need": offer_that_others_need,
    "need-that-nobody-meets": need_that_nobody_meets,
    "others-lead": others_lead,
    "offer-that-nobody-takes": offer_that_nobody_takes,
    "old-source": old_source,
    "concern-without-action": concern_without_action,
    "fundamental-missing": fundamental_missing,
    "unsaid": unsaid,
    "fundamental-unheard": fundamental_unheard,
    "heard-last": heard_last,
}
