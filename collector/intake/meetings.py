"""Meetings: notes that staff bring in as a source, paragraph by paragraph, with who was there."""

from collections.abc import Iterable
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from collector.database import insert_all, now
from collector.dates import LONDON
from collector.intake import keying, rounds
from collector.intake.models import Job, Meeting, MeetingDraft, Passage, Source, SourceOrganisation
from collector.intake.notes import Paragraph
from collector.organisations import directory, names
from collector.organisations.models import Organisation
from collector.organisations.names import Match
from forms.answers import Problem
from forms.questionnaire import Choice, Page
from forms.questions import Question

LONGEST_NOTES = 100_000
LONGEST_PARAGRAPH = 20_000
MOST_PARAGRAPHS = 1_000
# How like a name must be to be offered in the place of the one typed.
MAY_BE_MEANT = 0.75
NO_ROUND = "none"
ADD_NEW = "add-new"
PERMISSIONS = (
    Choice(id="with-name", label="Yes, with the names of the organisations that were there"),
    Choice(id="without-name", label="Yes, but without names"),
    Choice(id="do-not-publish", label="No, do not publish it"),
    keying.NOTHING_SAID,
)


class KeptBefore(ValueError):
    """These notes are a source already."""

    def __init__(self, source: Source) -> None:
        super().__init__("These notes are kept already")
        self.source = source


def facts_asked(session: Session) -> Page:
    """What is asked of a meeting besides its notes."""
    return Page(id="meeting", title="The meeting", questions=_facts(session))


def all_asked(session: Session) -> Page:
    return Page(id="meeting", title="The meeting", questions=(*_facts(session), NOTES))


def _facts(session: Session) -> tuple[Question, ...]:
    return (WHAT, _when(), WHERE, ORGANISATIONS, TO_ADD, ROLES, _round(session), PERMISSION)


WHAT = Question(id="title", type="text", label="What was the meeting?", missing="Enter what the meeting was")
WHERE = Question(
    id="place",
    type="text",
    label="Where was it?",
    hint="A town or a building, or “online”",
    missing="Enter where the meeting was, or “online”",
)
ORGANISATIONS = Question(
    id="organisations",
    type="long-text",
    label="Which organisations were there?",
    hint="One on each line, by its name in the directory or another that it goes by",
    optional=True,
    rows=5,
)
TO_ADD = Question(
    id=ADD_NEW,
    type="any-of",
    label="Organisations that the directory does not have",
    optional=True,
    choices=(Choice(id="yes", label="Add them to the directory under the names above"),),
)
ROLES = Question(
    id="roles",
    type="text",
    label="Who else was there?",
    hint="By what they do, like “two foster carers, a head teacher”. Do not name children, or anyone in care.",
    optional=True,
)
PERMISSION = Question(
    id="permission",
    type="one-of",
    label="May what was said be published?",
    hint="What those who were there said about it, not what we think they would say",
    missing="Choose whether what was said may be published",
    choices=PERMISSIONS,
)
NOTES = Question(
    id="notes",
    type="long-text",
    label="Notes",
    hint=(
        "Paste them here. A blank line or a bullet begins a new paragraph. A line that begins with # or ends with a"
        " colon or a question mark is taken as the heading of what follows. You see how it is split before it is kept."
    ),
    missing="Paste or write the notes of the meeting",
    rows=16,
    **{"max-length": LONGEST_NOTES},
)


def _when() -> Question:
    return Question(
        id="held-on",
        type="date",
        label="When was it?",
        hint="For example, 3 11 2026",
        missing="Enter the day of the meeting",
        earliest=date(2000, 1, 1),
        latest=rounds.local_date(),
    )


def _round(session: Session) -> Question:
    return Question(
        id="round",
        type="one-of",
        label="Does it belong to a round?",
        missing="Choose a round, or that it belongs to none",
        choices=tuple(_round_choices(session)),
    )


