"""Questionnaires and submissions for programs, in JSON."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, HTTPException, NotFoundException
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session, text

from collector.accounts.access import Person
from collector.database import Database
from collector.intake import jobs, references, rounds, submissions
from collector.intake.models import Round, Submission
from collector.intake.receipts import state_of
from collector.intake.submissions import Came
from collector.queue import Queue
from collector.web.problems import may_answer
from forms import answers as forms_answers
from forms.questionnaire import Questionnaire

LONGEST_KEY = 200
STATE_WORDS = {
    "waiting": "received",
    "running": "received",
    "done": "analysed",
    "set-aside": "received",
    "withdrawn": "withdrawn",
}


class Health(BaseModel):
    status: str
    jobs: dict[str, int]


# One item of a list: answers by question id, and maybe under `id` what it is known by.
ListedItem = dict[str, str | list[str]]


class NewSubmission(BaseModel):
    """Answers by question id, as the questionnaire asks them; to a question of type list, one object an item."""

    model_config = ConfigDict(extra="forbid")

    questionnaire: str
    answers: dict[str, str | list[str] | list[ListedItem]]


class Receipt(BaseModel):
    reference: str
    received_at: datetime
    state: str
    receipt: str
    sample: bool


SAME_AGAIN = ResponseSpec(Receipt, generate_examples=False, description="This key came before with the same content")


@get("/api/health", sync_to_thread=True, tags=["Service"], responses=may_answer(503))
def health(database: NamedDependency[Database]) -> Health:
    """Answers when the database does, with how many jobs are in which state."""
    with database.reading() as session:
        session.exec(text("SELECT 1"))
        return Health(status="ok", jobs=jobs.counts(session))


@get("/api/questionnaires/{slug:str}", sync_to_thread=True, tags=["Questionnaires"], responses=may_answer(404, 503))
def questionnaire(database: NamedDependency[Database], slug: FromPath[str]) -> dict[str, Any]:
    """The open questionnaire of this name, whole, as it was published."""
    with database.reading() as session:
        found = rounds.current(session, slug)
    if found is None:
        raise NotFoundException("There is no open questionnaire of this name")
    return found[1].definition


@post(
    "/api/submissions",
    sync_to_thread=True,
    tags=["Submissions"],
    security=[{"token": []}],
    responses={200: SAME_AGAIN, **may_answer(400, 401, 403, 409, 413, 422, 503)},
)
def submit(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    data: JSONBody[NewSubmission],
    key: Annotated[str, HeaderParameter(name="Idempotency-Key", min_length=1, max_length=LONGEST_KEY)],
) -> Response[Receipt]:
    """Keep a submission. The same key with the same content gives the same receipt; with other content, 409."""
    own_key = f"token {request.user.id} {key}"
    round_, form, answers = read(database, data, own_key)
    with database.writing() as session:
        try:
            received = submissions.receive(
                session,
                round_=round_,
                questionnaire=form,
                questionnaire_id=round_.questionnaire_id,
                answers=answers,
                idempotency_key=own_key,
                token_id=request.user.id,
                came=Came("api"),
            )
        except submissions.OtherContent as problem:
            raise HTTPException(
                f"This Idempotency-Key was used for submission {problem} with other content", status_code=409
            ) from problem
        except submissions.Withdrawn as problem:
            raise HTTPException(
                f"This Idempotency-Key was used for submission {problem}, which was withdrawn", status_code=409
            ) from problem
    if received.new:
        queue.ask_for_analysis([received.job_id])
        return Response(receipt_of(request, received, "waiting", sample=round_.sample), status_code=201)
    with database.reading() as session:
        kept = session.get_one(Submission, received.submission_id)
        return Response(receipt_now(request, session, kept), status_code=200)


def read(database: Database, data: NewSubmission, key: str) -> tuple[Round, Questionnaire, dict[str, Any]]:
    """The round and the answers, checked before the one writer's turn is taken.

    Where no round is open, a key that came before is read as it was then: its sender still gets the receipt.
    """
    with database.reading() as session:
        found = rounds.current(session, data.questionnaire) or submissions.answered_with(session, key)
    if found is None:
        raise ClientException("There is no open questionnaire of this name", status_code=422)
    reading = forms_answers.read_whole(found[1], data.answers)
    if problems := reading.problems or files_sent(found[1], data.answers):
        raise refused(problems)
    return *found, reading.answers


def files_sent(form: Questionnaire, answers: dict[str, Any]) -> tuple[forms_answers.Problem, ...]:
    """A file is kept with the draft that it was added to, and a program has none."""
    sent = (question.id for question in form.files_asked if answers.get(question.id))
    return tuple(forms_answers.Problem(question_id, forms_answers.NO_FILES) for question_id in sent)


def refused(problems: tuple[forms_answers.Problem, ...]) -> ClientException:
    return ClientException(
        "Some answers are missing or cannot be read",
        status_code=422,
        extra=[told(problem) for problem in problems],
    )


def told(problem: forms_answers.Problem) -> dict[str, Any]:
    """In a list, `item` is the number of the item, from 1, and `part` the question about it."""
    where = {} if problem.item is None else {"item": problem.item, "part": problem.part}
    return {"question": problem.question_id, **where, "message": problem.message}


def receipt_now(request: Request, session: Session, submission: Submission) -> Receipt:
    sample = session.get_one(Round, submission.round_id).sample
    state = "withdrawn" if submission.withdrawn_at else state_of(session, submission)
    return receipt_of(request, submission, state, sample=sample)


def receipt_of(request: Request, submission: Submission | submissions.Received, state: str, *, sample: bool) -> Receipt:
    return Receipt(
        reference=references.shown(submission.reference),
        received_at=submission.received_at,
        state=STATE_WORDS[state],
        receipt=request.app.state.settings.base_url + submissions.receipt_url(submission.receipt_key),
        sample=sample,
    )


@get(
    "/api/submissions/{reference:str}",
    sync_to_thread=True,
    tags=["Submissions"],
    security=[{"token": []}],
    responses=may_answer(401, 403, 404, 503),
)
def submission(request: Request, database: NamedDependency[Database], reference: FromPath[str]) -> Receipt:
    """The receipt again. A submitter sees its own submissions; another's is answered as if there were none."""
    with database.reading() as session:
        found = submissions.by_reference(session, reference)
        own = found and (request.user.role is Person.READER or found.token_id == request.user.id)
        if not own:
            raise NotFoundException("There is no submission with this reference")
        return receipt_now(request, session, found)


handlers = [health, questionnaire, submit, submission]
