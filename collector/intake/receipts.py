"""The receipt: a page that proves that answers were sent, and for a while a copy of them for who sent them."""

from datetime import timedelta
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Response, Template
from sqlmodel import Session, select

from collector import dates
from collector.database import Database, now
from collector.intake import drafts, paper, references, rounds, submissions
from collector.intake.models import Answer, Job, Round, Source, Submission
from collector.intake.pages import by_section, row
from collector.organisations.models import Organisation
from collector.web.page import page as show
from collector.web.page import visitor_secret

COPY = "answers.docx"
# Long enough to think of it, and short enough for a browser that others use too.
COPIED_FOR = timedelta(hours=1)


@get("/receipts/{key:str}", sync_to_thread=True)
def receipt(request: Request, database: NamedDependency[Database], key: FromPath[str]) -> Template:
    with database.reading() as session:
        submission = found(session, key)
        organisation = session.get(Organisation, submission.organisation_id) if submission.organisation_id else None
        return show(
            request,
            "intake/receipt.html",
            sample=session.get_one(Round, submission.round_id).sample,
            reference=references.shown(submission.reference),
            title=rounds.questionnaire_of(session, submission.questionnaire_id).title,
            received_at=submission.received_at,
            analysed=state_of(session, submission) == "done",
            name=organisation.name if organisation else "",
            copy_url=f"{submissions.receipt_url(key)}/{COPY}" if may_copy(request, session, submission) else "",
            copy_until=submission.received_at + COPIED_FOR,
        )


@get(f"/receipts/{{key:str}}/{COPY}", sync_to_thread=True)
def copy(request: Request, database: NamedDependency[Database], key: FromPath[str]) -> Response:
    with database.reading() as session:
        submission = found(session, key)
        if not may_copy(request, session, submission):
            raise NotFoundException("There is no copy of these answers for this browser")
        document = copied(session, submission)
    return Response(
        document,
        media_type=paper.MEDIA_TYPES["docx"],
        headers={
            "Content-Disposition": f'attachment; filename="answers-{references.shown(submission.reference)}.docx"'
        },
    )


def found(session: Session, key: str) -> Submission:
    submission = submissions.by_receipt_key(session, key)
    if submission is None:
        raise NotFoundException("There is no receipt at this address")
    return submission


def may_copy(request: Request, session: Session, submission: Submission) -> bool:
    """The address of a receipt may be passed on; the answers are for the browser that sent them."""
    recent = now() < submission.received_at + COPIED_FOR
    return recent and drafts.was_sent_by(session, visitor_secret(request), submission.id)


def copied(session: Session, submission: Submission) -> bytes:
    questionnaire = rounds.questionnaire_of(session, submission.questionnaire_id)
    kept = session.exec(select(Answer).where(Answer.submission_id == submission.id))
    answers: dict[str, Any] = {answer.question_id: answer.value for answer in kept}
    sections = by_section(questionnaire.pages_for(answers))
    copy_ = paper.copy_of_answers(
        questionnaire.title,
        [
            f"Reference: {references.shown(submission.reference)}",
            f"Received: {dates.in_full(submission.received_at)}",
        ],
        [
            {"title": title, "rows": [row(one, answers) for page in pages for one in page.questions]}
            for title, pages in sections
        ],
    )
    return paper.as_docx(copy_)


def state_of(session: Session, submission: Submission) -> str | None:
    """The state of the latest job on this submission."""
    jobs = select(Job.state).join(Source).where(Source.submission_id == submission.id)
    return session.exec(jobs.order_by(Job.id.desc())).first()


handlers = [receipt, copy]
