"""Documents: plans, reports and notes that staff bring in, kept paragraph by paragraph."""

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from collector.intake.models import Job, Passage, Source

BEFORE = "This file has been brought in before"


class KeptBefore(ValueError):
    """The same file is a source already."""


def keep(
    session: Session, *, title: str, content_hash: str, paragraphs: list[str], organisation_id: int | None = None
) -> int:
    """Keep a document with its passages and its job; returns the job's id. When this returns, it is committed."""
    if session.exec(select(Source.id).where(Source.content_hash == content_hash)).first():
        raise KeptBefore(BEFORE)
    if not paragraphs:
        raise ValueError("There is no text in this file")
    source = Source(kind="document", title=title, content_hash=content_hash, organisation_id=organisation_id)
    session.add(source)
    try:
        session.flush()
    except IntegrityError as problem:  # brought in by somebody else a moment ago
        raise KeptBefore(BEFORE) from problem
    session.add_all(
        Passage(source_id=source.id, position=position, text=text) for position, text in enumerate(paragraphs, start=1)
    )
    job = Job(source_id=source.id, total=len(paragraphs))
    session.add(job)
    session.commit()
    return job.id
