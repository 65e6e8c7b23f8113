"""My submission: where it stands, what has happened to it, and a way to withdraw it."""

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from collector.database import Database
from collector.intake import own_links, paper, references, rounds
from collector.intake.models import Submission
from collector.intake.receipts import copied, state_of
from collector.mine.entry import NotOpen, named, shows_sensitive, submission_for
from collector.organisations.models import Organisation
from collector.privacy import erasure
from collector.review import history
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted, first
from forms.speech import gettext, message

COPY = "answers.docx"
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
        permission = questionnaire.questions["permission"]
        organisation = session.get(Organisation, submission.organisation_id) if submission.organisation_id else None
        return show(
            request,
            "mine/overview.html",
            submission=named(submission),
            title=questionnaire.title,
            name=organisation.name if organisation else "",
            state=state_of(session, submission),
            permission=next(choice for choice in permission.choices if choice.id == submission.permission),
            permission_url=f"{named(submission)['url']}/answers/{permission_page(questionnaire)}",
            changed_at=next((one.at for one in history.changes(session, submission)[::-1] if one.question), None),
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


@get(f"/submissions/{{reference:str}}/{COPY}", sync_to_thread=True)
def copy(request: Request, database: NamedDependency[Database], reference: FromPath[str]) -> Response:
    with database.reading() as session:
        submission = submission_for(session, request, reference)
        document = copied(session, submission)
    name = f"answers-{references.shown(submission.reference)}.docx"
    return Response(
        document,
        media_type=paper.MEDIA_TYPES["docx"],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


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
        copy_url=f"{named(submission)['url']}/{COPY}",
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


handlers = [overview, past, copy, ask_to_withdraw, withdraw]
