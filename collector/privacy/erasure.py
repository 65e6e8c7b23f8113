"""Erasure that reaches everything derived."""

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, delete, select

from collector.findings.models import Decision, Extract, Finding, StandingLabel, Statement
from collector.intake.models import Answer, Draft, Job, Passage, Round, Source, Submission
from collector.organisations.models import Organisation, OrganisationArea


def erase_sample(session: Session) -> int:
    """Take out the sample round and all that was made of it; returns how many submissions went. Commits."""
    round_ids = select(Round.id).where(col(Round.sample).is_(True))
    submission_ids = select(Submission.id).where(col(Submission.round_id).in_(round_ids))
    source_ids = select(Source.id).where(col(Source.sample).is_(True))
    passage_ids = select(Passage.id).where(col(Passage.source_id).in_(source_ids))
    statement_ids = select(Statement.id).where(col(Statement.passage_id).in_(passage_ids))
    organisation_ids = select(Organisation.id).where(col(Organisation.sample).is_(True))
    number = len(session.exec(submission_ids).all())
    for table, column, ids in (
        # The jobs first: a worker that is reading the sample finds its claim gone before it keeps anything more.
        (Job, "source_id", source_ids),
        (StandingLabel, "statement_id", statement_ids),
        (Decision, "statement_id", statement_ids),
        (Finding, "statement_id", statement_ids),
        (Extract, "passage_id", passage_ids),
        (Statement, "passage_id", passage_ids),
        (Passage, "source_id", source_ids),
        (Source, "id", source_ids),
        (Answer, "submission_id", submission_ids),
        (Draft, "round_id", round_ids),
        (Submission, "round_id", round_ids),
        (OrganisationArea, "organisation_id", organisation_ids),
        (Organisation, "id", organisation_ids),
        (Round, "id", round_ids),
    ):
        take_out(session, table, column, ids)
    session.commit()
    return number


def take_out(session: Session, table: type[SQLModel], column: str, ids: sa.Select) -> None:
    session.exec(delete(table).where(getattr(table, column).in_(ids)))
