"""Staff take out a source for good, see what was taken out, and change what is known of a meeting."""

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from collector.accounts import staff
from collector.database import Database
from collector.findings import reported
from collector.intake import conflicts, meetings
from collector.intake.meeting_pages import SEEN, checked, facts_form, found, source_url
from collector.intake.models import Meeting, Source
from collector.privacy import erasure
from collector.web.page import page as show
from collector.web.posted import Posted, first
from forms import answers as forms_answers
from forms.answers import Reading
from forms.questions import Page, Question

# What of a meeting stands in reports, or says what may.
TOLD = ("title", "organisations", "permission")
ASKED = Page(
    id="remove",
    title="Remove the notes",
    questions=(
        Question(
            id="why",
            type="text",
            label="Why are they removed?",
            hint="This stays, so do not repeat here what has to go",
            missing="Enter why the notes are removed",
        ),
    ),
)


@get("/staff/meetings/{meeting_id:int}/remove", sync_to_thread=True)
def ask_to_remove(request: Request, database: NamedDependency[Database], meeting_id: FromPath[int]) -> Template:
    with database.reading() as session:
        source, meeting = found(session, meeting_id)
    return form(request, source, meeting, Reading({}))


def form(request: Request, source: Source, meeting: Meeting, reading: Reading) -> Template:
    return show(
        request,
        "privacy/remove.html",
        status_code=422 if reading.problems else 200,
        title=source.title,
        held_on=meeting.held_on,
        asked=ASKED.questions,
        typed=reading.typed,
        problems=reading.problems,
        action=f"/staff/meetings/{source.id}/remove",
        source_url=source_url(source.id),
    )


@post("/staff/meetings/{meeting_id:int}/remove", sync_to_thread=True)
def remove(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], meeting_id: FromPath[int]
) -> Response:
    reading = forms_answers.read(ASKED, posted)
    with database.writing() as session:
        source, meeting = found(session, meeting_id, to_change=True)
        if reading.problems:
            return form(request, source, meeting, reading)
        erasure.remove_meeting(session, meeting_id, staff_id=request.user.id, why=reading.answers["why"])
    return Redirect("/staff/removed", status_code=303)


@post("/staff/meetings/{meeting_id:int}", sync_to_thread=True)
def change_meeting(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], meeting_id: FromPath[int]
) -> Response:
    """Other facts in the place of those that were kept: reports that told them are withdrawn."""
    with database.writing() as session:
        source, meeting = found(session, meeting_id, to_change=True)
        asked = meetings.facts_asked(session)
        facts = meetings.facts_of(session, source, meeting)
        reading = conflicts.merged(asked, checked(session, asked, posted), facts, first(posted, SEEN))
        if reading.problems:
            return facts_form(request, meeting_id, asked, reading, facts)
        meetings.put_facts(session, source, meeting, reading.answers)
        now_known = meetings.facts_of(session, source, meeting)
        if any(now_known[name] != facts[name] for name in TOLD):
            reported.meeting_changed(session, meeting_id)
        session.commit()
    return Redirect(source_url(meeting_id), status_code=303)


@get("/staff/removed", sync_to_thread=True)
def removed(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        rows = [
            {
                "number": one.source_id,
                "passages": one.passages,
                "why": one.why,
                "by": staff.name_of(session, one.staff_id),
                "at": one.removed_at,
            }
            for one in erasure.removals(session)
        ]
    return show(request, "privacy/removed.html", rows=rows)


handlers = [ask_to_remove, remove, change_meeting, removed]
