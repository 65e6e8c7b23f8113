"""All that a submission gave to the questions: one row, so that a long form costs hardly more than a short one."""

from typing import Any

from sqlalchemy import ColumnElement, insert, update
from sqlmodel import Session, col, select

from collector.intake.models import Answers


def keep(session: Session, submission_id: int, answers: dict[str, Any]) -> None:
    session.connection().execute(insert(Answers.__table__), {"submission_id": submission_id, "given": answers})


def change(session: Session, submission_id: int, answers: dict[str, Any]) -> None:
    """Put these in the place of all that were given. To be called with the submission held."""
    session.exec(update(Answers).where(col(Answers.submission_id) == submission_id).values(given=answers))


def answers_of(session: Session, submission_id: int) -> dict[str, Any]:
    """By question id; nothing once the submission is withdrawn."""
    return session.exec(select(Answers.given).where(Answers.submission_id == submission_id)).first() or {}


def to(question_id: str) -> ColumnElement[Any]:
    """Of rows of `Answers`, what was given to this one question; null where that is nothing."""
    return col(Answers.given)[question_id]
