"""What is worth asking an organisation: rules that find what is late, fits ill together, is old or is missing.

Each gives what it found, best first: `about` in labels, numbers, days and ids, with the statements and items it rests
on. `question_words` says it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from collector import dates
from collector.frameworks import plan
from collector.intake import rounds
from collector.profiles.promises import COMMITMENT
from collector.profiles.statements import ACTION, NO_AREA, Item, Told

ACTIVITY, BARRIER, NEED, OFFER = "activity", "barrier", "support-needed", "offer"
CITED = 5
STALE = timedelta(days=365)  # since anything was heard
OLD = timedelta(days=548)  # a year and a half: of one source among newer ones
ENOUGH = 5  # statements of what they do or plan, before what none of them speaks to says anything
NAMED = 2  # others, in one question

Found = dict[str, Any]
Topic = tuple[str, str]  # family and label
# By kind and action: other organisations that say it, each with one of its statements.
Elsewhere = Mapping[tuple[str, str], Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class Held:
    """What a rule looks at. `elsewhere` has only what was looked up; `led_by`, by action, other organisations.

    `unquotable`: statements by id and items by key that may not be shown. They count, and a question shows others.
    """

    told: Sequence[Told]
    items: Sequence[Item]
    leads: Sequence[str] = ()  # actions
    led_by: Mapping[str, Sequence[int]] = field(default_factory=dict)
    elsewhere: Elsewhere = field(default_factory=dict)
    since: Mapping[str, Any] | None = None  # what is said otherwise than in the round before
    unquotable: Collection[Any] = ()

    @cached_property
    def in_order(self) -> list[Told]:
        """Those first that may be shown: a question shows the first few that it rests on."""
        return sorted(self.told, key=lambda one: one.id in self.unquotable)

    def may_be_asked(self, question: Found) -> bool:
        """Whether something that it rests on may be shown; a gap rests on nothing."""
        rests_on = [*question["statements"], *map(tuple, question["items"])]
        return not rests_on or any(one not in self.unquotable for one in rests_on)

    @cached_property
    def by_kind(self) -> dict[str, dict[str, list[int]]]:
        """Ids of statements by kind and action. What was listed one by one counts by its words too."""
        found: dict[str, dict[str, list[int]]] = {kind: {} for kind in (ACTIVITY, BARRIER, COMMITMENT, NEED, OFFER)}
        for one in self.in_order:
            for kind in one.labels["kinds"].keys() & found.keys():
                for action in one.labels["actions"]:
                    found[kind].setdefault(action, []).append(one.id)
        return found

    @cached_property
    def spoken(self) -> set[str]:
        return {action for one in self.told for action in one.labels["actions"]}

    @cached_property
    def planned(self) -> list[Item | Told]:
        """Each once: a statement that is an item's words is told by the item."""
        listed = [one for one in self.items if one.kind == COMMITMENT]
        listed.sort(key=lambda one: one.key in self.unquotable)
        return [*listed, *(one for one in self.in_order if COMMITMENT in one.kinds())]

    def is_shown(self, one: Item | Told) -> bool:
        return (one.key if isinstance(one, Item) else one.id) not in self.unquotable

    @cached_property
    def of_items(self) -> dict[tuple[str, str], list[Told]]:
        found: dict[tuple[str, str], list[Told]] = {}
        for one in self.told:
            if one.item:
                found.setdefault(one.item, []).append(one)
        return found

    def topic(self, one: Item | Told) -> Topic | None:
        """What it is on: an action where there is one, else a priority area."""
        words = self.of_items.get(one.key[1:], []) if isinstance(one, Item) else [one]
        if actions := {action for each in words for action in each.labels["actions"]}:
            return ACTION, in_plan(actions)[0]
        areas = one.areas if isinstance(one, Item) else one.labels["priority_areas"]
        known = [area for area in sorted(areas) if area != NO_AREA]
        return ("priority_areas", known[0]) if known else None


def in_plan(actions: Any) -> list[str]:
    """In the order of the plan; first those that most is said of, where that is told."""
    order = {one.id: at for at, one in enumerate(plan.current().actions)}
    weight = {action: -len(ids) for action, ids in actions.items()} if isinstance(actions, Mapping) else {}
    return sorted(actions, key=lambda one: (weight.get(one, 0), order.get(one, len(order)), one))


