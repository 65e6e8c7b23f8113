"""How many organisations say what, in the words of a report on many: to staff and the Board as it was counted, to
anybody only what people decided, without numbers that are small enough to tell who it was."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from collector.findings import estimates, small_numbers
from collector.findings.estimates import Said
from collector.findings.small_numbers import SMALL
from collector.frameworks import plan
from collector.how_many import plural
from collector.profiles import area_counts
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
ACTION_KIND, AREA_KIND, ACTION_THEME = (
    estimates.both(ACTIONS, KINDS),
    estimates.both(AREAS, KINDS),
    estimates.both(ACTIONS, THEMES),
)

Groups = Mapping[str, Mapping[Any, Told]]
Key = tuple[str, Hashable]


class ForStaff:
    """To the Board too. Counted is what people decided, or the range that holds the truth where the blind sample gives
    one; what a machine alone suggests stands beside it and is not counted."""

    tells_numbers = True
    method = (
        "Counted are organisations of which a person has read and confirmed what a statement is about, or which said so"
        " themselves by where they wrote it. “6 (+2)”: a machine suggests it of 2 more. It may be wrong, and they are"
        " not counted.",
    )
    of_actions = "organisations, and in brackets how many more a machine suggests"

    def __init__(self, answered: int) -> None:
        self.answered = answered

    def said(self, one: Told) -> Said:
        return one.truly or estimates.said(one.cell, self.answered, None)

    def who(self, one: Told) -> str:
        """ "9 organisations (+5 suggested) and 2 individuals" """
        parts = [self.organisations(one)] if one.said else []
        individuals, others = sum(key > 0 for key in one.others), sum(key < 0 for key in one.others)
        parts += [plural(individuals, "individual")] if individuals else []
        parts += [plural(others, "meeting or other source", "meetings or other sources")] if others else []
        return joined(parts)

    def are_several(self, one: Told) -> bool:
        if one.said and one.others:
            return True
        return self.are_several_organisations(one) if one.said else len(one.others) > 1

    def organisations(self, one: Told) -> str:
        said = self.said(one)
        if said.corrected and said.low != said.high:
            return f"between {said.low:,} and {said.high:,} organisations"
        suggested = f" (+{said.suggested:,} suggested)" if said.suggested and not said.corrected else ""
        return f"{plural(said.low, 'organisation')}{suggested}"

    def are_several_organisations(self, one: Told) -> bool:
        said = self.said(one)
        return (said.low, said.high) != (1, 1)

    def number(self, one: Told) -> str:
        """ "9 (+5)", "6 to 9", "0" """
        return area_counts.in_short(self.said(one))

    cell = number

    def beside(self, title: str, one: Told) -> str:
        return f"{title} {self.number(one)}"

    def rank(self, one: Told) -> tuple[int, int]:
        """By which what is most widely shared comes first: what is known before what is suggested."""
        said = self.said(one)
        return said.low, said.suggested

    def is_wide(self, one: Told) -> bool:
        """That it may be called one of those that are most widely shared."""
        return self.said(one).low > 0

    def is_suggested(self, one: Told) -> bool:
        """That a machine alone says it."""
        return bool(one.said) and not self.is_wide(one)

    def suggested(self, one: Told) -> str:
        return plural(self.said(one).suggested, "organisation")


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

    def beside(self, title: str, one: Told) -> str:
        return f"{title} ({self.number(one)})"

    def rank(self, one: Told) -> tuple[int, int]:
        """By what is told and no more: the order of numbers that are not told would tell them."""
        return (one.number.low if one.number else 0), 0

    def is_wide(self, one: Told) -> bool:
        return self.rank(one) >= (SMALL, 0)

    def is_suggested(self, one: Told) -> bool:
        """What nobody has checked is not told of anybody as what is widely shared."""
        return False


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
