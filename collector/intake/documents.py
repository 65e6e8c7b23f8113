"""Documents: plans, reports and notes that staff bring in, kept paragraph by paragraph.

A document was written before it was brought in. Where its own date is known, it stands for when it was said.
"""

import re
from datetime import date, datetime, time

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from collector import dates
from collector.database import now
from collector.intake import jobs, rounds
from collector.intake.models import Job, Passage, Source

NOT_KNOWN = "date of the document not known"
EARLIEST = date(1900, 1, 1)
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
    published_on: date | None = None,
) -> int:
    """Keep a document with its passages and its job; returns the job's id. When this returns, it is committed.

    `questions` are what was asked and `places` where it stands, one for each paragraph; `published_on` is the
    document's own date. ValueError where that cannot be.
    """
    if published_on and (fault := fault_of(published_on)):
        raise ValueError(fault)
    if session.exec(select(Source.id).where(Source.content_hash == content_hash)).first():
        raise KeptBefore(BEFORE)
    if not paragraphs:
        raise ValueError("There is no text in this file")
    source = Source(kind="document", title=storable(title), content_hash=content_hash, organisation_id=organisation_id)
    if published_on:
        source.received_at, source.added_at = noon(published_on), source.received_at
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


# -- Its own date -----------------------------------------------------------------------------------------


def is_one(source: Source) -> bool:
    """Whether it is a document that staff brought in; a file that was sent with answers was said on the day it came."""
    return source.kind == "document" and source.submission_id is None and source.upload_id is None


def date_of(source: Source) -> date | None:
    """Nothing where it is no document, or nobody has said its date."""
    return dates.local_day(source.received_at) if source.added_at else None


def is_undated(source: Source) -> bool:
    return is_one(source) and source.added_at is None


def said_on(source: Source) -> date | None:
    """The day from which "within 18 months" counts; of a document that might be of any year, none."""
    return date_of(source) if is_one(source) else source.received_at.date()


def told(source: Source) -> str:
    """When it was said, and of a document when it was brought in."""
    day = dates.in_words(source.received_at)
    if source.added_at:
        return f"published {day}, added {dates.in_words(source.added_at)}"
    return f"added {day}, {NOT_KNOWN}" if is_undated(source) else f"received {day}"


def title_told(source: Source) -> str:
    """Where words are from; of a document whose date nobody knows, that too, in the place of a day."""
    return f"{source.title}, {NOT_KNOWN}" if is_undated(source) else source.title


def day_told(source: Source) -> date | None:
    """When it was said, where that is known."""
    return None if is_undated(source) else dates.local_day(source.received_at)


def fault_of(day: date) -> str:
    """What is wrong with a date that a document is said to have; empty where nothing is."""
    if day > rounds.local_date():
        return f"the date of a document cannot be in the future: {dates.in_words(day)} is still to come"
    return f"the date of a document must be {dates.in_words(EARLIEST)} or later" if day < EARLIEST else ""


def put_date(session: Session, source_id: int, day: date | None) -> int | None:
    """Say of when a document is, or that nobody knows, and have it read again for the days of what it promises.

    Returns the job, None where nothing changes. The caller commits.
    """
    jobs.hold(session, [source_id])
    source = session.get_one(Source, source_id, with_for_update={"key_share": True}, populate_existing=True)
    if day == date_of(source):
        return None
    added_at = source.added_at or source.received_at
    source.received_at, source.added_at = (noon(day), added_at) if day else (added_at, None)
    session.add(source)
    session.flush()
    standing = (col(Passage.source_id) == source_id, col(Passage.retired_at).is_(None))
    total = session.exec(select(func.count()).select_from(Passage).where(*standing)).one()
    return jobs.ask_again(session, source_id, total=total)


def holds_still(session: Session, source_id: int, day: date | None) -> bool:
    """Whether the own date of a document is this still, and will be until the commit; what is none has none."""
    chosen = select(Source).where(Source.id == source_id, Source.kind == "document").with_for_update(read=True)
    found = session.exec(chosen.execution_options(populate_existing=True)).first()
    return found is None or date_of(found) == day


def noon(day: date) -> datetime:
    """Of today no later than now: nothing was said in the future."""
    return min(now(), datetime.combine(day, time(12), dates.LONDON))


def storable(text: str) -> str:
    return UNSTORABLE.sub("\ufffd", text)
