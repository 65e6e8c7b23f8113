"""Other frameworks beside the plan: added from a file, read by a reader of their own, retired. None is ever edited."""

from sqlmodel import Session, col, func, select, update

from collector.database import now, one_at_a_time
from collector.frameworks import codebooks, plan, walks
from collector.frameworks.models import Frame, FrameReader, Walk
from forms import coding_frame
from forms.coding_frame import CodingFrame

READ = "frame"  # what the walk is that has passages read
LOCAL_PLANS = "local-plans"  # the questions that come with the service
FEWEST_CODES = 2  # a code is told by what the others are not


class CannotAdd(ValueError):
    """Why a frame cannot be added and what to do."""


def check(session: Session, frame: CodingFrame) -> None:
    if len(frame.codes) < FEWEST_CODES:
        raise CannotAdd("Add a second code: a statement is given a code by what sets it apart from the others")
    if session.exec(select(Frame.id).where(Frame.slug == frame.slug)).first():
        raise CannotAdd("A framework of this name is there already. Give this one another name")


def of_local_plans(session: Session) -> CodingFrame | None:
    """The questions to plans that come with the service, where no framework is in use and these were never added."""
    frame = coding_frame.load(LOCAL_PLANS)
    there = select(Frame.id).where((Frame.slug == frame.slug) | col(Frame.retired_at).is_(None))
    return None if session.exec(there.limit(1)).first() else frame


def add(session: Session, frame: CodingFrame, *, file_name: str, staff_id: int, passages: int) -> tuple[Frame, Walk]:
    """Add it, and the walk that has all passages read against it. To be called with nothing held; the caller commits.

    `passages` is how many there are to be read.
    """
    one_at_a_time(session, plan.LOCK)
    check(session, frame)
    row = Frame(slug=frame.slug, title=frame.title, file_name=file_name, content=frame.content(), added_by=staff_id)
    session.add(row)
    session.flush()
    codebooks.note(session, "frame-added", frame_id=row.id, staff_id=staff_id)
    return row, walks.begin(session, what=READ, frame_id=row.id, total=passages)


def retire(session: Session, frame_id: int, *, staff_id: int, why: str) -> Frame:
    """Let none of its codes stand any more; what was decided is kept. The caller has it settled anew, and commits."""
    return change(session, frame_id, retired=True, staff_id=staff_id, why=why)


def bring_back(session: Session, frame_id: int, *, staff_id: int, passages: int) -> tuple[Frame, Walk]:
    """Take it up again, with all that came in between to be read."""
    row = change(session, frame_id, retired=False, staff_id=staff_id, why="")
    return row, walks.begin(session, what=READ, frame_id=row.id, total=passages)


def change(session: Session, frame_id: int, *, retired: bool, staff_id: int, why: str) -> Frame:
    one_at_a_time(session, plan.LOCK)
    row = session.get_one(Frame, frame_id, populate_existing=True)
    if retired is (row.retired_at is None):
        row.retired_at = now() if retired else None
        session.add(row)
        what = "frame-retired" if retired else "frame-back"
        codebooks.note(session, what, frame_id=frame_id, staff_id=staff_id, why=why)
    return row


def use(session: Session, frame_id: int, *, model: str, how: str, examples: int) -> bool:
    """Let what this model finds count for the frame, and what others found no longer; False where it does already.

    To be called with nothing held yet; the caller commits, and has passages read by it: `walks.begin(what=READ)`.
    """
    one_at_a_time(session, plan.LOCK)
    rows = {one.model: one for one in session.exec(select(FrameReader).where(FrameReader.frame_id == frame_id))}
    if model in rows and rows[model].in_use:
        return False
    others = update(FrameReader).where(col(FrameReader.frame_id) == frame_id)
    session.exec(others.values(in_use=False))
    row = rows.get(model) or FrameReader(frame_id=frame_id, model=model, how=how, examples=examples)
    row.in_use = True
    session.add(row)
    codebooks.note(session, "frame-reader", frame_id=frame_id)
    return True


def read_again(session: Session, frame_id: int, *, since: int) -> None:
    """Have the passages from this one on read, which came while the frame's reader was put to use."""
    walk = walks.latest(session, what=READ, frame_id=frame_id)
    if walk is None or walk.state == "done" or walk.place >= since:
        walks.begin(session, what=READ, frame_id=frame_id, place=since - 1)


# -- What there is ----------------------------------------------------------------------------------


def all_of(session: Session) -> list[Frame]:
    return list(session.exec(select(Frame).order_by(col(Frame.retired_at).is_not(None), col(Frame.id).desc())))


def reader_of(session: Session, frame_id: int) -> FrameReader | None:
    return session.exec(select(FrameReader).where(FrameReader.frame_id == frame_id, col(FrameReader.in_use))).first()


def in_use(session: Session) -> list[tuple[int, CodingFrame]]:
    """The frames that new passages are read against, with their numbers."""
    rows = session.exec(select(Frame).where(col(Frame.retired_at).is_(None)).order_by(col(Frame.id)))
    return [(row.id, CodingFrame.model_validate(row.content)) for row in rows]


def number(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Frame)).one()
