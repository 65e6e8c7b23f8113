"""Uploads: files that people send as evidence, kept as they are, with a draft at first and then with its submission."""

import io
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlmodel import Session, col, delete, func, select, update

from collector.accounts import secrets
from collector.database import insert_all, insert_one
from collector.intake import documents, file_kinds, file_names
from collector.intake.file_kinds import Refused as Refused
from collector.intake.models import Draft, Job, Keying, Source, Upload, UploadPart
from forms import answers as forms_answers
from forms.speech import gettext, message

PART = 512 * 1024
# What is not sent yet may come from anybody. So much of it is kept at a time, so that nobody fills the disk.
MOST_UNSENT = 20 * 1024**3
FULL = message(
    "We cannot take any more files today. What you wrote is saved. Send it without the file, or try again tomorrow"
)

Holder = Draft | Keying  # of files that are not sent yet


class SameAgain(ValueError):
    """The draft has this very file at this question already."""


def keep(
    session: Session,
    name: str,
    content: BinaryIO | bytes,
    *,
    draft: Holder | None = None,
    submission_id: int | None = None,
    question_id: str = "",
    original: bool = False,
) -> Upload:
    """Keep a file, of a draft or of a submission; as an `original` it may also be a scan or a mail.

    Checked here: `Refused` says to its sender what to do about it, `SameAgain` that the draft has the same file at the
    same question: it is kept once.
    """
    content = io.BytesIO(content) if isinstance(content, bytes) else content
    kind = file_kinds.kind_of_original(name, content) if original else file_kinds.kind_of(name, content)
    digest, size = _digest(content)
    if draft is not None:
        _check_draft(session, draft, question_id, digest, size)
    upload_id = insert_one(
        session,
        Upload,
        key=secrets.fresh(),
        **({_column_of(draft): draft.id} if draft else {}),
        submission_id=submission_id,
        question_id=question_id,
        original=original,
        name=file_names.plain(name),
        kind=kind,
        size=size,
        sha256=digest,
    )
    for number, part in enumerate(_parts(content), start=1):
        insert_all(session, UploadPart, [{"upload_id": upload_id, "number": number, "content": part}])
    return session.get_one(Upload, upload_id)


def _column_of(draft: Holder) -> str:
    return "keying_id" if isinstance(draft, Keying) else "draft_id"


def _of(draft: Holder) -> sa.ColumnElement[bool]:
    return getattr(Upload, _column_of(draft)) == draft.id


def _check_draft(session: Session, draft: Holder, question_id: str, digest: str, size: int) -> None:
    same = select(Upload.id).where(_of(draft), Upload.question_id == question_id, Upload.sha256 == digest)
    if session.exec(same).first():
        raise SameAgain
    unsent = session.exec(select(func.sum(Upload.size)).where(col(Upload.draft_id).is_not(None))).one()
    if (unsent or 0) + size > MOST_UNSENT:
        raise Refused(gettext(FULL))


def _digest(content: BinaryIO) -> tuple[str, int]:
    digest, size = sha256(), 0
    for part in _parts(content):
        digest.update(part)
        size += len(part)
    return digest.hexdigest(), size


def _parts(content: BinaryIO) -> Iterator[bytes]:
    content.seek(0)
    while part := content.read(PART):
        yield part


def of_draft(session: Session, draft: Holder, question_id: str) -> list[Upload]:
    held = select(Upload).where(_of(draft), Upload.question_id == question_id)
    return list(session.exec(held.order_by(col(Upload.id))))


def of_submission(session: Session, submission_id: int) -> list[Upload]:
    """The files that its respondent sent; not the letter itself that it was keyed from."""
    sent = select(Upload).where(Upload.submission_id == submission_id, col(Upload.original).is_(False))
    return list(session.exec(sent.order_by(col(Upload.id))))


def originals(session: Session, keyed: Keying) -> list[Upload]:
    held = select(Upload).where(_of(keyed), col(Upload.original).is_(True))
    return list(session.exec(held.order_by(col(Upload.id))))


