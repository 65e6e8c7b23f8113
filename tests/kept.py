"""What a running system's database holds, asked past the system, to hold its word against."""

from collections import Counter

from sqlalchemy import func
from sqlmodel import Session, SQLModel, col, select

from collector.database import Database
from collector.findings.models import Extract, Finding, Statement
from collector.intake import given, references
from collector.intake.models import Answers, Job, Passage, Source, Submission


def number_of(database: Database, table: type[SQLModel]) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def job_of(database: Database, reference: str) -> Job:
    """The job of a submission, by the reference that its sender was shown."""
    sent = select(Job).join(Source).join(Submission).where(Submission.reference == references.read(reference))
    with database.reading() as session:
        return session.exec(sent).one()


def job_of_document(database: Database, title: str) -> Job:
    with database.reading() as session:
        return session.exec(select(Job).join(Source).where(Source.title == title)).one()


def states_of(database: Database, references_: list[str]) -> Counter[str]:
    """How many of these submissions are in which state."""
    wanted = [references.read(one) for one in references_]
    states = select(Job.state).join(Source).join(Submission).where(col(Submission.reference).in_(wanted))
    with database.reading() as session:
        return Counter(session.exec(states))


def whole(database: Database, reference: str) -> dict[str, object]:
    """A submission as it was kept: its answers, the texts to analyse, and its jobs."""
    with database.reading() as session:
        sent = session.exec(select(Submission).where(Submission.reference == references.read(reference))).one()
        of_answers = Source.submission_id == sent.id, col(Source.upload_id).is_(None)
        source = session.exec(select(Source).where(*of_answers)).one()
        return {
            "answers": given.answers_of(session, sent.id),
            "texts": [passage.text for passage in passages_of(session, source.id)],
            "jobs": len(session.exec(select(Job.id).where(Job.source_id == source.id)).all()),
        }


def passages_of(session: Session, source_id: int) -> list[Passage]:
    chosen = select(Passage).where(Passage.source_id == source_id).order_by(col(Passage.position))
    return list(session.exec(chosen))


def finding_ids(database: Database, source_id: int) -> set[int]:
    chosen = select(Finding.id).join(Statement).join(Passage).where(Passage.source_id == source_id)
    with database.reading() as session:
        return set(session.exec(chosen))


def readings(database: Database, source_id: int) -> dict[str, set[tuple[object, ...]]]:
    """What was found in each different text of a source, once for each way it was read.

    A text that stands in a source many times is read the same each time, so that every set holds one reading.
    """
    with database.reading() as session:
        passages = passages_of(session, source_id)
        assert all(passage.analysed_by for passage in passages), "a passage has not been read"
        found: dict[str, set[tuple[object, ...]]] = {}
        for passage in passages:
            found.setdefault(passage.text, set()).add(reading_of(session, passage))
    return found


def reading_of(session: Session, passage: Passage) -> tuple[object, ...]:
    """Statements, labels and extracts of a passage, every row of each, by offsets into its text."""
    statements = select(Statement.start, Statement.end, Statement.model).where(Statement.passage_id == passage.id)
    labels = (
        select(Statement.start, Statement.end, Finding.family, Finding.label, Finding.model)
        .join(Finding)
        .where(Statement.passage_id == passage.id)
    )
    extracts = select(Extract.kind, Extract.start, Extract.end, Extract.model).where(Extract.passage_id == passage.id)
    return tuple(tuple(sorted(map(tuple, session.exec(chosen)))) for chosen in (statements, labels, extracts))


def orphans(database: Database) -> dict[str, int]:
    """Rows without what belongs to them: what a half-done write would leave."""
    with database.reading() as session:
        return {
            "submissions without a source": count_without(session, Submission, Source.submission_id),
            "submissions without answers": count_without(session, Submission, Answers.submission_id),
            "sources without a job": count_without(session, Source, Job.source_id),
            "sources without passages": count_without(session, Source, Passage.source_id),
        }


def count_without(session: Session, table: type[SQLModel], column: object) -> int:
    there = select(column).where(col(column).is_not(None))
    missing = select(func.count()).select_from(table).where(col(table.id).not_in(there))
    return session.exec(missing).one()
