"""Staff: other frameworks beside the plan, from a file: looked at before it is added, read by the machine, retired."""

import json
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, select

from collector.accounts import staff
from collector.accounts.access import REVIEWERS
from collector.database import Database
from collector.findings import concerned, record
from collector.frameworks import coding_frames, plan, walks
from collector.frameworks.coding_frames import READ, CannotAdd
from collector.frameworks.models import Frame, FrameReader, PlanChange
from collector.queue import Queue
from collector.review import codebook_changing, steps
from collector.review.acts import CannotDo
from collector.review.codebook_changing import SETTLE
from collector.review.codebook_pages import walk_shown
from collector.web.files import LARGEST_BODY, LARGEST_FILE, SentFile
from collector.web.page import page
from collector.web.posted import Posted, first
from forms import coding_frame
from forms.coding_frame import CodingFrame, DefinitionError

ROOT = "/staff/frameworks"
# Who adds the questions to plans that come with the service goes on to make a review with them.
FOR_PLANS, NEW_REVIEW = "plans", "/staff/plans/new"
# What goes back and forth with the look before it is added: 200 codes of a hundred words each.
LONGEST = 130_000
FILES = {
    "yaml": ("application/yaml; charset=utf-8", coding_frame.as_yaml),
    "csv": ("text/csv; charset=utf-8", lambda frame: "\ufeff" + coding_frame.as_csv(frame)),
}
READERS = {
    "zero-shot": "the definitions alone, as the file has no examples",
    "few-shot": "the definitions and {number}",
    "learned": "what people decided on {number:,} statements",
}


def url_of(frame_id: int, rest: str = "") -> str:
    return f"{ROOT}/{frame_id}{'/' + rest if rest else ''}"


def found_or_404(session: Session, frame_id: int) -> Frame:
    found = session.get(Frame, frame_id)
    if found is None:
        raise NotFoundException("There is no framework at this address")
    return found


def frame_of(row: Frame) -> CodingFrame:
    return CodingFrame.model_validate(row.content)


# -- The list, and a new one ------------------------------------------------------------------------