def _round_choices(session: Session) -> Iterable[Choice]:
    for round_, _, _ in session.exec(rounds.ROUNDS):
        yield Choice(id=f"round-{round_.id}", label=round_.title)
    yield Choice(id=NO_ROUND, label="It belongs to no round")


def unknown_organisations(session: Session, facts: dict[str, Any]) -> list[Problem]:
    """What to do about names that the directory does not have, or could not take."""
    if any(len(name) > directory.LONGEST_NAME for name in names_in(facts)):
        return [Problem("organisations", f"Shorten each name to {directory.LONGEST_NAME} characters, one on each line")]
    if facts.get(ADD_NEW):
        return []
    typed = names_in(facts)
    known = names.all_names(session) if typed else None
    matches = {name: names.meant(known, name) for name in typed}
    unknown = {name: match for name, match in matches.items() if match.organisation_id is None}
    if not unknown:
        return []
    said = " ".join(_not_known(name, match) for name, match in unknown.items())
    return [Problem("organisations", f"{said} Correct the name, or tick below to add it.")]


def _not_known(name: str, match: Match) -> str:
    """A name that may mean several is left open: whoever was there says which."""
    likely = [f"“{one.name}”" for one in match.candidates if one.score >= MAY_BE_MEANT]
    guess = f" Did you mean {' or '.join(likely)}?" if likely else ""
    return f"“{name}” is not in the directory.{guess}"


def names_in(facts: dict[str, Any]) -> list[str]:
    """The names typed, each once, without the bullets of a pasted list."""
    lines = (line.strip(" \t-*•") for line in facts.get("organisations", "").split("\n"))
    return list({key: line for line in lines if (key := directory.key_of(line))}.values())


def too_long(paragraphs: list[Paragraph]) -> list[Problem]:
    """What to do about notes that cannot be kept as they are split."""
    long = [number for number, one in enumerate(paragraphs, start=1) if len(one.text) > LONGEST_PARAGRAPH]
    if long:
        return [
            Problem(
                "notes", f"Part paragraph {long[0]} with a blank line: it has over {LONGEST_PARAGRAPH:,} characters"
            )
        ]
    if len(paragraphs) > MOST_PARAGRAPHS:
        return [Problem("notes", f"Add the notes in two parts: they have over {MOST_PARAGRAPHS:,} paragraphs")]
    return [] if paragraphs else [Problem("notes", NOTES.missing)]


def typed_so_far(session: Session, staff_id: int, *, to_change: bool = False) -> dict[str, list[str]]:
    """What this person has typed of a meeting and not kept; nothing where there is none."""
    chosen = select(MeetingDraft).where(MeetingDraft.staff_id == staff_id)
    draft = session.exec(chosen.with_for_update() if to_change else chosen).first()
    return draft.typed if draft else {}


def save_typed(session: Session, staff_id: int, typed: dict[str, list[str]]) -> None:
    session.merge(MeetingDraft(staff_id=staff_id, typed=typed))


def forget_typed(session: Session, staff_id: int) -> None:
    session.exec(delete(MeetingDraft).where(col(MeetingDraft.staff_id) == staff_id))


def keep(session: Session, *, facts: dict[str, Any], paragraphs: list[Paragraph], staff_id: int) -> tuple[int, int]:
    """Keep the notes with their passages and their job; returns the ids of the source and the job. Commits.

    What was typed of it goes in the same commit.
    """
    content_hash = hash_of(facts["notes"])
    if earlier := kept_as(session, content_hash):
        raise KeptBefore(earlier)
    source = Source(kind="meeting", title="", content_hash=content_hash)
    meeting = Meeting(held_on=now().date(), place="", permission="", staff_id=staff_id)
    try:
        session.add(source)
        session.flush()
        meeting.source_id = source.id
        put_facts(session, source, meeting, facts)
        insert_all(session, Passage, passage_rows(source.id, paragraphs))
        job = Job(source_id=source.id, total=len(paragraphs))
        session.add(job)
        forget_typed(session, staff_id)
        session.commit()
    except IntegrityError:  # kept by somebody else a moment ago
        session.rollback()
        earlier = kept_as(session, content_hash)
        if earlier is None:
            raise
        raise KeptBefore(earlier) from None
    return source.id, job.id


