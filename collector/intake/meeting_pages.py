"""Staff add the notes of a meeting: its facts, the notes, how they are split, and then they are kept."""

from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake import conflicts, meetings, notes
from collector.intake.models import Meeting, Source
from collector.queue import Queue
from collector.web.page import page as show
from collector.web.posted import Posted, first
from forms import answers as forms_answers
from forms import dates as forms_dates
from forms.answers import Problem, Reading
from forms.questions import Page

NEW, CHECK = "/staff/meetings/new", "/staff/meetings/check"
# Long notes, each character written in up to 12 bytes by the browser.
LARGEST_POST = 12 * meetings.LONGEST_NOTES + 100_000
# What is known of a meeting, in the words of its page.
FACTS = {
    "title": "Meeting",
    "held-on": "Held",
    "place": "Where",
    "organisations": "Organisations",
    "roles": "Also there",
    "round": "Round",
    "permission": "Permission",
}
CLEAR = "clear"
SEEN = "_seen"  # in the form: a digest of what was kept of one's typing when it was shown


@get(NEW, sync_to_thread=True)
def new_meeting(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        typed = meetings.typed_so_far(session, request.user.id)
        return form(request, meetings.all_asked(session), Reading({}, typed=typed))


def form(
    request: Request, asked: Page, reading: Reading, *, kept: Source | None = None, over: Posted | None = None
) -> Template:
    """`over` are notes of another meeting that these would be written over; else what is typed here is saved."""
    return show(
        request,
        "intake/meeting.html",
        status_code=422 if reading.problems else 200,
        asked=shown_questions(asked, reading),
        typed=reading.typed,
        date_parts=forms_dates.parts,
        problems=reading.problems,
        kept=kept and {"title": kept.title, "url": source_url(kept.id), "on": kept.received_at},
        action=NEW,
        hidden={SEEN: conflicts.digest(reading.typed if over is None else over)},
        begun=bool(reading.typed),
    )


def shown_questions(asked: Page, reading: Reading) -> list[Any]:
    """Whether to add to the directory is asked only of who names somebody that it does not have."""
    needed = reading.typed.get(meetings.ADD_NEW) or any(one.question_id == "organisations" for one in reading.problems)
    return [one for one in asked.questions if needed or one.id != meetings.ADD_NEW]


def source_url(source_id: int) -> str:
    return f"/staff/sources/{source_id}"


@post(NEW, sync_to_thread=True, request_max_body_size=LARGEST_POST)
def type_meeting(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    """Whatever was typed is saved, right or wrong, so that no way back through the browser loses it."""
    with database.writing() as session:
        if CLEAR in posted:
            meetings.forget_typed(session, request.user.id)
            session.commit()
            return Redirect(NEW, status_code=303)
        asked = meetings.all_asked(session)
        reading = checked(session, asked, posted)
        before = meetings.typed_so_far(session, request.user.id, to_change=True)
        if are_others(before, posted, reading.typed):
            return form(request, asked, Reading({}, (told_of_others(before),), reading.typed), over=before)
        meetings.save_typed(session, request.user.id, reading.typed)
        session.commit()
        kept = kept_as(session, reading)
    if reading.problems or kept:
        return told_of(request, asked, reading, kept)
    return Redirect(CHECK, status_code=303)


def are_others(before: Posted, posted: Posted, typed: Posted) -> bool:
    """Whether notes of another meeting were typed since the form was shown, as in another window."""
    known = not before or first(posted, SEEN) in ("", conflicts.digest(before))
    return not known and all(before.get(name) != typed.get(name) for name in ("title", "notes"))


def told_of_others(before: Posted) -> Problem:
    title = first(before, "title").strip() or "another meeting"
    told = f"You have begun the notes of “{title}” in another window. Keep those first; or save here again to lose them"
    return Problem("notes", told)


@get(CHECK, sync_to_thread=True)
def check_meeting(request: Request, database: NamedDependency[Database]) -> Response:
    with database.reading() as session:
        asked = meetings.all_asked(session)
        typed = meetings.typed_so_far(session, request.user.id)
        reading = checked(session, asked, typed)
    return Redirect(NEW, status_code=303) if reading.problems else preview(request, asked, reading, typed)


@post(CHECK, sync_to_thread=True)
def keep_meeting(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
) -> Response:
    with database.writing() as session:
        typed = meetings.typed_so_far(session, request.user.id, to_change=True)
        if not typed:  # pressed twice
            return Redirect("/staff/sources?kind=meeting", status_code=303)
        if first(posted, SEEN) not in ("", conflicts.digest(typed)):  # typed on in another window: look again
            return Redirect(CHECK, status_code=303)
        asked = meetings.all_asked(session)
        reading = checked(session, asked, typed)
        if reading.problems:
            return Redirect(NEW, status_code=303)
        paragraphs = notes.split(reading.answers["notes"])
        try:
            source_id, job_id = meetings.keep(
                session, facts=reading.answers, paragraphs=paragraphs, staff_id=request.user.id
            )
        except meetings.KeptBefore as problem:
            return told_of(request, asked, reading, problem.source)
    queue.ask_for_analysis([job_id])
    return Redirect(source_url(source_id), status_code=303)


def checked(session: Session, asked: Page, posted: Posted) -> Reading:
    reading = forms_answers.read(asked, posted)
    problems = [*reading.problems, *meetings.unknown_organisations(session, reading.answers)]
    if "notes" in reading.answers:
        problems += meetings.too_long(notes.split(reading.answers["notes"]))
    return Reading(reading.answers, tuple(problems), reading.typed)


def kept_as(session: Session, reading: Reading) -> Source | None:
    return meetings.kept_as(session, meetings.hash_of(reading.answers["notes"])) if "notes" in reading.answers else None


def told_of(request: Request, asked: Page, reading: Reading, kept: Source | None) -> Template:
    """The form again, with what is the matter."""
    told = [Problem("notes", "These notes are kept already. They were not kept twice.")] if kept else []
    return form(request, asked, Reading(reading.answers, (*reading.problems, *told), reading.typed), kept=kept)


def preview(request: Request, asked: Page, reading: Reading, typed: Posted) -> Template:
    questions = [one for one in asked.questions if one.id in reading.answers and one.id in FACTS]
    return show(
        request,
        "intake/meeting_preview.html",
        rows=[fact(one, reading.answers) for one in questions],
        paragraphs=notes.split(reading.answers["notes"]),
        hidden={SEEN: conflicts.digest(typed)},
        action=CHECK,
        edit_url=NEW,
    )


def fact(question: Any, answers: dict[str, Any]) -> dict[str, str]:
    value = answers[question.id]
    shown = ", ".join(meetings.names_in(answers)) if question.id == "organisations" else None
    return {"key": FACTS[question.id], "value": shown or forms_answers.shown(question, value)}


@get("/staff/meetings/{meeting_id:int}", sync_to_thread=True)
def meeting_facts(request: Request, database: NamedDependency[Database], meeting_id: FromPath[int]) -> Template:
    with database.reading() as session:
        source, meeting = found(session, meeting_id)
        facts = meetings.facts_of(session, source, meeting)
        asked = meetings.facts_asked(session)
    typed = {name: forms_answers.listed(value) for name, value in facts.items()}
    return facts_form(request, meeting_id, asked, Reading({}, typed=typed), facts)


def found(session: Session, source_id: int, *, to_change: bool = False) -> tuple[Source, Meeting]:
    row = meetings.find(session, source_id, to_change=to_change)
    if row is None:
        raise NotFoundException("There are no notes of a meeting at this address")
    return row


def facts_form(request: Request, source_id: int, asked: Page, reading: Reading, facts: dict[str, Any]) -> Template:
    return show(
        request,
        "intake/meeting_facts.html",
        status_code=422 if reading.problems else 200,
        asked=shown_questions(asked, reading),
        typed=reading.typed,
        date_parts=forms_dates.parts,
        problems=reading.problems,
        hidden={SEEN: conflicts.written(conflicts.digests_of(facts))},
        action=f"/staff/meetings/{source_id}",
        source_url=source_url(source_id),
    )


handlers = [new_meeting, type_meeting, check_meeting, keep_meeting, meeting_facts]
