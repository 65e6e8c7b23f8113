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
from collector.intake.models import Round
from forms import answers as forms_answers
from forms import questionnaire as questionnaires

FILE = Path(__file__).parent / "sample_round.yaml"
QUESTIONNAIRE = "keeping-the-promise"


def is_loaded(session: Session) -> bool:
    return session.exec(select(Round.id).where(col(Round.sample).is_(True))).first() is not None


def load(session: Session) -> list[int]:
    """Load the sample round, or what is missing of it; returns the ids of the new jobs. Commits by submission."""
    content = yaml.safe_load(FILE.read_text("utf-8"))
    form = questionnaires.load(QUESTIONNAIRE)
    round_ = session.exec(select(Round).where(col(Round.sample).is_(True))).first() or open_round(
        session, content, form
    )
    received = [receive(session, round_, form, number, one) for number, one in enumerate(content["submissions"], 1)]
    return [one.job_id for one in received if one.new]


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
        idempotency_key=f"sample {number}",
        received_at=at_noon(one["received"]),
    )


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
