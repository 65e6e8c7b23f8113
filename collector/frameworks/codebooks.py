"""The codebook in the product: its versions, and how one more is made. No version is ever edited."""

from collections.abc import Callable, Sequence

from sqlmodel import Session, col, select

from collector.database import now, one_at_a_time
from collector.frameworks import plan
from collector.frameworks.models import CodebookVersion, PlanChange
from forms import codebook as codebooks
from forms.codebook import Codebook
from forms.codebook_changes import CHANGES, Change, Changed, ChangeRefused, Mapping, changed, taken_back

__all__ = ["ChangeRefused", "Overtaken"]


class Overtaken(Exception):
    """Others have changed the codebook since the page was opened that this change was typed on."""


def change(
    session: Session, changes: Sequence[Change], *, on: int, staff_id: int, why: str, key: str | None = None
) -> CodebookVersion:
    """Make one more version with these changes, which were typed on version `on`. The caller commits.

    To be called with nothing held yet. ChangeRefused where they cannot be made, Overtaken where others were quicker.
    """
    return keep(
        session,
        lambda: changed(plan.book(), *changes),
        on=on,
        staff_id=staff_id,
        why=why,
        key=key,
        changes=[CHANGES.dump_python(one, mode="json", by_alias=True) for one in changes],
    )


def take_back(session: Session, *, on: int, staff_id: int, why: str, key: str | None = None) -> CodebookVersion:
    """Make one more version with the content of the one before `on`, the newest. As `change` in all else."""
    return keep(session, lambda: back(session, on), on=on, staff_id=staff_id, why=why, key=key, takes_back=on)


def back(session: Session, number: int) -> Changed:
    """What taking back this version, the newest, would give; ChangeRefused for the first."""
    row = session.get(CodebookVersion, number)
    if row is None or row.mapping is None:
        raise ChangeRefused("Nothing was changed yet that could be taken back")
    return taken_back(version(session, number - 1), plan.book(), Mapping.model_validate(row.mapping))


def keep(
    session: Session,
    make: Callable[[], Changed],
    *,
    on: int,
    staff_id: int,
    why: str,
    key: str | None,
    changes: Sequence[object] = (),
    takes_back: int | None = None,
) -> CodebookVersion:
    one_at_a_time(session, plan.LOCK)
    plan.refresh(session)
    if before := done_before(session, key):
        return before
    if plan.book().version != on:
        raise Overtaken
    if session.get(CodebookVersion, on) is None:
        first = plan.book()
        session.add(CodebookVersion(number=first.version, content=first.content(), changes=[]))
        session.flush()
    made = make()
    row = CodebookVersion(
        number=made.codebook.version,
        content=made.codebook.content(),
        changes=list(changes),
        mapping=made.mapping.model_dump(mode="json", by_alias=True),
        takes_back=takes_back,
        why=why,
        made_by=staff_id,
        key=key or None,
    )
    session.add(row)
    note(session, "codebook", number=row.number, staff_id=staff_id, why=why)
    return row


def done_before(session: Session, key: str | None) -> CodebookVersion | None:
    """The version that this form led to already, where it was sent before and the answer was lost on the way."""
    return session.exec(select(CodebookVersion).where(CodebookVersion.key == key)).first() if key else None


def note(
    session: Session,
    what: str,
    *,
    number: int | None = None,
    frame_id: int | None = None,
    staff_id: int | None = None,
    why: str = "",
) -> None:
    """Tell all processes that what statements are read against is another now."""
    change = PlanChange(what=what, number=number, frame_id=frame_id, staff_id=staff_id, why=why, done_at=now())
    session.add(change)
    session.flush()


# -- Versions ---------------------------------------------------------------------------------------


def version(session: Session, number: int) -> Codebook:
    """LookupError where there is none of this number."""
    if row := session.get(CodebookVersion, number):
        return codebooks.of(row.content)
    if number == plan.shipped().book.version and not rows(session):
        return plan.shipped().book
    raise LookupError(f"There is no version {number} of the codebook")


def rows(session: Session) -> list[CodebookVersion]:
    """All that are kept, newest first; none before the first change."""
    return list(session.exec(select(CodebookVersion).order_by(col(CodebookVersion.number).desc())))


def since(session: Session, number: int) -> list[CodebookVersion]:
    """Those that came after this one, oldest first."""
    later = select(CodebookVersion).where(col(CodebookVersion.number) > number)
    return list(session.exec(later.order_by(col(CodebookVersion.number))))
