"""Staff put right what an organisation is called, of which kind it is and where it works."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector import dates
from collector.database import Database
from collector.findings import profile_changes
from collector.intake import belonging
from collector.organisations import directory, facts
from collector.organisations.facts import Facts
from collector.organisations.models import Organisation
from collector.profiles import areas, organisation_pages, pages, shown
from collector.review import replies
from collector.web.page import page as show
from collector.web.posted import Posted, first

URL = "/staff/organisations/{organisation_id:int}/facts"
NOT_KNOWN = "not-known"  # what the form says where no kind is
NAME_TAKEN = "Another organisation in the directory has this name. Choose another name, or put that one right first"


@dataclass(frozen=True)
class Typed:
    """The form as it was filled in."""

    name: str
    kind: str
    areas: tuple[str, ...]
    keeps_old_name: bool = False

    def facts(self, before: Facts) -> Facts:
        """Areas that the form does not offer stay."""
        unlisted = set(before.areas) - directory.area_names().keys()
        return Facts(self.name, "" if self.kind == NOT_KNOWN else self.kind, tuple(sorted({*self.areas, *unlisted})))


@get(URL, sync_to_thread=True)
def form(request: Request, database: NamedDependency[Database], organisation_id: FromPath[int]) -> Template:
    with database.reading() as session:
        return page(request, session, organisation_pages.find(session, organisation_id))


@post(URL, sync_to_thread=True)
def change(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    organisation_id: FromPath[int],
) -> Response:
    typed = typed_in(posted)
    with database.writing() as session:
        found = organisation_pages.find(session, organisation_id)
        if problems := problems_with(typed):
            return page(request, session, found, typed, seen=first(posted, "seen"), problems=problems)
        wanted = typed.facts(facts.of(session, found))
        try:
            before = facts.change(
                session,
                organisation_id,
                wanted,
                seen=first(posted, "seen"),
                staff_id=request.user.id,
                keeps_old_name=typed.keeps_old_name,
            )
        except facts.ChangedMeanwhile:
            session.rollback()
            return page(request, session, organisation_pages.find(session, organisation_id), typed, meanwhile=True)
        except facts.NameTaken as taken:
            session.rollback()
            found, by = (
                organisation_pages.find(session, organisation_id),
                session.get(Organisation, taken.organisation_id),
            )
            return page(
                request, session, found, typed, seen=first(posted, "seen"), problems={"name": NAME_TAKEN}, taken=by
            )
        if before is not None:
            # Areas show their organisations by name and kind, those that it left too.
            profile_changes.note_organisations(session, [organisation_id])
            profile_changes.note_areas(session, {areas.SCOTLAND, *before.areas, *wanted.areas})
        session.commit()
    return Redirect(f"{shown.profile_url(organisation_id)}#facts", status_code=303)


def typed_in(posted: Posted) -> Typed:
    chosen = tuple(area for area in posted.get("areas", []) if area in directory.area_names())
    keeps = bool(posted.get("old-name"))
    return Typed(" ".join(first(posted, "name").split()), first(posted, "kind"), chosen, keeps)


def problems_with(typed: Typed) -> dict[str, str]:
    """By field."""
    problems = {}
    if not typed.name:
        problems["name"] = "Enter the name of the organisation"
    elif len(typed.name) > directory.LONGEST_NAME:
        problems["name"] = f"Shorten the name to {directory.LONGEST_NAME} characters"
    elif fault := replies.fault_in(typed.name):
        problems["name"] = fault
    if typed.kind not in (*directory.KIND_WORDS, NOT_KNOWN):
        problems["kind"] = "Choose the kind of organisation, or that it is not known yet"
    return problems


def page(
    request: Request,
    session: Session,
    found: Organisation,
    typed: Typed | None = None,
    *,
    seen: str = "",
    problems: dict[str, str] | None = None,
    taken: Organisation | None = None,
    meanwhile: bool = False,
) -> Template:
    """`seen`: what the form was opened with, where it is not what stands now."""
    now, problems = facts.of(session, found), problems or {}
    changes = facts.history(session, found.id)
    told = changed_words(now, changes) if meanwhile else ""
    lines = [{"url": f"#{field}", "message": words} for field, words in problems.items()]
    return show(
        request,
        "profiles/organisation_facts.html",
        status_code=409 if meanwhile else 422 if problems else 200,
        sample=found.sample,
        organisation=pages.organisation_shown(found, list(now.areas)),
        seen=seen or now.mark,
        typed=typed or Typed(now.name, now.kind or NOT_KNOWN, now.areas),
        kinds=choices(directory.KIND_WORDS | {NOT_KNOWN: "Not known yet"}),
        areas=choices(directory.area_names()),
        said=said_besides(session, found.id, now),
        changes=changes,
        problems=problems,
        problem_lines=[*([{"url": "", "message": told}] if told else []), *lines],
        taken=pages.organisation_shown(taken, []) if taken else None,
        meanwhile=told,
    )


def changed_words(now: Facts, changes: list[facts.Change]) -> str:
    """Who changed it while the form was open, and when."""
    if changes and changes[0].after == now:
        return f"Changed by {changes[0].who} on {dates.in_full(changes[0].at)}, while you had this form open."
    return "Changed by an answer or a document that came while you had this form open."


def choices(words: dict[str, str]) -> list[dict[str, Any]]:
    return [{"id": id, "label": word, "hint": "", "exclusive": False} for id, word in words.items()]


def said_besides(session: Session, organisation_id: int, now: Facts) -> list[str]:
    """Areas that their answers name and that are none of theirs here: staff took them out."""
    return [
        directory.area_name(area) for area in sorted(belonging.areas_said(session, organisation_id) - set(now.areas))
    ]


handlers = [form, change]