def passage_rows(source_id: int, paragraphs: list[Paragraph]) -> list[dict[str, Any]]:
    return [
        {"source_id": source_id, "position": position, "question": one.heading, "text": one.text}
        for position, one in enumerate(paragraphs, start=1)
    ]


def put_facts(session: Session, source: Source, meeting: Meeting, facts: dict[str, Any]) -> None:
    """Write what is known of the meeting, over what was. What it says of who spoke follows from who was there."""
    there = organisations_there(session, names_in(facts))
    meeting.held_on = date.fromisoformat(facts["held-on"])
    meeting.place, meeting.roles = facts["place"], facts.get("roles", "")
    meeting.round_id = None if facts["round"] == NO_ROUND else int(facts["round"].removeprefix("round-"))
    meeting.permission, meeting.permission_reason = permission_of(facts)
    source.title = facts["title"]
    # What was said where several were is nobody's in particular; see docs/decisions.
    source.organisation_id = there[0] if len(there) == 1 else None
    source.received_at = min(now(), datetime.combine(meeting.held_on, time(12), LONDON))
    session.add_all([source, meeting])
    session.exec(delete(SourceOrganisation).where(col(SourceOrganisation.source_id) == source.id))
    insert_all(session, SourceOrganisation, [{"source_id": source.id, "organisation_id": id} for id in there])


def organisations_there(session: Session, typed: list[str]) -> list[int]:
    """Ids of the organisations that were there, each once by whichever of its names; what is in no list is added."""
    known = names.all_names(session) if typed else None
    meant = {name: names.meant(known, name).organisation_id for name in typed}
    found = [id for id in meant.values() if id is not None]
    directory.hold_named(session, [name for name, id in meant.items() if id is None], also=found)
    return list(
        dict.fromkeys(directory.find_or_add(session, name=name) if id is None else id for name, id in meant.items())
    )


def permission_of(facts: dict[str, Any]) -> tuple[str, str]:
    answers, reason = keying.as_published({keying.PERMISSION: facts["permission"]})
    return answers[keying.PERMISSION], reason


def hash_of(notes: str) -> str:
    """The same for the same words, however their lines end."""
    return sha256("\n".join(line.strip() for line in notes.split("\n") if line.strip()).encode()).hexdigest()


def kept_as(session: Session, content_hash: str) -> Source | None:
    return session.exec(select(Source).where(Source.content_hash == content_hash)).first()


def find(session: Session, source_id: int, *, to_change: bool = False) -> tuple[Source, Meeting] | None:
    chosen = select(Source, Meeting).join(Meeting, col(Meeting.source_id) == Source.id).where(Source.id == source_id)
    return session.exec(chosen.with_for_update() if to_change else chosen).first()


def facts_of(session: Session, source: Source, meeting: Meeting) -> dict[str, Any]:
    """As they would be typed."""
    return {
        "title": source.title,
        "held-on": meeting.held_on.isoformat(),
        "place": meeting.place,
        "organisations": "\n".join(one.name for one in present(session, [source.id]).get(source.id, [])),
        "roles": meeting.roles,
        "round": f"round-{meeting.round_id}" if meeting.round_id else NO_ROUND,
        "permission": meeting.permission_reason or meeting.permission,
    }


def present(session: Session, source_ids: list[int]) -> dict[int, list[Organisation]]:
    """The organisations that were there, of those sources that tell of any, by name."""
    chosen = (
        select(SourceOrganisation.source_id, Organisation)
        .join(Organisation, col(Organisation.id) == SourceOrganisation.organisation_id)
        .where(col(SourceOrganisation.source_id).in_(source_ids))
        .order_by(Organisation.name_key)
    )
    found: dict[int, list[Organisation]] = {}
    for source_id, organisation in session.exec(chosen):
        found.setdefault(source_id, []).append(organisation)
    return found
