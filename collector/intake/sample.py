"""The sample round: invented organisations and people, so that a newcomer sees the system at work.

Everything of it hangs on the round's `sample` mark, shows that mark, and goes with one command
(`collector.privacy.erasure.erase_sample`).
"""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import yaml
from sqlmodel import Session, col, select

from collector.intake import rounds, submissions
from collector.intake.models import Round, Submission
from forms import answers as forms_answers
from forms import questionnaire as questionnaires

FILE = Path(__file__).parent / "sample_round.yaml"
QUESTIONNAIRE = "keeping-the-promise"


def is_loaded(session: Session) -> bool:
    return session.exec(select(Round.id).where(col(Round.sample).is_(True))).first() is not None


def load(session: Session) -> list[int]:
    """Load the sample round, or what is missing of it; returns the ids of the new jobs. Commits by submission.

    What is there already stays as it is, also when the file has changed since.
    """
    content = yaml.load(FILE.read_text("utf-8"), yaml.CSafeLoader)
    round_ = session.exec(select(Round).where(col(Round.sample).is_(True))).first()
    round_ = round_ or open_round(session, content, questionnaires.load(QUESTIONNAIRE))
    form = rounds.questionnaire_of(session, round_.questionnaire_id)
    there = set(session.exec(select(Submission.idempotency_key).where(Submission.round_id == round_.id)))
    numbered = enumerate(content["submissions"], start=1)
    missing = [(number, one) for number, one in numbered if key_of(number) not in there]
    return [receive(session, round_, form, number, one).job_id for number, one in missing]


def key_of(number: int) -> str:
    return f"sample {number}"


def open_round(session: Session, content: dict[str, Any], form: questionnaires.Questionnaire) -> Round:
    opened_at = at_noon(min(one["received"] for one in content["submissions"]))
    return rounds.open_round(session, form, **content["round"], sample=True, opened_at=opened_at)


def receive(
    session: Session, round_: Round, form: questionnaires.Questionnaire, number: int, one: dict[str, Any]
) -> submissions.Received:
    reading = forms_answers.read_whole(form, one["answers"])
    if reading.problems:
        raise ValueError(f"Submission {number} of the sample round: {reading.problems[0]}")
    return submissions.receive(
        session,
        round_=round_,
        questionnaire=form,
        questionnaire_id=round_.questionnaire_id,
        answers=reading.answers,
        idempotency_key=key_of(number),
        received_at=at_noon(one["received"]),
    )


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
