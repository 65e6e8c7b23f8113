"""The profile of one organisation, for staff: what to know before a meeting first, then all that is held."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy import or_
from sqlmodel import Session, col, select

from collector.accounts.access import Person
from collector.database import Database
from collector.findings import profile_changes
from collector.frameworks import plan
from collector.intake import documents, item_states, meetings, partners, rounds
from collector.intake.models import Job, Round, Source, SourceOrganisation
from collector.organisations import directory, facts, leads
from collector.organisations.models import Organisation
from collector.profiles import (
    asked,
    changes,
    committed,
    kept,
    lines,
    listed,
    others,
    question_words,
    questions,
    report_replies,
    reports,
    shown,
    statistics,
    summed_up,
)
from collector.profiles.pages import organisation_shown
from collector.profiles.promises import COMMITMENT
from collector.profiles.statements import ACTION, NO_AREA, THEME
from collector.review import acts, heard_pages, reading, steps
from collector.web.page import page as show
from collector.web.posted import Posted, first

NAMED_AT_ONCE = 5  # statements of others
REPLIES_AT_ONCE = 5
COMMITTED_AT_ONCE = 8
LONGEST_WHY = 500


@get("/staff/organisations/{organisation_id:int}", sync_to_thread=True)
def organisation(request: Request, database: NamedDependency[Database], organisation_id: FromPath[int]) -> Template:
    with database.reading() as session:
        return page(request, session, find(session, organisation_id))


def page(
    request: Request,
    session: Session,
    found: Organisation,
    *,
    problems: dict[str, str] | None = None,
    typed: Posted | None = None,
) -> Template:
    profile = kept.of_organisation(session, found.id)
    listed_ = listed.by_kind_and_area(session, found.id, no_area=NO_AREA)
    ended = item_states.ended_of(session, partners.speaks_for(found.id))
    named, named_in_all = others.ids_of(session, found, at_most=NAMED_AT_ONCE)
    wanted = [*shown.line_ids(profile.content), *named, *cited_in(profile.content)]
    told = lines.by_id(session, wanted)
    sources, more = sources_of(session, found.id), shown.more_of(shown.profile_url(found.id))
    return show(
        request,
        "profiles/organisation.html",
        status_code=422 if problems else 200,
        sample=found.sample,
        organisation=organisation_shown(found, directory.areas_of(session, [found.id])[found.id]),
        built_at=profile.built_at,
        figures=shown.figures_shown(profile.content["cells"]),
        statements=profile.content["statements"],
        summary=summary_shown(session, found.id),
        committed=committed_shown(profile.content, told, listed_, Counter(one.state.state for one in ended)),
        questions=questions_shown(session, profile.content, told, items_by_key(listed_), found.id),
        since=since_shown(session, profile.content, told, found.id),
        leads=leads_shown(session, found.id),
        changes=facts.history(session, found.id),
        actions=[
            {"id": one.id, "label": one.title, "group": plan.title("priority_areas", one.priority_area)}
            for one in plan.current().actions
        ],
        asked=asked.in_rounds(session, found.id, sample=found.sample),
        named=[shown.line_shown(told[id]) for id in named if id in told],
        named_in_all=named_in_all,
        replies=replies_shown(session, found.id),
        areas=shown.areas_shown(profile.content, told, listed_, more, found.id),
        fundamentals=shown.fundamentals_shown(profile.content, told, more, found.id),
        ended=ended,
        grid=shown.grid_shown(profile.content["cells"]),
        statistics=statistics.of_organisation(session, found.id),
        sources=sources,
        waiting=sum(one["state"]["id"] != "analysed" for one in sources),
        may_edit=request.user.role is Person.REVIEWER,
        problems=problems or {},
        problem_lines=[{"url": f"#{field}", "message": words} for field, words in (problems or {}).items()],
        typed={name: first(typed, name) for name in ("action", "why")} if typed else {"action": "", "why": ""},
    )


def replies_shown(session: Session, organisation_id: int) -> list[dict[str, Any]]:
    """What they said to reports on them, the newest first."""
    found = report_replies.newest(session, "organisation", str(organisation_id), at_most=REPLIES_AT_ONCE)
    return [
        {
            "said": report_replies.block_of(one),
            "report": one.report_id,
            "url": f"{reports.url_of(one.report_id)}/replies",
        }
        for one in found
    ]


def leads_shown(session: Session, organisation_id: int) -> list[dict[str, Any]]:
    held = leads.of(session, organisation_id)
    return [{"id": one.id, "title": plan.title("actions", one.action), "why": one.why} for one in held]


def cited_in(content: dict[str, Any]) -> list[int]:
    """The statements that questions, commitments and changes are shown with."""
    asked_for = [id for one in content["questions"] for id in one["statements"]]
    held = committed_in(content)
    promised = [*(id for id, _ in held["promised"]), *(id for *_, ids in held["items"] for id in ids)]
    return [*asked_for, *promised, *changes.cited_in(content["since"])]


def committed_in(content: dict[str, Any]) -> dict[str, list[Any]]:
    """Nothing in a profile that was kept before there was any, for at most a day."""
    return content.get("committed", {"promised": [], "items": []})


# -- Commitments -------------------------------------------------------------------------------------------

STATES = {"Past its day": "▲", "To come": "○", "Without a day": "–"}


def committed_shown(
    content: dict[str, Any],
    told: shown.Lines,
    listed_: dict[tuple[str, str], list[listed.Line]],
    ended: Mapping[str, int],
) -> dict[str, Any]:
    """What falls due first is shown at once, the rest is folded."""
    held, today = committed_in(content), rounds.local_date()
    words_of = {(list_id, item_id): ids for list_id, item_id, ids in held["items"]}
    items = {one.key: one for (_, kind), lines_ in listed_.items() if kind == COMMITMENT for one in lines_}
    stands_in = [(one, its_lines(one, told, words_of.get(one.key[1:], ()))) for one in items.values()]
    promised = [(told[id], date.fromisoformat(day)) for id, day in held["promised"] if id in told]
    rows = [commitment_shown(one, today) for one in committed.in_order(stands_in, promised)]
    return {
        "title": committed.TITLE,
        "lead": committed.lead(today),
        "nothing": committed.NOTHING,
        "first": rows[:COMMITTED_AT_ONCE],
        "rest": rows[COMMITTED_AT_ONCE:],
        "ended": committed.what_ended(ended),
    }


def its_lines(item: listed.Line, told: shown.Lines, ids: Iterable[int]) -> list[lines.Line]:
    return [told[id] for id in ids if id in told and told[id].text in item.text]


def commitment_shown(one: committed.Commitment, today: date) -> dict[str, Any]:
    state = one.state(today)
    return {
        "words": one.short,
        "by_when": one.by_when or "–",
        "state": state,
        "shape": STATES[state],
        "statements": [{"text": line.text, "url": reading.statement_url(line.id)} for line in one.lines],
        "source_title": one.source.title,
        "source_url": reading.source_url(one.source),
    }


def summary_shown(session: Session, organisation_id: int) -> dict[str, Any] | None:
    """The first points of the summary of what they said, where one was made."""
    made = summed_up.of_organisation(session, organisation_id)
    return made and {
        "state": heard_pages.state_of(made.summary, made.signing, made.newer)["word"],
        "points": [point_shown(one) for one in made.points],
    }


def point_shown(one: summed_up.Shown) -> dict[str, Any]:
    quoted = summed_up.is_quoted(one)
    return {
        "text": one.lines[0].text if quoted else one.text,
        "quoted": quoted,
        "statements": len(one.sentence.citations),
        "url": heard_pages.point_url(one.id),
    }


# -- Questions ---------------------------------------------------------------------------------------------


def items_by_key(held: dict[tuple[str, str], list[listed.Line]]) -> dict[tuple[Any, ...], listed.Line]:
    return {one.key: one for lines_ in held.values() for one in lines_}


def questions_shown(
    session: Session,
    content: dict[str, Any],
    told: shown.Lines,
    listed_: dict[tuple[Any, ...], listed.Line],
    own: int,
) -> list[dict[str, Any]]:
    names = questions.names_of(session, content["questions"])
    found = []
    for one in (one for one in content["questions"] if questions.can_be_asked(one, names)):
        words, why = question_words.worded(one, names)
        found.append(
            {
                "words": words,
                "why": why,
                "lines": [shown.line_shown(told[id], but=own) for id in one["statements"] if id in told],
                "listed": [shown.item_shown(listed_[tuple(key)]) for key in one["items"] if tuple(key) in listed_],
            }
        )
    return found


def since_shown(session: Session, content: dict[str, Any], told: shown.Lines, own: int) -> dict[str, Any] | None:
    since = content["since"]
    if since is None:
        return None
    of_both = select(Round.id, Round.title).where(col(Round.id).in_([since["round"], since["before"]]))
    titles = dict(session.exec(of_both).all())
    return {
        "round": titles.get(since["round"], ""),
        "before": titles.get(since["before"], ""),
        "items": changes.became(since["items"]),
        **{
            name: labels_shown(since, which, told, own)
            for name, which in (("new", "new"), ("again", "again"), ("not_again", "not-again"))
        },
    }


def labels_shown(since: dict[str, Any], which: str, told: shown.Lines, own: int) -> list[dict[str, Any]]:
    """Actions and what is in the way, each with statements that say it."""
    return [
        {
            "title": plan.title(family, label),
            "family": "Action" if family == ACTION else "In the way",
            "lines": [shown.line_shown(told[id], but=own) for id in ids if id in told],
        }
        for family in (ACTION, THEME)
        for label, ids in since[family][which].items()
    ]


def find(session: Session, organisation_id: int) -> Organisation:
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFoundException("There is no organisation at this address")
    return found


def sources_of(session: Session, organisation_id: int) -> list[dict[str, Any]]:
    met = select(SourceOrganisation.source_id).where(SourceOrganisation.organisation_id == organisation_id)
    own = partners.speaks_for(organisation_id)
    chosen = reading.source_row_query().where(or_(own, col(Source.id).in_(met)))
    rows = session.exec(chosen.order_by(col(Source.received_at).desc(), col(Source.id).desc())).all()
    there = meetings.present(session, [source.id for source, *_ in rows])
    joint = partners.together(session, [source.submission_id for source, *_ in rows])
    return [
        {
            **source_shown(source, job),
            "met_with": names_but(organisation_id, there.get(source.id, [])),
            "joint_with": names_but(organisation_id, joint.get(source.submission_id, [])),
        }
        for source, job, _, _ in rows
    ]


def names_but(organisation_id: int, all_: list[Organisation]) -> str:
    return ", ".join(one.name for one in all_ if one.id != organisation_id)


def source_shown(source: Source, job: Job) -> dict[str, Any]:
    return {
        "title": source.title,
        "url": reading.source_url(source),
        "kind": reading.KINDS[source.kind],
        "received_at": source.received_at,
        "told": documents.told(source),
        "state": reading.state_shown(job),
    }


# -- What it leads -----------------------------------------------------------------------------------------


@post("/staff/organisations/{organisation_id:int}/leads", sync_to_thread=True)
def lead(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    organisation_id: FromPath[int],
) -> Response:
    """Say that it leads an action, and why."""
    action, why = first(posted, "action"), first(posted, "why").strip()
    with database.writing() as session:
        found = find(session, organisation_id)
        if problems := problems_with(action, why):
            return page(request, session, found, problems=problems, typed=posted)
        leads.add(session, found.id, action, why=why, staff_id=request.user.id)
        profile_changes.note_organisations(session, [found.id])
        session.commit()
    return Redirect(f"{shown.profile_url(organisation_id)}#leads", status_code=303)


def problems_with(action: str, why: str) -> dict[str, str]:
    """By field."""
    problems = {} if plan.known("actions", action) else {"action": "Choose the action that they lead"}
    try:
        wanted = "Say why they lead it, and where that is laid down"
        steps.checked(why, wanted, what="the reason", longest=LONGEST_WHY)
    except acts.CannotDo as problem:
        problems["why"] = str(problem)
    return problems


@post("/staff/organisations/{organisation_id:int}/leads/{lead_id:int}/end", sync_to_thread=True)
def end_lead(
    request: Request, database: NamedDependency[Database], organisation_id: FromPath[int], lead_id: FromPath[int]
) -> Response:
    with database.writing() as session:
        if not leads.end(session, organisation_id, lead_id, staff_id=request.user.id):
            raise NotFoundException("There is no such lead of this organisation")
        profile_changes.note_organisations(session, [organisation_id])
        session.commit()
    return Redirect(f"{shown.profile_url(organisation_id)}#leads", status_code=303)


handlers = [organisation, lead, end_lead]