def answer(session: Session, draft: Holder, question_id: str) -> list[str]:
    """What the draft has to say at a question that asks for files."""
    return [forms_answers.file_value(one.key, one.name) for one in of_draft(session, draft, question_id)]


def shown(session: Session, draft: Holder | None, question_id: str) -> list[dict[str, str]]:
    held = of_draft(session, draft, question_id) if draft else []
    return [{"key": one.key, "name": one.name, "size": file_names.size_shown(one.size)} for one in held]


def find(session: Session, draft: Holder, key: str) -> Upload | None:
    """A file of this draft; that of another one cannot be reached with its key alone."""
    return session.exec(select(Upload).where(Upload.key == key, _of(draft))).first()


def remove(session: Session, draft: Holder, question_id: str, key: str) -> bool:
    """Take a file out of a draft for good; False where it is not there, or not any more."""
    held = delete(Upload).where(col(Upload.key) == key, _of(draft), col(Upload.question_id) == question_id)
    return session.exec(held).rowcount == 1


def content_of(session: Session, upload_id: int) -> Iterator[bytes]:
    """The file in parts, as they are asked for."""
    numbers = select(UploadPart.number).where(UploadPart.upload_id == upload_id).order_by(col(UploadPart.number))
    for number in list(session.exec(numbers)):
        yield part_of(session, upload_id, number)


def part_of(session: Session, upload_id: int, number: int) -> bytes:
    """Nothing after the last part, or where the file is gone."""
    wanted = select(UploadPart.content).where(UploadPart.upload_id == upload_id, UploadPart.number == number)
    return session.exec(wanted).first() or b""


def send(session: Session, draft: Holder, answers: Iterable[Any], values: dict[str, Any]) -> list[int]:
    """Give the files of a draft that stand in these answers to its submission, each a source of its own to be read.

    `values` are those of the source. Returns the ids of the jobs. What was added and is not sent goes; the original
    goes along, and is no source.
    """
    keys = {forms_answers.file_key(value) for value in answers}
    held = select(Upload).where(_of(draft)).order_by(col(Upload.id))
    sent = [one for one in session.exec(held) if one.key in keys]
    ids = [one.id for one in sent]
    to_submission = update(Upload).where(col(Upload.id).in_(ids))
    session.exec(to_submission.values(draft_id=None, keying_id=None, submission_id=values["submission_id"]))
    session.exec(delete(Upload).where(_of(draft), col(Upload.original).is_(False)))
    session.exec(update(Upload).where(_of(draft)).values(submission_id=values["submission_id"]))
    return [add_source(session, one, values) for one in sent]


def add_source(session: Session, upload: Upload, values: dict[str, Any]) -> int:
    """The file as a source, and the job to take it apart and read it; returns the job's id."""
    source_id = insert_one(session, Source, kind="document", title=upload.name, upload_id=upload.id, **values)
    return insert_one(session, Job, source_id=source_id, total=0)


def to_take_apart(session: Session, source_id: int) -> Upload | None:
    """The file that this source's passages are still to be made from."""
    sent = select(Upload).join(Source, col(Source.upload_id) == Upload.id)
    return session.exec(sent.where(Source.id == source_id, Upload.state != "read")).first()


def keep_passages(session: Session, source_id: int, texts: list[str], places: list[str], *, unread: str) -> None:
    """Keep what a file was taken apart into; `unread` says what of it could not be read. Once, however often called."""
    upload = to_take_apart(session, source_id)
    if upload is None:
        return
    documents.add_passages(session, source_id, texts, places=places)
    session.exec(update(Job).where(col(Job.source_id) == source_id).values(total=len(texts)))
    upload.state, upload.reason = "read", unread
    session.add(upload)


def refuse(session: Session, source_id: int, *, reason: str) -> None:
    upload = to_take_apart(session, source_id)
    if upload is not None:
        upload.state, upload.reason = "refused", reason
        session.add(upload)
