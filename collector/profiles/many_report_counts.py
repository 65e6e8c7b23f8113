"""How many organisations say what, in the words of a report on many: to staff and the Board as it was counted, to
anybody only what people decided, without numbers that are small enough to tell who it was."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from collector.findings import small_numbers
from collector.findings.small_numbers import SMALL
from collector.frameworks import plan
from collector.how_many import plural
from collector.profiles import many
from collector.profiles.many import Told
from collector.profiles.report_parts import joined

ACTIVITY, PLANNED, BARRIER = "activity", "commitment", "barrier"
NEED, OFFER, LEARNED = "support-needed", "offer", "learning"
# What one organisation and what several do that say something of a kind.
SAYS = {
    ACTIVITY: ("says what it does", "say what they do"),
    PLANNED: ("states a plan or commitment", "state plans or commitments"),
    BARRIER: ("says what gets in the way", "say what gets in the way"),
    NEED: ("needs help", "need help"),
    OFFER: ("offers help", "offer help"),
    LEARNED: ("tells what it learned", "tell what they learned"),
    "idea": ("puts forward an idea", "put forward ideas"),
}
# What is counted: labels, and two of them at once.
ACTIONS, AREAS, KINDS, THEMES = "actions", "priority_areas", "kinds", "barrier_themes"
FUNDAMENTALS = "fundamentals"
ACTION_KIND, AREA_KIND, ACTION_THEME = f"{ACTIONS} {KINDS}", f"{AREAS} {KINDS}", f"{ACTIONS} {THEMES}"

Groups = Mapping[str, Mapping[Any, Told]]
Key = tuple[str, Hashable]


class ForStaff:
    """To the Board too."""

    tells_numbers = True
    method = (
        "“Decided by people” counts organisations of which a person has read and confirmed what a statement is about,"
        " or which said so themselves by where they wrote it. Of the others a machine suggests it, and may be wrong.",
    )
    of_actions = "organisations, and in brackets those of them by what people decided"

    def who(self, one: Told) -> str:
        """ "14 organisations (9 decided by people, 5 suggested by a machine) and 2 individuals" """
        parts = [f"{plural(len(one.said), 'organisation')} ({many.standing_of(one)})"] if one.said else []
        individuals, others = sum(key > 0 for key in one.others), sum(key < 0 for key in one.others)
        parts += [plural(individuals, "individual")] if individuals else []
        parts += [plural(others, "meeting or other source", "meetings or other sources")] if others else []
        return joined(parts)

    def are_several(self, one: Told) -> bool:
        return len(one.said) + len(one.others) > 1

    def organisations(self, one: Told) -> str:
        return plural(len(one.said), "organisation")

    def are_several_organisations(self, one: Told) -> bool:
        return len(one.said) != 1

    def number(self, one: Told) -> str:
        return f"{len(one.said):,}"

    def cell(self, one: Told) -> str:
        return f"{len(one.said):,} ({len(one.decided):,})" if one.said else "0"

    def rank(self, one: Told) -> int:
        """By which what is most widely shared comes first."""
        return len(one.said)

    def is_wide(self, one: Told) -> bool:
        """That it may be called one of those that are most widely shared."""
        return bool(one.said)


class ForAnybody:
    """Organisations by what people decided, of those that may be named. That a machine suggests more is told, and that
    individuals say it; how many is not. Where few organisations may be named, no number of them is told at all."""

    of_actions = "organisations that may be named, by what people decided"

    def __init__(self, answered: int) -> None:
        self.tells_numbers = answered >= SMALL
        self.method = small_numbers.HOW_TOLD if self.tells_numbers else (small_numbers.TOO_FEW,)

    def who(self, one: Told) -> str:
        """ "6 organisations (decided by people; a machine suggests more) and individuals" """
        parts = [f"{self.organisations(one)} ({self.standing_of(one)})"] if one.said else []
        return joined([*parts, *(["individuals"] if one.others else [])])

    def standing_of(self, one: Told) -> str:
        if not one.decided:
            return "suggested by a machine alone"
        return "decided by people; a machine suggests more" if one.said - one.decided else "decided by people"

    def are_several(self, one: Told) -> bool:
        """Also where it is one: that is not told."""
        return True

    are_several_organisations = are_several

    def organisations(self, one: Told) -> str:
        return f"{self.number(one)} organisations"

    def number(self, one: Told) -> str:
        if one.decided and one.number:
            return one.number.words()
        return "some" if one.said else "0"

    def cell(self, one: Told) -> str:
        number = one.number.words() if one.number else "0"
        return f"{number} (+)" if one.said - one.decided else number

    def rank(self, one: Told) -> int:
        """By what is told and no more: the order of numbers that are not told would tell them."""
        return one.number.low if one.number else 0

    def is_wide(self, one: Told) -> bool:
        return self.rank(one) >= SMALL


def for_anybody(groups: Groups, answered: int) -> dict[Key, small_numbers.Told]:
    """Each number of all that a report tells, so that none that is small follows from others."""
    numbers = {(what, label): len(one.decided) for what, group in groups.items() for label, one in group.items()}
    return small_numbers.told(numbers, answered, wider=wider(numbers))


def wider(keys: Iterable[Key]) -> dict[Key, list[Key]]:
    """What is in which number, the inner first."""
    found: dict[Key, list[Key]] = defaultdict(list)
    for what, label in keys:
        for outer in outside(what, label):
            found[outer].append((what, label))
    return {key: found[key] for key in sorted(found, key=lambda one: (ORDER.index(one[0]), str(one[1])))}


ORDER = (ACTION_KIND, AREA_KIND, THEMES, KINDS, AREAS)


def outside(what: str, label: Any) -> Iterator[Key]:
    """What is on an action is on its priority area too, and the themes that are told with what gets in the way of an
    action are read as parts of that."""
    if what == ACTIONS:
        yield AREAS, plan.area_of(label)
    elif what == ACTION_THEME:
        action, theme = label
        area = plan.area_of(action)
        yield from ((ACTION_KIND, (action, BARRIER)), (AREA_KIND, (area, BARRIER)), (THEMES, theme), (AREAS, area))
    elif what == ACTION_KIND:
        action, kind = label
        area = plan.area_of(action)
        yield from ((AREA_KIND, (area, kind)), (KINDS, kind), (AREAS, area))
    elif what == AREA_KIND:
        area, kind = label
        yield from ((KINDS, kind), (AREAS, area))
