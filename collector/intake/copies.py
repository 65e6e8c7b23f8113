"""A copy of what somebody sent, to keep: as a PDF for reading and printing, or as a Word document."""

from datetime import datetime
from typing import Any

from litestar.response import Redirect, Response
from sqlalchemy import func
from sqlmodel import Session, col, select

from collector import dates
from collector.intake import given, item_states, paper, references, rounds
from collector.intake.answer_rows import by_section, row
from collector.intake.item_states import Told
from collector.intake.models import Submission, SubmissionChange
from collector.intake.paper import Paper
from collector.mail.outbox import Attachment
from forms.speech import gettext

PDF, WORD = "answers.pdf", "answers.docx"
# More letters than this take longer than a second to print, and over a hundred pages.
MOST_LETTERS = 300_000


def of(session: Session, submission: Submission) -> Paper:
    questionnaire = rounds.spoken(session, submission.questionnaire_id)
    answers = given.answers_of(session, submission.id)
    sections = by_section(questionnaire.pages_for(answers))
    changed_at = last_changed(session, submission.id)
    became = [became_row(one) for one in item_states.told(session, submission)]
    return paper.copy_of_answers(
        questionnaire.title,
        [
            gettext("Reference: %(reference)s", reference=references.shown(submission.reference)),
            gettext("Received: %(moment)s", moment=dates.in_full(submission.received_at)),
            *([gettext("Last changed: %(moment)s", moment=dates.in_full(changed_at))] if changed_at else []),
        ],
        [
            *([{"title": gettext("What you said of what you listed before"), "rows": became}] if became else ()),
            *(
                {"title": title, "rows": [row(one, answers) for page in pages for one in page.questions]}
                for title, pages in sections
            ),
        ],
    )


def became_row(one: Told) -> dict[str, Any]:
    """An item of an earlier round as a row of the copy: what it was, and what became of it."""
    words = [f"{line['question']} {line['answer']}" for line in one.shown]
    return {
        "question": one.name,
        "answer": [*words, ". ".join(part for part in (one.word, one.state.ended, one.state.text) if part)],
        "long": True,
        "listed": [],
    }


def last_changed(session: Session, submission_id: int) -> datetime | None:
    of_it = (SubmissionChange.submission_id == submission_id, col(SubmissionChange.question_id) != "")
    return session.exec(select(func.max(SubmissionChange.changed_at)).where(*of_it)).one()


def as_attachment(copy: Paper, reference: str) -> Attachment:
    """As a PDF; as a Word document where its letters cannot be printed, or are too many."""
    try:
        return Attachment(f"answers-{reference}.pdf", as_pdf(copy))
    except paper.Unprintable:
        return Attachment(f"answers-{reference}.docx", paper.as_docx(copy))


def download(copy: Paper, name: str, url: str, reference: str) -> Response:
    """The copy under this name, PDF or WORD; `url` is that of the page it is downloaded from."""
    if name == PDF:
        try:
            document = as_pdf(copy)
        except paper.Unprintable:
            return Redirect(f"{url}/{WORD}", status_code=303)
    else:
        document = paper.as_docx(copy)
    kind = name.rpartition(".")[2]
    return Response(
        document,
        media_type=paper.MEDIA_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="answers-{reference}.{kind}"'},
    )


def as_pdf(copy: Paper) -> bytes:
    if sum(len(block.words) for block in copy.blocks) > MOST_LETTERS:
        raise paper.Unprintable("There are more letters than are printed at once")
    return paper.as_pdf(copy)
