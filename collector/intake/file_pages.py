"""Files on the pages of the questionnaire: a page that asks for some is posted here, because its form may be large."""

from collections.abc import Iterable, Iterator

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Stream
from sqlmodel import Session

from collector.database import Database
from collector.intake import conflicts, file_kinds, file_names, uploads
from collector.intake.models import Upload
from collector.intake.place import FROM_CHECK, Place, place_of
from collector.intake.question_pages import TOLD, advised, files_on, go_on, question, read_page, to_save
from collector.intake.uploads import Holder
from collector.web.files import LARGEST_BODY, LARGEST_FILE, SentFile
from collector.web.posted import Posted, first
from forms.answers import Problem
from forms.questions import Page, Question
from forms.speech import gettext, message

SentFiles = dict[str, list[SentFile]]

ADD, REMOVE = "_add", "_remove"  # the names of the buttons; what they say is a question's id, and the key of a file
NO_FILE = message("Choose a file first, then press “Add file”")


@get("/questionnaires/{slug:str}/pages/{page_id:str}/files", sync_to_thread=True)
def back_to_page(
    request: Request, database: NamedDependency[Database], slug: FromPath[str], page_id: FromPath[str]
) -> Redirect:
    """For who loads the address of a form that had a problem once more."""
    with database.reading() as session:
        place = place_of(session, request, slug)
    page = place.find_page(page_id)
    return Redirect(place.page_url(page) if page else place.url, status_code=303)


@post(
    "/questionnaires/{slug:str}/pages/{page_id:str}/files",
    sync_to_thread=True,
    request_max_body_size=LARGEST_BODY,
    opt={LARGEST_FILE: file_kinds.LARGEST},
)
def save_with_files(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    sent_files: NamedDependency[SentFiles],
    slug: FromPath[str],
    page_id: FromPath[str],
) -> Response:
    """A good file is kept whatever is the matter with the rest of the page, and the rest whatever is with the file."""
    with database.writing() as session:
        found = to_save(session, request, posted, slug, page_id)
        if isinstance(found, Response):
            return found
        place, page = found
        place, problems, told = change_files(session, request, place, page, posted, sent_files)
        reading = read_page(place, page, posted)
        stays = ADD in posted or REMOVE in posted
        # What is left out may come later, when the person goes on; what was typed and is not good is told now.
        wrong = [one for one in reading.problems if not stays or any(map(str.strip, reading.typed[one.question_id]))]
        problems = (*problems, *wrong)
        if problems or reading.unfinished:
            again = {"hidden": conflicts.carried(posted), "files": files_on(session, place, page)}
            answer, kept = question(request, place, page, reading.typed, problems, **again), {}
        else:
            answer, kept = go_on(session, request, place, page, posted, reading.answers)
        if stays and not problems and isinstance(answer, Redirect):
            answer, kept = Redirect(place.page_url(page, query_after(request, told)), status_code=303), {}
        url = place.page_url(page)
        session.commit()
    return advised(request, url, page, posted, kept) or answer


def change_files(
    session: Session, request: Request, place: Place, page: Page, posted: Posted, sent: SentFiles
) -> tuple[Place, tuple[Problem, ...], str]:
    """The place with the files that the draft has now, what to say of those that were refused, and what was done."""
    asked = [one for one in page.questions if one.type == "file"]
    place = place if place.draft else place.save(session, request, page, asked=set(), answers={})
    draft = place.draft
    told, problems = removed(session, draft, asked, first(posted, REMOVE)), []
    for one in asked:
        try:
            told = added(session, draft, one, posted, sent.get(one.id, ())) or told
        except uploads.Refused as problem:
            problems.append(Problem(one.id, str(problem)))
    held = {one.id: uploads.answer(session, draft, one.id) for one in asked}
    answers = {name: files for name, files in held.items() if files}
    return place.save(session, request, page, asked=set(held), answers=answers), tuple(problems), told


def removed(session: Session, draft: Holder, asked: Iterable[Question], pressed: str) -> str:
    question_id, _, key = pressed.partition(" ")
    known = question_id in {one.id for one in asked}
    return "removed" if known and uploads.remove(session, draft, question_id, key) else ""


def added(
    session: Session,
    draft: Holder,
    asked: Question,
    posted: Posted,
    sent: Iterable[SentFile],
    *,
    original: bool = False,
) -> str:
    """What was done; nothing where no file came. `Refused` where one came that cannot be kept."""
    file = next(iter(sent), None)
    if file is None:
        if first(posted, ADD) == asked.id:
            raise uploads.Refused(gettext(NO_FILE))
        return ""
    if len(uploads.of_draft(session, draft, asked.id)) >= asked.most_files:
        raise uploads.Refused(
            gettext("Remove a file before you add another: you can send up to %(most)s", most=asked.most_files)
        )
    try:
        uploads.keep(session, file.name, file.content, draft=draft, question_id=asked.id, original=original)
    except uploads.SameAgain:
        return "same"
    finally:
        file.content.close()
    return "added"


def query_after(request: Request, told: str) -> str:
    kept = {FROM_CHECK: "1"} if FROM_CHECK in request.query_params else {}
    return "&".join(f"{name}={value}" for name, value in (kept | ({TOLD: told} if told else {})).items())


@get("/questionnaires/{slug:str}/files/{key:str}", sync_to_thread=True)
def own_file(request: Request, database: NamedDependency[Database], slug: FromPath[str], key: FromPath[str]) -> Stream:
    """A file of one's own draft; nobody else's draft can be reached from here."""
    with database.reading() as session:
        draft = place_of(session, request, slug).draft
        held = uploads.find(session, draft, key) if draft else None
        if held is None:
            raise NotFoundException("There is no file at this address")
        return given_back(database, held)


def given_back(database: Database, upload: Upload) -> Stream:
    """The file as it was sent, to be kept and not to be opened in the browser."""
    return Stream(
        parts_of(database, upload.id),
        media_type=file_kinds.MEDIA_TYPES[upload.kind],
        headers={"Content-Disposition": file_names.attached(upload.name), "Content-Length": str(upload.size)},
    )


def parts_of(database: Database, upload_id: int) -> Iterator[bytes]:
    """Each part in a session of its own: who reads slowly holds no connection."""
    number = 0
    while True:
        number += 1
        with database.reading() as session:
            part = uploads.part_of(session, upload_id, number)
        if not part:
            return
        yield part


handlers = [back_to_page, save_with_files, own_file]
