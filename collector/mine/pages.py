"""My submission: where it stands, what has happened to it, and a way to withdraw it."""

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Stream, Template

from collector.database import Database
from collector.intake import copies, file_names, held, own_links, rounds, uploads
from collector.intake.file_pages import given_back
from collector.intake.models import Submission
from collector.intake.receipts import state_of
from collector.mine.entry import NotOpen, named, shows_sensitive, submission_for
from collector.organisations.models import Organisation
from collector.privacy import erasure
from collector.review import history
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted, first
from forms.speech import gettext, message

NOT_TICKED = message("Tick the box if you want to withdraw what you sent")


@get("/submissions/{reference:str}", sync_to_thread=True)
def overview(request: Request, database: NamedDependency[Database], reference: FromPath[str]) -> Template:
    with database.reading() as session:
        submission = own_links.opened(session, visitor_secret(request), reference)
        if submission is None:
            raise NotOpen
        if submission.withdrawn_at:
            return show(
                request, "mine/withdrawn.html", submission=named(submission), withdrawn_at=submission.withdrawn_at
            )
        questionnaire = rounds.spoken(session, submission.questionnaire_id)
        permission, about = questionnaire.questions["permission"], named(submission)
        later = held.next_round(session, submission)
        organisation = session.get(Organisation, submission.organisation_id) if submission.organisation_id else None
        return show(
            request,
            "mine/overview.html",
            submission=about,
            title=questionnaire.title,
            later=later and {"title": later.title, "url": f"/questionnaires/{questionnaire.slug}/begin"},
            name=organisation.name if organisation else "",
            state=state_of(session, submission),
            permission=next(choice for choice in permission.choices if choice.id == submission.permission),
            permission_url=f"{about['url']}/answers/{permission_page(questionnaire)}",
            changed_at=copies.last_changed(session, submission.id),
            files=[
                {"name": one.name, "size": file_names.size_shown(one.size), "url": f"{about['url']}/files/{one.key}"}
                for one in uploads.of_submission(session, submission.id)
            ],
            hours=own_links.OPEN_FOR.seconds // 3600,
        )


def permission_page(questionnaire: rounds.Questionnaire) -> str:
    return next(page.id for page, _ in questionnaire.steps if any(one.id == "permission" for one in page.questions))


@get("/submissions/{reference:str}/history", sync_to_thread=True)
def past(request: Request, database: NamedDependency[Database], reference: FromPath[str]) -> Template:
    with database.reading() as session:
        submission = submission_for(session, request, reference)
        entries = history.of(session, submission)
        sensitive = shows_sensitive(session, submission)
    return show(request, "mine/history.html", submission=named(submission), sensitive=sensitive, entries=entries)


@get(f"/submissions/{{reference:str}}/{copies.PDF}", sync_to_thread=True)
def pdf(request: Request, database: NamedDependency[Database], reference: FromPath[str]) -> Response:
    return copy(request, database, reference, copies.PDF)


@get(f"/submissions/{{reference:str}}/{copies.WORD}", sync_to_thread=True)
def word(request: Request, database: NamedDependency[Database], reference: FromPath[str]) -> Response:
    return copy(request, database, reference, copies.WORD)


def copy(request: Request, database: Database, reference: str, name: str) -> Response:
    with database.reading() as session:
        submission = submission_for(session, request, reference)
        written, about = copies.of(session, submission), named(submission)
    return copies.download(written, name, about["url"], about["reference"])


@get("/submissions/{reference:str}/files/{key:str}", sync_to_thread=True)
def sent_file(
    request: Request, database: NamedDependency[Database], reference: FromPath[str], key: FromPath[str]
) -> Stream:
    """A file as it was sent, for who was let in to this very submission."""
    with database.reading() as session:
        submission = submission_for(session, request, reference)
        held = next((one for one in uploads.of_submission(session, submission.id) if one.key == key), None)
        if held is None:
            raise NotFoundException("There is no file at this address")
        return given_back(database, held)


@get("/submissions/{reference:str}/withdraw", sync_to_thread=True)
def ask_to_withdraw(request: Request, database: NamedDependency[Database], reference: FromPath[str]) -> Template:
    with database.reading() as session:
        return asked_to_withdraw(request, submission_for(session, request, reference))


def asked_to_withdraw(request: Request, submission: Submission, problem: str = "") -> Template:
    return show(
        request,
        "mine/withdraw.html",
        status_code=422 if problem else 200,
        submission=named(submission),
        copy_url=f"{named(submission)['url']}/{copies.PDF}",
        problem=problem,
    )


@post("/submissions/{reference:str}/withdraw", sync_to_thread=True)
def withdraw(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], reference: FromPath[str]
) -> Response:
    with database.writing() as session:
        submission = own_links.opened(session, visitor_secret(request), reference, to_change=True)
        if submission is None:
            raise NotOpen
        if submission.withdrawn_at is None:
            if first(posted, "sure") != "yes":
                return asked_to_withdraw(request, submission, gettext(NOT_TICKED))
            erasure.withdraw(session, submission)
        url = own_links.submission_url(submission)
        session.commit()
    return Redirect(url, status_code=303)


handlers = [overview, past, pdf, word, sent_file, ask_to_withdraw, withdraw]