@get(ROOT, sync_to_thread=True)
def frameworks(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        rows = [row_shown(session, one) for one in coding_frames.all_of(session)]
    return page(
        request,
        "review/frames/all.html",
        rows=rows,
        plan={"title": plan.book().title, "version": plan.book().version, "codes": len(plan.book().codes)},
        may_change=request.user.role in REVIEWERS,
    )


def row_shown(session: Session, row: Frame) -> dict[str, Any]:
    return {
        "url": url_of(row.id),
        "title": row.title,
        "file_name": row.file_name,
        "codes": len(row.content["codes"]),
        "by": staff.name_of(session, row.added_by),
        "at": row.added_at,
        "state": state_of(session, row),
    }


def state_of(session: Session, row: Frame) -> dict[str, Any]:
    if row.retired_at:
        return {"id": "set-aside", "word": "Retired"}
    walk = walk_shown(walks.latest(session, what=READ, frame_id=row.id))
    if walk is None:
        return {"id": "analysed", "word": "In use"}
    if walk["state"] == "set-aside":
        return {"id": "set-aside", "word": "Reading stopped"}
    return {"id": "running", "word": f"Being read, {walk['done']:,} of {walk['total']:,}"}


@get("/staff/frameworks/new", sync_to_thread=False)
def new_page(request: Request) -> Template:
    return upload_page(request)


def upload_page(request: Request, *, problems: Any = (), title: str = "", file_name: str = "") -> Template:
    return page(
        request,
        "review/frames/new.html",
        status_code=422 if problems else 200,
        problems=problems,
        title=title,
        file_name=file_name,
    )


@post(
    "/staff/frameworks/new",
    sync_to_thread=True,
    request_max_body_size=LARGEST_BODY,
    opt={LARGEST_FILE: coding_frame.LARGEST_FILE},
)
def look_at_file(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    sent_files: NamedDependency[dict[str, list[SentFile]]],
) -> Template:
    """Read a file and show what it would add, or all that is wrong with it by its places."""
    title = first(posted, "title").strip()
    sent = next(iter(sent_files.get("file", [])), None)
    if sent is None:
        return upload_page(request, problems=[problem_shown("Choose a file")], title=title)
    try:
        frame = read(sent, title)
        with database.reading() as session:
            coding_frames.check(session, frame)
    except (DefinitionError, CannotAdd) as error:
        return upload_page(request, problems=problems_of(error), title=title, file_name=sent.name)
    return preview_page(request, database, frame, sent.name)


def read(sent: SentFile, title: str) -> CodingFrame:
    """DefinitionError with all that is wrong."""
    frame = coding_frame.read(sent.name, sent.whole(), title=title)
    if title and frame.title != title:  # a YAML file says it itself; whoever types one means that one
        frame = frame.but(title=title, slug=coding_frame.id_of(title))
    if len(json.dumps(frame.content())) > LONGEST:
        raise CannotAdd("Shorten the definitions and examples: all together they are longer than a book")
    return frame


def problems_of(error: DefinitionError | CannotAdd) -> list[dict[str, str]]:
    if isinstance(error, CannotAdd):
        return [problem_shown(str(error))]
    return [problem_shown(one.message, place=place_of(one)) for one in error.problems]


def problem_shown(message: str, *, place: str = "") -> dict[str, str]:
    return {"place": place, "message": message}


def place_of(problem: Any) -> str:
    where = [problem.sheet, f"line {problem.line}" if problem.line else "", problem.field]
    return ", ".join(part for part in where if part)


def preview_page(request: Request, database: Database, frame: CodingFrame, file_name: str) -> Template:
    with database.reading() as session:
        passages = record.number_readable(session)
    return page(
        request,
        "review/frames/preview.html",
        frame=frame,
        examples=frame.examples,
        without=[code.title for code in frame.codes if not code.examples],
        passages=passages,
        content=json.dumps(frame.content()),
        file_name=file_name,
    )


@post("/staff/frameworks/add", sync_to_thread=True)
def add(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
) -> Response:
    try:
        frame = CodingFrame.model_validate(json.loads(first(posted, "_frame") or "{}"))
    except ValueError:
        return upload_page(request, problems=[problem_shown("Choose the file again")])
    with database.writing() as session:
        try:
            row, walk = coding_frames.add(
                session,
                frame,
                file_name=first(posted, "_file")[:200],
                staff_id=request.user.id,
                passages=record.number_readable(session),
            )
        except CannotAdd as problem:
            return upload_page(request, problems=problems_of(problem), title=frame.title)
        url, walk_id = url_of(row.id), walk.id
        session.commit()
    queue.ask_for_walk(walk_id)
    return Redirect(NEW_REVIEW if first(posted, "_for") == FOR_PLANS else url, status_code=303)


# -- One of them --------------------------------------------------------------------------------------


@get("/staff/frameworks/{frame_id:int}", sync_to_thread=True)
def framework(request: Request, database: NamedDependency[Database], frame_id: FromPath[int]) -> Template:
    with database.reading() as session:
        row = found_or_404(session, frame_id)
        family = plan.family_of(row.slug)
        codes = [code_shown(session, family, code) for code in frame_of(row).codes]
        reader = coding_frames.reader_of(session, frame_id)
        shown, history = row_shown(session, row), history_of(session, frame_id)
        reading = walk_shown(walks.latest(session, what=READ, frame_id=frame_id)) if not row.retired_at else None
        settling = walk_shown(walks.latest(session, what=SETTLE, frame_id=frame_id))
    may_change = request.user.role in REVIEWERS
    return page(
        request,
        "review/frames/one.html",
        frame=shown,
        codes=codes,
        reader=reader_words(reader) if reader else "",
        retired_at=row.retired_at,
        history=history,
        reading=reading,
        settling=settling,
        may_change=may_change,
        queue_url="/staff/review",
        files=[{"url": url_of(frame_id, f"download/{kind}"), "kind": kind} for kind in FILES],
        retire_url=url_of(frame_id, "retire") if may_change and not row.retired_at else "",
        back_action=url_of(frame_id, "bring-back") if may_change and row.retired_at else "",
    )


def code_shown(session: Session, family: str, code: Any) -> dict[str, Any]:
    return {
        "title": code.title,
        "definition": code.definition,
        "examples": code.examples,
        "counted": concerned.counted(session, [(family, code.id)]),
        "queue_url": f"/staff/review?label={family}:{code.id}",
    }


def reader_words(reader: FrameReader) -> str:
    number = plan.examples_in_words(reader.examples) if reader.how != "learned" else reader.examples
    return READERS[reader.how].format(number=number)


def history_of(session: Session, frame_id: int) -> list[dict[str, Any]]:
    words = {"frame-added": "Added", "frame-retired": "Retired", "frame-back": "Taken up again"}
    chosen = select(PlanChange).where(PlanChange.frame_id == frame_id).order_by(col(PlanChange.id).desc())
    return [
        {
            "what": words.get(one.what, "Its reader was put to use"),
            "by": staff.name_of(session, one.staff_id) if one.staff_id else "the service",
            "at": one.done_at,
            "why": one.why,
        }
        for one in session.exec(chosen)
    ]


@get("/staff/frameworks/{frame_id:int}/download/{kind:str}", sync_to_thread=True)
def download(database: NamedDependency[Database], frame_id: FromPath[int], kind: FromPath[str]) -> Response:
    with database.reading() as session:
        frame = frame_of(found_or_404(session, frame_id))
    if kind not in FILES:
        raise NotFoundException("There is no such file")
    media, write = FILES[kind]
    headers = {"Content-Disposition": f'attachment; filename="{frame.slug}.{kind}"'}
    return Response(write(frame), media_type=media, headers=headers)


@get("/staff/frameworks/{frame_id:int}/retire", sync_to_thread=True)
def retire_page(request: Request, database: NamedDependency[Database], frame_id: FromPath[int]) -> Template:
    with database.reading() as session:
        return asked_to_retire(request, session, frame_id)


def asked_to_retire(request: Request, session: Session, frame_id: int, *, problem: str = "", why: str = "") -> Template:
    row = found_or_404(session, frame_id)
    return page(
        request,
        "review/frames/retire.html",
        status_code=422 if problem else 200,
        frame=row_shown(session, row),
        counted=concerned.counted(session, labels_of(row)),
        action=request.url.path,
        problem=problem,
        why=why,
    )


def labels_of(row: Frame) -> list[tuple[str, str]]:
    return [(plan.family_of(row.slug), code.id) for code in frame_of(row).codes]


@post("/staff/frameworks/{frame_id:int}/retire", sync_to_thread=True)
def retire(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    frame_id: FromPath[int],
) -> Response:
    with database.writing() as session:
        try:
            why = steps.checked(first(posted, "_why"), "Say why it is retired")
        except CannotDo as problem:
            return asked_to_retire(request, session, frame_id, problem=str(problem), why=first(posted, "_why"))
        found_or_404(session, frame_id)
        session.rollback()  # with nothing held, as the verb wants it
        row = coding_frames.retire(session, frame_id, staff_id=request.user.id, why=why)
        walk_id = codebook_changing.settle_anew(session, labels_of(row), frame_id=frame_id).id
        session.commit()
    queue.ask_for_walk(walk_id)
    return Redirect(url_of(frame_id), status_code=303)


@post("/staff/frameworks/{frame_id:int}/bring-back", sync_to_thread=True)
def bring_back(
    request: Request, database: NamedDependency[Database], queue: NamedDependency[Queue], frame_id: FromPath[int]
) -> Redirect:
    with database.writing() as session:
        found_or_404(session, frame_id)
        session.rollback()
        row, walk = coding_frames.bring_back(
            session, frame_id, staff_id=request.user.id, passages=record.number_readable(session)
        )
        settling = codebook_changing.settle_anew(session, labels_of(row), frame_id=frame_id)
        ids = (walk.id, settling.id)
        session.commit()
    for id in ids:
        queue.ask_for_walk(id)
    return Redirect(url_of(frame_id), status_code=303)


handlers = [
    frameworks,
    new_page,
    look_at_file,
    add,
    framework,
    download,
    retire_page,
    retire,
    bring_back,
]
