"""What statements are read against, as every page and verb of the service uses it: the plan as its codebook is now,
and the frames beside it.

Held in the memory of each process. `look` asks at the start of a page, and `hold` in every transaction that settles
labels, with one indexed query, whether it is the newest still: docs/decisions/0016-a-codebook-that-changes.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

from sqlmodel import Session, col, select

from collector.database import Database, together
from collector.frameworks.models import CodebookVersion, Frame, FrameReader, PlanChange
from forms import codebook as codebooks
from forms.codebook import Codebook, CodeRef
from forms.codebook_changes import Fate, How
from forms.codebook_changes import Mapping as Became
from forms.coding_frame import CodingFrame
from forms.framework import Framework, Label

SLUG = "plan-21-24"
# The lock that whoever settles labels shares, and whoever changes what they are settled by has alone.
LOCK = "what statements are read against"
OF_FRAMES = "frame-"  # what the family of a frame begins with

OF_THE_PLAN = {
    "priority_areas": "Priority area",
    "actions": "Action",
    "fundamentals": "Fundamental",
    "kinds": "Kind",
    "barrier_themes": "Barrier theme",
}


@dataclass(frozen=True)
class Meant:
    """What a label means now. Of one that was split: any of `into`, to be looked at again."""

    how: How
    into: tuple[CodeRef, ...]
    since: datetime | None = None  # when it last came to mean that


class Plan(Framework):
    """The plan with the codes of its codebook; the codes of frames are families beside its own."""

    frames: tuple[tuple[str, tuple[Label, ...]], ...] = ()

    @cached_property
    def _by_id(self) -> dict[str, dict[str, Label]]:
        beside = {family: {label.id: label for label in labels} for family, labels in self.frames}
        return super()._by_id | beside


@dataclass(frozen=True)
class Reading:
    """What the process holds: all of it at one moment, and never changed."""

    stamp: tuple[int, datetime] | None
    book: Codebook
    steps: list[tuple[Became, datetime]]  # from each version to the next
    plan: Plan
    words: dict[str, str]  # what each family is called
    meant: dict[CodeRef, Meant]  # of labels that are codes no longer
    joined: dict[CodeRef, datetime] = field(default_factory=dict)  # of codes that others became: when they last did
    gone: dict[CodeRef, str] = field(default_factory=dict)  # what they were called
    # Of each frame's family, by the model that is in use: how it suggests, and from how many examples of each code.
    readers: dict[str, FrameReader] = field(default_factory=dict)
    frames: dict[str, CodingFrame] = field(default_factory=dict)


@cache
def shipped() -> Reading:
    """Before anybody has changed anything."""
    return reading_of(None, codebooks.load(SLUG), [], [], [])


_held: Reading | None = None


def held() -> Reading:
    return _held or shipped()


def look(database: Database) -> None:
    """Take over what was changed since. To be called where no session is open yet."""
    with database.reading() as session:
        refresh(session)


def hold(session: Session) -> None:
    """As `refresh`; until the commit nobody changes what statements are read against."""
    together(session, LOCK)
    refresh(session)


def refresh(session: Session) -> None:
    global _held
    newest = select(PlanChange.id, PlanChange.done_at).order_by(col(PlanChange.id).desc()).limit(1)
    found = session.exec(newest).first()
    stamp = tuple(found) if found else None
    if stamp != held().stamp:
        _held = read(session, stamp) if stamp else None


def read(session: Session, stamp: tuple[int, datetime] | None) -> Reading:
    """As it stands in the database."""
    versions = session.exec(
        select(CodebookVersion.number, CodebookVersion.mapping, CodebookVersion.made_at).order_by(
            col(CodebookVersion.number)
        )
    ).all()
    newest = session.get(CodebookVersion, versions[-1].number, populate_existing=True) if versions else None
    book = codebooks.of(newest.content) if newest else codebooks.load(SLUG)
    in_use = select(FrameReader).where(col(FrameReader.in_use))
    frames = select(Frame).order_by(col(Frame.id)).execution_options(populate_existing=True)
    readers = list(session.exec(in_use))
    for one in readers:
        session.expunge(one)
    return reading_of(stamp, book, versions, session.exec(frames).all(), readers)


def reading_of(
    stamp: tuple[int, datetime] | None, book: Codebook, versions: Any, rows: Any, readers: list[FrameReader]
) -> Reading:
    steps = [(Became.model_validate(one.mapping), one.made_at) for one in versions if one.mapping]
    frames = {family_of(row.slug): CodingFrame.model_validate(row.content) for row in rows if row.retired_at is None}
    slugs = {row.id: family_of(row.slug) for row in rows}
    return Reading(
        stamp=stamp,
        book=book,
        steps=steps,
        plan=plan_of(codebooks.framework_of(book), frames),
        words=OF_THE_PLAN | {family: frame.title for family, frame in frames.items()},
        meant=meanings(book, steps),
        joined=joined(book, steps),
        gone={one.code: one.title for one in book.gone},
        readers={slugs[one.frame_id]: one for one in readers if slugs[one.frame_id] in frames},
        frames=frames,
    )


def plan_of(framework: Framework, frames: dict[str, CodingFrame]) -> Plan:
    own = {name.replace("_", "-"): getattr(framework, name) for name in Framework.model_fields}
    return Plan.model_validate(own | {"frames": tuple((family, labels_of(one)) for family, one in frames.items())})


def as_if(book: Codebook, step: Became, at: datetime) -> Reading:
    """What would be held if the codebook were changed like this."""
    now_held = held()
    steps = [*now_held.steps, (step, at)]
    return replace(
        now_held,
        book=book,
        steps=steps,
        plan=plan_of(codebooks.framework_of(book), now_held.frames),
        meant=meanings(book, steps),
        joined=joined(book, steps),
        gone={one.code: one.title for one in book.gone},
    )


def labels_of(frame: CodingFrame) -> tuple[Label, ...]:
    return tuple(Label(id=code.id, title=code.title, summary=code.definition) for code in frame.codes)


def family_of(slug: str) -> str:
    return f"{OF_FRAMES}{slug}"


# -- What became of labels ------------------------------------------------------------------------------


def meanings(book: Codebook, steps: list[tuple[Became, datetime]]) -> dict[CodeRef, Meant]:
    """Of every code that an earlier version had and this one has not.

    A code that this one has means itself, whatever happened in between: no id is ever given to another meaning, so what
    was said under a code that was merged means it again when the merging is taken back.
    """
    found: dict[CodeRef, Meant] = {}
    # From the newest step back: what a code became is known then.
    for step, at in reversed(steps):
        for fate in step.fates:
            if fate.code not in book.codes and fate.code not in found:
                found[fate.code] = followed(fate, at, book, found)
    return found


def followed(fate: Fate, at: datetime, book: Codebook, later: dict[CodeRef, Meant]) -> Meant:
    reached = [Meant(How.SAME, (ref,)) if ref in book.codes else later[ref] for ref in fate.into]
    into = tuple(dict.fromkeys(ref for one in reached for ref in one.into))
    since = max((at, *(one.since for one in reached if one.since)))
    order = list(How)
    how = max((fate.how, *(one.how for one in reached if one.into)), key=order.index) if into else How.RETIRED
    # Halves of a code that came together again are one meaning.
    return Meant(How.MERGED if how is How.SPLIT and len(into) == 1 else how, into, since)


def joined(book: Codebook, steps: list[tuple[Became, datetime]]) -> dict[CodeRef, datetime]:
    became = [(ref, at) for step, at in steps for one in step.fates for ref in one.into if ref != one.code]
    return {ref: at for ref, at in became if ref in book.codes}


def meant(family: str, label: str, reading: Reading | None = None) -> Meant:
    """What this label of a finding or a decision means now. One that nobody knows stays what it is.

    Of a frame that was retired no label means anything any more.
    """
    known_by, ref = reading or held(), CodeRef(family, label)
    if family.startswith(OF_FRAMES) and family not in known_by.frames:
        return Meant(How.RETIRED, ())
    return known_by.meant.get(ref) or Meant(How.SAME, (ref,))


def any_split() -> bool:
    return any(one.how is How.SPLIT for one in held().meant.values())


def joined_at(family: str, code: str) -> datetime | None:
    """When others last became this code."""
    return held().joined.get(CodeRef(family, code))


def concerned(after: Reading) -> list[tuple[str, str]]:
    """The labels that mean something else in `after` than now, or the same under another priority area."""
    before = held()
    labels = dict.fromkeys((*before.book.codes, *before.meant, *after.book.codes, *after.meant))
    return [tuple(ref) for ref in labels if told(ref, before) != told(ref, after)]


def told(ref: CodeRef, reading: Reading) -> Any:
    one = meant(*ref, reading)
    codes = [(to, reading.book.codes[to].priority_area) for to in one.into if to in reading.book.codes]
    return one.how is How.SPLIT, codes


def meaning(family: str, code: str) -> list[tuple[str, str]]:
    """All labels that mean this code now, itself first."""
    ref = CodeRef(family, code)
    return [(family, code), *(tuple(old) for old, one in held().meant.items() if ref in one.into)]


def now_called(family: str, label: str) -> str | None:
    """The one code that a label is now; nothing where it became several or none."""
    found = meant(family, label)
    return found.into[0].id if len(found.into) == 1 and known(*found.into[0]) else None


# -- The plan as it is now ------------------------------------------------------------------------------


def book() -> Codebook:
    return held().book


def current() -> Plan:
    return held().plan


def by_id(family: str) -> Mapping[str, Label]:
    return MappingProxyType(current()._by_id.get(family, {}))


def known(family: str, label: str) -> bool:
    return label in by_id(family)


def title(family: str, label: str) -> str:
    """The label's name; of one that is gone what it was called, or its id in words."""
    if found := by_id(family).get(label):
        return found.title
    return held().gone.get(CodeRef(family, label)) or label.replace("-", " ").capitalize()


