"""Documents: plans, reports and notes that staff bring in, kept paragraph by paragraph."""

import re

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from collector.intake.models import Job, Passage, Source

BEFORE = "This file has been brought in before"
LONGEST_TITLE = 200
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class KeptBefore(ValueError):
    """The same file is a source already."""


def keep(
    session: Session,
    *,
    title: str,
    content_hash: str,
    paragraphs: list[str],
    questions: list[str] | None = None,
    places: list[str] | None = None,
    organisation_id: int | None = None,
) -> int:
    """Keep a document with its passages and its job; returns the job's id. When this returns, it is committed.

    `questions` are what was asked and `places` where it stands, one for each paragraph.
    """
    if session.exec(select(Source.id).where(Source.content_hash == content_hash)).first():
        raise KeptBefore(BEFORE)
    if not paragraphs:
        raise ValueError("There is no text in this file")
    source = Source(kind="document", title=storable(title), content_hash=content_hash, organisation_id=organisation_id)
    session.add(source)
    try:
        session.flush()
    except IntegrityError as problem:  # brought in by somebody else a moment ago
        raise KeptBefore(BEFORE) from problem
    add_passages(session, source.id, paragraphs, questions=questions, places=places)
    job = Job(source_id=source.id, total=len(paragraphs))
    session.add(job)
    session.commit()
    return job.id


def add_passages(
    session: Session,
    source_id: int,
    texts: list[str],
    *,
    questions: list[str] | None = None,
    places: list[str] | None = None,
) -> None:
    """A character that not every database holds (NUL, half of a surrogate pair) is kept as �, so that all others stay
    where they are."""
    nothing = [""] * len(texts)
    session.add_all(
        Passage(
            source_id=source_id,
            position=position,
            question=storable(question),
            place=storable(place),
            text=storable(text),
        )
        for position, (text, question, place) in enumerate(
            zip(texts, questions or nothing, places or nothing, strict=True), start=1
        )
    )


def storable(text: str) -> str:
    return UNSTORABLE.sub("\ufffd", text)