def found(about: Found, statements: Sequence[int] = (), items: Sequence[Item] = ()) -> Found:
    cited = [list(one.key) for one in items[:CITED]]
    return {"about": about, "items": cited, "statements": list(dict.fromkeys(statements))[:CITED]}


def resting_on(about: Found, planned: Sequence[Item | Told]) -> Found:
    items = [one for one in planned if isinstance(one, Item)]
    return found(about, [one.id for one in planned if isinstance(one, Told)], items)


# -- What was planned ------------------------------------------------------------------------------------


def overdue(held: Held) -> Iterator[Found]:
    """The longest overdue of what was planned; what was said to be done or withdrawn since is no item any more."""
    today = rounds.local_date()
    late = sorted((one for one in held.planned if one.due_to and one.due_to < today), key=lambda one: one.due_to)
    if late:
        first = next(filter(held.is_shown, late), late[0])
        about = {"due": first.due_to.isoformat(), "number": len(late), "listed": isinstance(first, Item)}
        yield resting_on({**about, **on(held.topic(first))}, [first])


def undated(held: Held) -> Iterator[Found]:
    planned: dict[Topic | None, list[Item | Told]] = {}
    for one in held.planned:
        planned.setdefault(held.topic(one), []).append(one)
    open_ = {topic: [one for one in all_ if not is_dated(one)] for topic, all_ in planned.items()}
    for topic in sorted(open_, key=lambda one: (-len(open_[one]), one or ())):
        if without := open_[topic]:
            yield resting_on({"number": len(without), "of": len(planned[topic]), **on(topic)}, without)


def is_dated(one: Item | Told) -> bool:
    return one.dated if isinstance(one, Told) else one.due_to is not None or one.due_from is not None


def not_begun(held: Held) -> Iterator[Found]:
    plans = held.by_kind[COMMITMENT]
    for action in in_plan({one: ids for one, ids in plans.items() if one not in held.by_kind[ACTIVITY]}):
        yield found({"action": action, "number": len(plans[action])}, plans[action])


def on(topic: Topic | None) -> Found:
    """An action is told as such: two questions are better not on the same one."""
    if topic is None:
        return {}
    family, label = topic
    return {"action": label} if family == ACTION else {"area": label}


# -- What fits ill together ------------------------------------------------------------------------------


def not_said_again(held: Held) -> Iterator[Found]:
    """Work of the round before of which nothing was said since."""
    dropped = (held.since or {}).get(ACTION, {}).get("not-again", {})
    work = {action: [one for one in held.in_order if does_or_plans(one, action)] for action in dropped}
    for action in in_plan({action: done for action, done in work.items() if done}):
        last = max(one.received_at for one in work[action])
        if not any(action in one.labels["actions"] and one.received_at > last for one in held.told):
            about = {"action": action, "last": dates.local_day(last).isoformat()}
            yield found(about, [one.id for one in work[action]])


def does_or_plans(one: Told, action: str) -> bool:
    return action in one.labels["actions"] and bool(one.labels["kinds"].keys() & {ACTIVITY, COMMITMENT})


def in_the_way_unanswered(held: Held) -> Iterator[Found]:
    barriers = held.by_kind[BARRIER]
    answered = held.by_kind[COMMITMENT].keys() | held.by_kind[NEED].keys()
    for action in in_plan({one: ids for one, ids in barriers.items() if one not in answered}):
        yield found({"action": action, "number": len(barriers[action])}, barriers[action])


def planned_against_a_barrier(held: Held) -> Iterator[Found]:
    plans, barriers = held.by_kind[COMMITMENT], held.by_kind[BARRIER]
    for action in in_plan({one: ids for one, ids in barriers.items() if one in plans}):
        about = {"action": action, "plans": len(plans[action]), "barriers": len(barriers[action])}
        yield found(about, [*barriers[action][:2], *plans[action][:2]])


def needed_and_offered(held: Held) -> Iterator[Found]:
    needs, offers = held.by_kind[NEED], held.by_kind[OFFER]
    for action in in_plan(needs.keys() & offers.keys()):
        yield found({"action": action}, [needs[action][0], offers[action][0]])


# -- Beside others ---------------------------------------------------------------------------------------


def lead_is_silent(held: Held) -> Iterator[Found]:
    for action in held.leads:
        if action not in held.spoken:
            yield found({"action": action})


