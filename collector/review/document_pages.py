"""The own date of a document: staff give it, correct it, or say that nobody knows it."""

from datetime import date

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col

from collector.database import Database
from collector.findings import profile_changes
from collector.intake import documents, rounds
from collector.intake.models import Source
from collector.queue import Queue
from collector.review import reading
from collector.web.page import page as show
from collector.web.posted import Posted
from forms import answers, dates
from forms.answers import Reading
from forms.questions import Page, Question

ASKED = "published-on"
PATH = "/staff/documents/{document_id:int}/date"


@get(PATH, sync_to_thread=True)
def date_of(request: Request, database: NamedDependency[Database], document_id: FromPath[int]) -> Template:
    with database.reading() as session:
        source = find(session, document_id)
    day = documents.date_of(source)
    return form(request, source, Reading({}, typed={ASKED: [day.isoformat()]} if day else {}))


@post(PATH, sync_to_thread=True)
def put_date(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    document_id: FromPath[int],
) -> Response:
    with database.writing() as session:
        source = find(session, document_id)
        read = answers.read(asked(), posted)
        if read.problems:
            return form(request, source, read)
        given = read.answers.get(ASKED)
        job_id = documents.put_date(session, document_id, date.fromisoformat(given) if given else None)
        profile_changes.note_sources(session, col(Source.id) == document_id)
        url = reading.source_url(source)
        session.commit()
    if job_id:
        queue.ask_for_analysis([job_id])
    return Redirect(url, status_code=303)


def find(session: Session, document_id: int) -> Source:
    source = session.get(Source, document_id)
    if source is None or not documents.is_one(source):
        raise NotFoundException("There is no document at this address")
    return source


def asked() -> Page:
    question = Question(
        id=ASKED,
        type="date",
        label="When was it published?",
        hint="For example, 25 6 2021. If only the month is known, its first day.",
        optional=True,
        earliest=documents.EARLIEST,
        latest=rounds.local_date(),
    )
    return Page(id="date", title="The date of the document", questions=(question,))


def form(request: Request, source: Source, read: Reading) -> Template:
    return show(
        request,
        "review/document_date.html",
        status_code=422 if read.problems else 200,
        sample=source.sample,
        title=source.title,
        asked=asked().questions,
        typed=read.typed,
        date_parts=dates.parts,
        problems=read.problems,
        source_url=reading.source_url(source),
    )


handlers = [date_of, put_date]
