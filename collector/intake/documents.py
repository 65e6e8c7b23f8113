"""Documents: plans, reports and notes that staff bring in, kept paragraph by paragraph."""

from sqlmodel import Session, select

from collector.intake.models import Job, Passage, Source


class KeptBefore(ValueError):
    """The same file is a source already."""


def keep(
    session: Session, *, title: str, content_hash: str, paragraphs: list[str], organisation_id: int | None = None
) -> int:
    """Keep a document with its passages and its job; returns the job's id. When this returns, it is committed."""
    if session.exec(select(Source.id).where(Source.content_hash == content_hash)).first():
        raise KeptBefore("This file has been brought in before")
    if not paragraphs:
        raise ValueError("There is no text in this file")
    source = Source(kind="document", title=title, content_hash=content_hash, organisation_id=organisation_id)
    session.add(source)
    session.flush()
    session.add_all(
        Passage(source_id=source.id, position=position, text=text) for position, text in enumerate(paragraphs, start=1)
    )
    job = Job(source_id=source.id, total=len(paragraphs))
    session.add(job)
    session.commit()
    return job.id
