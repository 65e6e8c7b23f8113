"""The way in: a link of one's own lets a browser in, and every page asks whether this one was."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake import given, own_links, references, rounds
from collector.intake.models import Submission
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted, is_for_staff, typed_in
from forms.questions import Page


class NotOpen(HTTPException):
    """This browser was not let in, or was for a while; or what it wants to change is gone. What it posted is shown.

    Whether there is a submission of this reference is told only to who was let in.
    """

    def __init__(self, posted: Posted | None = None, submission: Submission | None = None) -> None:
        super().__init__("This is not open in this browser", status_code=410 if submission else 404)
        self.submission = submission
        self.typed = [value for value in typed_in(posted or {}) if value.strip()]


@dataclass(frozen=True)
class Opened:
    """A submission in the hands of who may change it: its respondent, or one of the staff on their behalf."""

    submission: Submission
    url: str  # of its answers
    staff_id: int | None = None

    @property
    def by_staff(self) -> bool:
        return self.staff_id is not None


def submission_for(
    session: Session, request: Request, reference: str, *, to_change: bool = False, posted: Posted | None = None
) -> Submission:
    """The submission of this reference as it stands, where this browser was let in; NotOpen otherwise."""
    found = own_links.opened(session, visitor_secret(request), reference, to_change=to_change)
    if found is None or found.withdrawn_at:
        raise NotOpen(posted, found)
    return found


def not_open_page(request: Request, problem: NotOpen, *, url: str = "") -> Template:
    """`url` is that of the answers, where they are not its respondent's pages."""
    known = problem.submission
    return show(
        request,
        "mine/not_open.html",
        status_code=problem.status_code,
        known=known is not None,
        by_staff=is_for_staff(request.url.path),
        withdrawn_at=known and known.withdrawn_at,
        url=url or (own_links.submission_url(known) + "/answers" if known else ""),
        typed=problem.typed,
    )


def named(submission: Submission) -> dict[str, Any]:
    """What every page about a submission says of it."""
    url = own_links.submission_url(submission)
    return {"reference": references.shown(submission.reference), "url": url, "received_at": submission.received_at}


def is_sensitive(pages: Iterable[Page], answers: dict[str, Any]) -> bool:
    """Whether these pages may show what is not safe to be seen reading: then they have a quick way out."""
    return any(page.sensitive and page.sensitive.holds(answers) for page in pages)


def shows_sensitive(session: Session, submission: Submission) -> bool:
    answers = given.answers_of(session, submission.id)
    questionnaire = rounds.questionnaire_of(session, submission.questionnaire_id)
    return is_sensitive(questionnaire.pages_for(answers), answers)


@get("/my-submission/{own_link:str}", sync_to_thread=True)
def landing(request: Request, database: NamedDependency[Database], own_link: FromPath[str]) -> Response:
    """Looking at a link lets nobody in: mail scanners look too."""
    with database.reading() as session:
        submission = found(session, own_link)
        url = own_links.submission_url(submission)
        if own_links.opened(session, visitor_secret(request), submission.reference):
            return Redirect(url, status_code=303)
    return show(request, "mine/landing.html", action=request.url.path, hours=own_links.OPEN_FOR.seconds // 3600)


@post("/my-submission/{own_link:str}", sync_to_thread=True)
def let_in(request: Request, database: NamedDependency[Database], own_link: FromPath[str]) -> Redirect:
    with database.writing() as session:
        submission = found(session, own_link, to_let_in=True)
        own_links.let_in(session, visitor_secret(request), submission.id)
        url = own_links.submission_url(submission)
        session.commit()
    return Redirect(url, status_code=303)


def found(session: Session, link: str, *, to_let_in: bool = False) -> Submission:
    submission = own_links.submission_of(session, link, to_let_in=to_let_in)
    if submission is None:
        raise NotFoundException("This link opens nothing, or another has taken its place")
    return submission


@post("/submissions/{reference:str}/close", sync_to_thread=True)
def close(request: Request, database: NamedDependency[Database], reference: FromPath[str]) -> Response:
    """Who shares this device sees nothing of it any more."""
    with database.writing() as session:
        submission = own_links.opened(session, visitor_secret(request), reference)
        if submission is None:
            raise NotOpen
        own_links.shut_out(session, visitor_secret(request), submission.id)
        session.commit()
    return show(request, "mine/closed.html")


handlers = [landing, let_in, close]
