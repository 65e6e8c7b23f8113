"""Staff: rounds set up, changed, closed and followed."""

import re
from datetime import date
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, select

from collector import dates
from collector.accounts import secrets
from collector.accounts.access import Person
from collector.accounts.identity import who
from collector.database import Database
from collector.how_many import plural
from collector.intake import invitations, item_states, progress, round_changes, rounds
from collector.intake import versions as versions_
from collector.intake.models import Round
from collector.intake.round_changes import Plan
from collector.intake.versions import Version, Versions
from collector.organisations.models import Organisation
from collector.web.page import page as show
from collector.web.posted import Posted, first
from collector.web.turns import PageNumber, filters, turn_of, turn_shown
from forms import answers as forms_answers
from forms import dates as forms_dates
from forms.answers import Problem, Reading
from forms.questionnaire import Choice, Page, Question, Questionnaire

HOME = "/staff/rounds"
SLUG = re.compile(r"round-[A-Za-z0-9_-]{8,64}")

State = Annotated[str, QueryParameter(name="state", max_length=20)]
Search = Annotated[str, QueryParameter(name="search", max_length=200)]
Number = Annotated[int | None, QueryParameter(ge=0, le=10_000)]


# -- The list -------------------------------------------------------------------------------------


@get(HOME, sync_to_thread=True)
def all_rounds(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        real = select(Round).where(col(Round.preview).is_(False))
        found = list(session.exec(real.order_by(col(Round.opened_at).desc(), col(Round.id).desc())))
        counts = progress.figures(session, [one.id for one in found])
        rows = [
            {**shown(session, one), "figures": counts[one.id], "url": url_of(one), "state": state_of(one)}
            for one in found
        ]
    groups = [{"word": words, "rows": [row for row in rows if row["state"] in states]} for words, states in GROUPS]
    return show(request, "intake/rounds.html", groups=groups, may_change=may_change(request))


GROUPS = (("Open", ("open",)), ("To come", ("to come",)), ("Closed", ("closed", "called off")))


def state_of(round_: Round) -> str:
    if rounds.was_called_off(round_):
        return "called off"
    if rounds.is_over(round_):
        return "closed"
    return "to come" if rounds.is_to_come(round_) else "open"


def shown(session: Session, round_: Round) -> dict[str, Any]:
    questionnaire = rounds.questionnaire_of(session, round_.questionnaire_id)
    return {
        "id": round_.id,
        "title": round_.title,
        "questionnaire": round_changes.name_of(questionnaire),
        "opened_at": round_.opened_at,
        "closes_on": round_.closes_on,
        "closed_at": round_.closed_at,
        "sample": round_.sample,
    }


def url_of(round_: Round) -> str:
    return f"{HOME}/{round_.id}"


def may_change(request: Request) -> bool:
    return who(request).role is Person.REVIEWER


def find(session: Session, round_id: int, *, to_change: bool = False) -> Round:
    """The round; nobody changes a sample round, or writes to the invented organisations in it."""
    round_ = session.get(Round, round_id)
    if round_ is None or round_.preview or (to_change and round_.sample):
        raise NotFoundException("There is no round at this address")
    return round_


# -- One round ------------------------------------------------------------------------------------


@get(f"{HOME}/{{round_id:int}}", sync_to_thread=True)
def one_round(
    request: Request,
    database: NamedDependency[Database],
    round_id: FromPath[int],
    search: Search = "",
    wanted_state: State = "",
    number: PageNumber = 1,
    added: Number = None,
    known: Number = None,
    mailed: Number = None,
) -> Template:
    with database.reading() as session:
        round_ = find(session, round_id)
        questionnaire = rounds.questionnaire_of(session, round_.questionnaire_id)
        others = others_open(session, round_, questionnaire)
        slug = rounds.own_slug(session, round_) if others else questionnaire.slug
        figures = progress.figures(session, [round_id])[round_id]
        counts = item_states.counts(session, round_id)
        return show(
            request,
            "intake/round.html",
            sample=round_.sample,
            round={**shown(session, round_), "state": state_of(round_)},
            translated=rounds.translated(session, round_.questionnaire_id),
            url=url_of(round_),
            start_url=f"{request.app.state.settings.base_url}/questionnaires/{slug}",
            others=others,
            figures=figures,
            became=[(word, counts[state]) for state, word in item_states.WORDS.items() if state in counts],
            pages_stopped=pages_shown(session, round_, questionnaire, figures),
            fewest=progress.FEWEST_SHOWN,
            may_change=may_change(request) and not round_.sample,
            may_write=not rounds.is_over(round_),
            due={kind: invitations.number(session, round_id, *invitations.due(kind)) for kind in KINDS},
            history=round_changes.history(session, round_id),
            done=done_words(added, known, mailed),
            **invited(session, request, round_, {"search": search, "state": wanted_state}, number),
        )


KINDS = ("invitation", "reminder")


def others_open(session: Session, round_: Round, questionnaire: Questionnaire) -> list[str]:
    """Rounds that ask the same questionnaire now: its own address leads to the newest."""
    if not rounds.is_open(round_):
        return []
    return [one.title for one, _ in rounds.all_open(session, questionnaire.slug) if one.id != round_.id]


def pages_shown(
    session: Session, round_: Round, questionnaire: Questionnaire, figures: progress.Figures
) -> list[dict[str, Any]]:
    """Nothing while all together are fewer than could hide one; below that many, a page tells no number."""
    if figures.stopped + figures.writing < progress.FEWEST_SHOWN:
        return []
    found = progress.by_page(session, round_.id, questionnaire, is_over=rounds.is_over(round_))
    most = max((page.stopped for page in found), default=0)
    return [
        {
            "title": page.title,
            "stopped": number_shown(page.stopped),
            "writing": number_shown(page.writing),
            "percent": round(100 * page.stopped / most) if page.stopped >= progress.FEWEST_SHOWN else 0,
        }
        for page in found
    ]


def number_shown(number: int) -> str:
    return f"fewer than {progress.FEWEST_SHOWN}" if 0 < number < progress.FEWEST_SHOWN else f"{number:,}"


def invited(session: Session, request: Request, round_: Round, asked: dict[str, str], number: int) -> dict[str, Any]:
    named = col(Organisation.name).icontains(asked["search"].strip(), autoescape=True)
    counts = {id: invitations.number(session, round_.id, named, *invitations.in_state(id)) for id in invitations.STATES}
    everybody = invitations.number(session, round_.id, named)
    turn = turn_of(number, counts.get(asked["state"], everybody))
    chosen = (named, *invitations.in_state(asked["state"]))
    rows = invitations.listed(session, round_.id, *chosen, offset=turn.offset, limit=turn.at_once)
    failed = invitations.failed(session, [row.invitation for row in rows])
    choices = filters(request.url.path, "state", invitations.STATES, counts, asked)
    choices[0]["count"] = everybody  # an organisation can be in several states
    return {
        "rows": [{"row": row, "failed": row.invitation.id in failed} for row in rows],
        "filters": choices,
        "search": asked["search"],
        "pages": turn_shown(turn, request.url.path, asked),
    }


def done_words(added: int | None, known: int | None, mailed: int | None) -> str:
    """What was just done, for who comes from the page where they did it."""
    if mailed is not None:
        return (
            f"{mailed:,} {'mail is' if mailed == 1 else 'mails are'} on the way" if mailed else "Nobody was due a mail"
        )
    if added is None:
        return ""
    before = f". {known:,} had been added before" if known else ""
    return f"{plural(added, 'organisation')} added{before}"


# -- Set up and change ----------------------------------------------------------------------------


SHARES = tuple(
    Question(
        id=id, type="number", label=label, hint=hint, optional=True, least=0, most=100, decimals=1, unit="per cent"
    )
    for id, label, hint in (
        (
            "blind-share",
            "Share coded blind",
            "Of the passages that come in from now on, so many are drawn at random. People code these without seeing"
            " what the machine gave, which is how both are compared. Leave it empty for the usual share.",
        ),
        (
            "blind-double",
            "Share of those coded by two",
            "So many of the passages coded blind are coded by two people, each without seeing the other’s labels. Leave"
            " it empty for half of them.",
        ),
    )
)


def form_of(versions: list[Version], round_: Round | None) -> Page:
    """What is asked of a policy officer; the opening of a round that has opened is not asked any more."""
    today = rounds.local_date()
    opens = Question(
        id="opens",
        type="date",
        label="Opening date",
        hint="It opens at midnight at the start of this day, UK time. If you choose today, it opens at once.",
        missing="Enter the day it opens",
        earliest=today,
    )
    questions = (
        Question(id="title", type="text", label="Title", hint="Like “Spring 2027”.", missing="Enter a title"),
        Question(
            id="questionnaire",
            type="one-of",
            label="Questionnaire",
            missing="Choose a questionnaire",
            choices=tuple(Choice(id=one.id, label=one.name, hint=hint_of(one)) for one in versions),
        ),
        *((opens,) if round_ is None or round_.opened_at > rounds.now() else ()),
        Question(
            id="closes",
            type="date",
            label="Closing date",
            hint="It closes at midnight at the end of this day, UK time. Leave it empty if it stays open.",
            optional=True,
            earliest=today,
        ),
        *SHARES,
    )
    return Page(id="round", title="Round", questions=questions)


def hint_of(version: Version) -> str:
    return "" if version.published else "Not used yet. It is published, and can no longer change, when you save."


def read_form(page: Page, posted: Posted) -> Reading:
    """The answers, with the one fault that is of two fields together."""
    reading = forms_answers.read(page, posted)
    opens, closes = reading.answers.get("opens"), reading.answers.get("closes")
    if opens and closes and closes < opens:  # both like 2027-03-31
        fault = Problem("closes", "Enter a closing date that is not before the opening date")
        return Reading(reading.answers, (*reading.problems, fault), reading.typed)
    return reading


def plan_of(reading: Reading, versions: Versions) -> Plan:
    answers = reading.answers
    return Plan(
        title=" ".join(answers["title"].split()),
        questionnaire=versions.all[answers["questionnaire"]].questionnaire,
        opens_on=day_of(answers.get("opens")),
        closes_on=day_of(answers.get("closes")),
        blind_share=share_of(answers.get("blind-share")),
        blind_double=share_of(answers.get("blind-double")),
    )


def share_of(per_cent: Any) -> float | None:
    return None if per_cent is None else float(per_cent) / 100


def day_of(answer: Any) -> date | None:
    return date.fromisoformat(answer) if answer else None


def form_page(
    request: Request,
    page: Page,
    typed: dict[str, list[str]],
    problems: tuple[Problem, ...] = (),
    *,
    heading: str,
    back_url: str,
    hidden: dict[str, Any],
    unfit: tuple[str, ...],
    meanwhile: dict[str, Any] | None = None,
) -> Template:
    return show(
        request,
        "intake/round_form.html",
        status_code=422 if problems or meanwhile else 200,
        heading=heading,
        page=page,
        typed=typed,
        problems=problems,
        date_parts=forms_dates.parts,
        back_url=back_url,
        hidden=hidden,
        unfit=unfit,
        meanwhile=meanwhile,
    )


@get(f"{HOME}/new", sync_to_thread=True)
def new_round(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        versions = versions_.choosable(session)
    return new_page(request, form_of([*versions.all.values()], None), {}, (), versions, f"round-{secrets.fresh()}")


@post(f"{HOME}/new", sync_to_thread=True)
def set_up(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    # Made with the form, so that a second press is known for one.
    slug = first(posted, "slug") if SLUG.fullmatch(first(posted, "slug")) else f"round-{secrets.fresh()}"
    with database.writing() as session:
        versions = versions_.choosable(session)
        page = form_of([*versions.all.values()], None)
        reading = read_form(page, posted)
        if reading.problems:
            return new_page(request, page, reading.typed, reading.problems, versions, slug)
        round_id = round_changes.set_up(session, plan_of(reading, versions), slug=slug, staff_id=request.user.id)
    return Redirect(f"{HOME}/{round_id}", status_code=303)


def new_page(
    request: Request,
    page: Page,
    typed: dict[str, list[str]],
    problems: tuple[Problem, ...],
    versions: Versions,
    slug: str,
) -> Template:
    return form_page(
        request,
        page,
        typed,
        problems,
        heading="Set up a round",
        back_url=HOME,
        hidden={"slug": slug},
        unfit=versions.unfit,
    )


@get(f"{HOME}/{{round_id:int}}/change", sync_to_thread=True)
def change_form(request: Request, database: NamedDependency[Database], round_id: FromPath[int]) -> Template:
    with database.reading() as session:
        round_ = find(session, round_id, to_change=True)
        versions = versions_for(session, round_)
        return change_page(request, round_, form_of([*versions.all.values()], round_), held(session, round_), versions)


@post(f"{HOME}/{{round_id:int}}/change", sync_to_thread=True)
def change(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], round_id: FromPath[int]
) -> Response:
    seen = first(posted, "revision")
    with database.writing() as session:
        round_ = find(session, round_id, to_change=True)
        versions = versions_for(session, round_)
        page = form_of([*versions.all.values()], round_)
        reading = read_form(page, posted)
        if reading.problems:
            return change_page(request, round_, page, reading.typed, versions, reading.problems, revision=seen)
        try:
            round_changes.change(
                session,
                round_,
                plan_of(reading, versions),
                revision=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
                staff_id=request.user.id,
            )
        except round_changes.ChangedMeanwhile:
            session.rollback()
            latest = round_changes.history(session, round_id)[:1]
            return change_page(request, round_, page, reading.typed, versions, meanwhile={"latest": latest})
        session.commit()
    return Redirect(f"{HOME}/{round_id}", status_code=303)


def versions_for(session: Session, round_: Round) -> Versions:
    """Once people have begun, the address and the answers stay those of one questionnaire; its version may be newer."""
    versions = versions_.choosable(session)
    if rounds.is_to_come(round_):
        return versions
    slug = rounds.questionnaire_of(session, round_.questionnaire_id).slug
    return Versions({id: one for id, one in versions.all.items() if one.questionnaire.slug == slug}, versions.unfit)


def held(session: Session, round_: Round) -> dict[str, list[str]]:
    """What the round is, as somebody would type it."""
    questionnaire = rounds.questionnaire_of(session, round_.questionnaire_id)
    return {
        "title": [round_.title],
        "questionnaire": [Version(questionnaire, published=True).id],
        "opens": [dates.local_day(round_.opened_at).isoformat()],
        "closes": [round_.closes_on.isoformat()] if round_.closes_on else [],
        "blind-share": per_cent(round_.blind_share),
        "blind-double": per_cent(round_.blind_double),
    }


def per_cent(share: float | None) -> list[str]:
    return [] if share is None else [f"{100 * share:g}"]


def change_page(
    request: Request,
    round_: Round,
    page: Page,
    typed: dict[str, list[str]],
    versions: Versions,
    problems: tuple[Problem, ...] = (),
    *,
    revision: str = "",
    meanwhile: dict[str, Any] | None = None,
) -> Template:
    return form_page(
        request,
        page,
        typed,
        problems,
        heading="Open this round again" if rounds.is_over(round_) else "Change this round",
        back_url=url_of(round_),
        hidden={"revision": revision or round_.revision},
        unfit=versions.unfit,
        meanwhile=meanwhile,
    )


# -- Close ----------------------------------------------------------------------------------------


@get(f"{HOME}/{{round_id:int}}/close", sync_to_thread=True)
def ask_to_close(request: Request, database: NamedDependency[Database], round_id: FromPath[int]) -> Response:
    with database.reading() as session:
        round_ = find(session, round_id, to_change=True)
        if rounds.is_over(round_):
            return Redirect(url_of(round_), status_code=303)
        writing = progress.figures(session, [round_id])[round_id].writing
    return show(
        request,
        "intake/round_close.html",
        title=round_.title,
        url=url_of(round_),
        to_come=rounds.is_to_come(round_),
        writing=writing,
    )


@post(f"{HOME}/{{round_id:int}}/close", sync_to_thread=True)
def close(request: Request, database: NamedDependency[Database], round_id: FromPath[int]) -> Redirect:
    with database.writing() as session:
        round_changes.close(session, find(session, round_id, to_change=True), staff_id=request.user.id)
        session.commit()
    return Redirect(f"{HOME}/{round_id}", status_code=303)


handlers = [all_rounds, new_round, set_up, one_round, change_form, change, ask_to_close, close]