def others_lead(held: Held) -> Iterator[Found]:
    does = held.by_kind[ACTIVITY]
    for action in in_plan({one: ids for one, ids in does.items() if one in held.led_by and one not in held.leads}):
        about = {"action": action, "number": len(does[action]), "organisations": list(held.led_by[action][:NAMED])}
        yield found(about, does[action])


def need_that_others_meet(held: Held) -> Iterator[Found]:
    yield from met(held, NEED, OFFER)


def offer_that_others_need(held: Held) -> Iterator[Found]:
    yield from met(held, OFFER, NEED)


def met(held: Held, own: str, theirs: str) -> Iterator[Found]:
    said = held.by_kind[own]
    for action in in_plan(said):
        if others := held.elsewhere.get((theirs, action)):
            about = {"action": action, "organisations": [id for id, _ in others[:NAMED]], "more": len(others) > NAMED}
            yield found(about, [*said[action][:2], *(id for _, id in others[:NAMED])])


def need_that_nobody_meets(held: Held) -> Iterator[Found]:
    yield from unmet(held, NEED, OFFER)


def offer_that_nobody_takes(held: Held) -> Iterator[Found]:
    yield from unmet(held, OFFER, NEED)


def unmet(held: Held, own: str, theirs: str) -> Iterator[Found]:
    said = held.by_kind[own]
    for action in in_plan({one: ids for one, ids in said.items() if held.elsewhere.get((theirs, one)) == []}):
        yield found({"action": action}, said[action])


# -- What is old -----------------------------------------------------------------------------------------


def stale(held: Held) -> Iterator[Found]:
    last = last_heard(held)
    if last and last < rounds.local_date() - STALE:
        yield found({"last": last.isoformat()})


def old_source(held: Held) -> Iterator[Found]:
    """The oldest of the sources that count still, where they were heard from since."""
    oldest, today = min(held.told, key=lambda one: one.received_at, default=None), rounds.local_date()
    if oldest and (day := dates.local_day(oldest.received_at)) < today - OLD and last_heard(held) >= today - STALE:
        of_it = [one.id for one in held.in_order if one.source_id == oldest.source_id]
        yield found({"day": day.isoformat(), "number": len(of_it)}, of_it)


def last_heard(held: Held) -> date | None:
    return max((dates.local_day(one.received_at) for one in held.told), default=None)


# -- What is missing -------------------------------------------------------------------------------------


def concern_without_action(held: Held) -> Iterator[Found]:
    """A priority area under which they answered, with nothing said of any of its actions."""
    asked = {area for one in held.told for area, (state, _) in one.labels["priority_areas"].items() if state == "asked"}
    for area in sorted(asked - {plan.area_of(action) for action in held.spoken}):
        said = [one.id for one in held.in_order if area in one.labels["priority_areas"]]
        yield found({"area": area, "number": len(said)}, said)


def fundamental_missing(held: Held) -> Iterator[Found]:
    working = [one for one in held.told if one.kinds().keys() & {ACTIVITY, COMMITMENT}]
    spoken = {label for one in held.told for label in one.labels["fundamentals"]}
    if len(working) >= ENOUGH:
        for one in plan.current().fundamentals:
            if one.id not in spoken:
                yield found({"fundamental": one.id, "number": len(working)})


def unsaid(held: Held) -> Iterator[Found]:
    """What they have said nothing of at all: of work first, then of what would help it on."""
    said = {kind for one in held.told for kind in one.labels["kinds"]} | {one.kind for one in held.items}
    anything = bool(held.told or held.items)
    for kind in (ACTIVITY, BARRIER, COMMITMENT, NEED, OFFER):
        if kind not in said:
            yield found({"kind": kind, "heard": anything})


def fundamental_unheard(held: Held) -> Iterator[Found]:
    """Of whom too little was heard of work for what is missing from it to say anything."""
    spoken = {label for one in held.told for label in one.labels["fundamentals"]}
    if held.told:
        for one in plan.current().fundamentals:
            if one.id not in spoken:
                yield found({"fundamental": one.id})


def heard_last(held: Held) -> Iterator[Found]:
    if last := last_heard(held):
        yield found({"last": last.isoformat()})


Rule = Callable[[Held], Iterator[Found]]

# In the order of what is most worth the time of a meeting.
RULES: dict[str, Rule] = {
    "overdue": overdue,
    "lead-is-silent": lead_is_silent,
    "not-said-again": not_said_again,
    "in-the-way": in_the_way_unanswered,
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
