"""Changing the codebook: what a change would do, told before it is done; and doing it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from collector.database import now
from collector.findings import blind, concerned
from collector.findings.concerned import SETTLE, Counted, Labels
from collector.frameworks import codebooks, plan, walks
from collector.frameworks.models import CodebookVersion, Walk
from collector.review import steps
from forms.codebook import Codebook, CodeRef
from forms.codebook_changes import AREAS, Change, Changed, Fate, How, changed


@dataclass(frozen=True)
class Effect:
    """What becomes of one code, and of what is coded with it."""

    code: CodeRef
    title: str
    how: How
    into: tuple[str, ...]  # titles: of codes, or of the priority area that an action moves to
    counted: Counted


@dataclass(frozen=True)
class Preview:
    """What a change would do to all that is coded."""

    book: Codebook
    effects: tuple[Effect, ...]
    added: tuple[str, ...]  # titles
    labels: list[tuple[str, str]]  # that would mean something else
    counted: Counted  # all together
    findings: int
    blind: int  # passages that are coded blind now, of which nothing is counted here
    to_settle: int
    second_look: int


def preview(session: Session, made: Changed) -> Preview:
    after = plan.as_if(made.codebook, made.mapping, now())
    before = plan.book()
    labels = plan.concerned(after)
    new = [tuple(ref) for ref in made.mapping.added if ref not in plan.held().gone]
    if not concerned.total(session, new):  # as good as always: there was no such code to code with
        labels = [label for label in labels if label not in new]
    effects = tuple(
        Effect(
            fate.code,
            before.code(fate.code).title,
            fate.how,
            titles_after(made.codebook, fate),
            concerned.counted(session, plan.meaning(*fate.code)),
        )
        for fate in made.mapping.changed
    )
    return Preview(
        book=made.codebook,
        effects=effects,
        added=tuple(made.codebook.code(ref).title for ref in made.mapping.added),
        labels=labels,
        counted=concerned.counted(session, labels),
        findings=concerned.findings(session, labels),
        blind=blind.number_open(session),
        to_settle=concerned.total(session, labels),
        second_look=concerned.to_look_at_again(session, labels, after),
    )


def titles_after(book: Codebook, fate: Fate) -> tuple[str, ...]:
    areas = [book.code(ref).priority_area for ref in fate.into] if fate.how is How.MOVED else []
    refs = [CodeRef(AREAS, area) for area in areas if area] or fate.into
    return tuple(book.code(ref).title for ref in refs)


def preview_of(session: Session, changes: Sequence[Change]) -> Preview:
    """ChangeRefused where they cannot be made."""
    return preview(session, changed(plan.book(), *changes))


def apply(
    session: Session,
    changes: Sequence[Change],
    *,
    on: int,
    staff_id: int,
    why: str,
    key: str | None = None,
    take_back: bool = False,
) -> tuple[CodebookVersion, Walk | None]:
    """Make the version, and the walk that settles what it concerns where there is any. The caller commits.

    Sent twice with one key, it is done once. Returns the version and the walk.
    """
    why = steps.checked(why, "Say why the codebook is changed")
    same = {"on": on, "staff_id": staff_id, "why": why, "key": key}
    row = codebooks.take_back(session, **same) if take_back else codebooks.change(session, changes, **same)
    walk = walks.latest(session, what=SETTLE, number=row.number)
    if walk is None and (labels := plan.concerned(plan.read(session, None))):
        walk = settle_anew(session, labels, number=row.number)
    return row, walk


def settle_anew(session: Session, labels: Labels, **of_what: int) -> Walk:
    total = concerned.total(session, labels)
    return walks.begin(session, what=SETTLE, labels=[list(one) for one in labels], total=total, **of_what)