def area_of(action: str) -> str | None:
    found = by_id("actions").get(action)
    return found.priority_area if found else None


class Families(Mapping[str, str]):
    """What each family is called: those of the plan, then the frames in the order they were added."""

    def __getitem__(self, family: str) -> str:
        # What was said under a frame that was retired can still be read.
        if family.startswith(OF_FRAMES) and family not in held().words:
            return family.removeprefix(OF_FRAMES).replace("-", " ").capitalize()
        return held().words[family]

    def __iter__(self) -> Iterator[str]:
        return iter(held().words)

    def __len__(self) -> int:
        return len(held().words)


FAMILY_WORDS = Families()


def place_of(family: str) -> int:
    """Where a family stands among others."""
    order = list(FAMILY_WORDS)
    return order.index(family) if family in order else len(order)


# -- Frames beside it -----------------------------------------------------------------------------------


def frame_models() -> list[str]:
    """The versions of the frames' readers in use: what they found counts, beside what the plan's model did."""
    return [one.model for one in held().readers.values()]


def how_suggested(family: str, label: str) -> str:
    """What a suggestion of a frame's code was made from, in words; nothing for the plan, whose model was trained."""
    reader, frame = held().readers.get(family), held().frames.get(family)
    if reader is None or frame is None:
        return ""
    if reader.how == "learned":
        return f"Learned from {reader.examples:,} decisions"
    number = next((len(code.examples) for code in frame.codes if code.id == label), 0)
    return f"Suggested from {examples_in_words(number)}"


def examples_in_words(number: int) -> str:
    return "the definition alone" if number == 0 else "1 example" if number == 1 else f"{number} examples"
