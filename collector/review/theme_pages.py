"""Staff: what several people say that no code holds, theme by theme, and the way from there to a new code."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from sqlmodel import Session, col, select

from collector.accounts.access import REVIEWERS
from collector.database import Database
from collector.findings.theme_models import Theme, ThemeSearch
from collector.frameworks import plan
from collector.how_many import plural
from collector.intake.models import Round
from collector.queue import Queue
from collector.review import outside, reading
from collector.review.outside import Line, Shown
from collector.web.page import page
from collector.web.posted import Posted, first, whole_number
from collector.web.turns import AT_ONCE, PageNumber, address, turn_of, turn_shown

URL = "/staff/codebook/themes"
LINES = 3
LINES_BESIDE = 10
ADD = "/staff/codebook/change/add"

# Nothing is chosen where all is looked at, and a form then sends an empty one.
RoundChosen = Annotated[str, QueryParameter(name="round", max_length=20)]


def theme_url(theme_id: int) -> str:
    return f"{URL}/{theme_id}"


@get(URL, sync_to_thread=True)
def themes(
    request: Request, database: NamedDependency[Database], number: PageNumber = 1, of_round: RoundChosen = ""
) -> Template:
    with database.reading() as session:
        round_id = round_or_404(session, of_round)
        rounds = session.exec(select(Round).order_by(col(Round.opened_at).desc(), col(Round.id).desc())).all()
        last, done = outside.latest(session, round_id), outside.latest_done(session, round_id)
        whole = outside.themes(session, done) if done else []
        found = outside.standing_of(session, whole)
        turn = turn_of(number, len(found), AT_ONCE)
        shown = outside.shown(session, found[turn.offset : turn.offset + turn.at_once], lines=LINES)
    return page(
        request,
        "review/codebook/themes.html",
        sample=sample_alone(shown),
        rounds=[{"id": one.id, "title": one.title, "current": one.id == round_id} for one in rounds],
        has_sample=any(one.sample for one in rounds),
        round_title=next((one.title for one in rounds if one.id == round_id), ""),
        round_id=round_id,
        search=search_shown(last) if last and last.state != "done" else None,
        done=done,
        themes=[theme_shown(one) for one in shown],
        found=len(whole),
        pages=turn_shown(turn, URL, {"round": round_id}),
        families=families(),
        add_url=ADD,
        may_change=request.user.role in REVIEWERS,
    )


def round_or_404(session: Session, chosen: str) -> int | None:
    """The round that is chosen; none where all is."""
    if not chosen:
        return None
    round_id = whole_number(chosen)
    if round_id is None or session.get(Round, round_id) is None:
        raise NotFoundException("There is no such round")
    return round_id


def sample_alone(themes: Sequence[Shown]) -> bool:
    """Whether nothing is quoted that anybody said."""
    lines = [line for theme in themes for line in theme.lines]
    return bool(lines) and all(line.sample for line in lines)


def search_shown(search: ThemeSearch) -> dict[str, Any]:
    words = {"waiting": "Waits for its turn", "running": "Looking", "set-aside": "Failed"}
    return {"id": search.id, "state": {"id": search.state, "word": words[search.state]}, "reason": search.reason}


def families() -> list[dict[str, str]]:
    """The families that a code may be added to, those that tell what a statement is about first."""
    found = sorted(plan.book().families, key=lambda family: family.id in outside.NOT_ABOUT)
    return [{"id": family.id, "title": family.title} for family in found]


def theme_shown(theme: Shown) -> dict[str, Any]:
    return {
        "id": theme.id,
        "url": theme_url(theme.id),
        "name": ", ".join(theme.name) or "Without a name",
        "said": said(theme),
        "since": theme.since,
        "statements": theme.statements,
        "lines": [line_shown(one) for one in theme.lines],
    }


def said(theme: Shown) -> str:
    """ "Said in 14 statements, by 6 organisations and 2 others" """
    by = [plural(theme.organisations, "organisation")] if theme.organisations else []
    by += [("1 other" if theme.others == 1 else f"{theme.others:,} others")] if theme.others and by else []
    by = by or [plural(theme.others, "person or group", "people or groups")]
    return f"Said in {plural(theme.statements, 'statement')}, by {' and '.join(by)}"


def line_shown(line: Line) -> dict[str, Any]:
    url = reading.statement_url(line.statement.id)
    return {"parts": parts_of(line), "text": line.text, "url": url, "sample": line.sample}


def parts_of(line: Line) -> list[tuple[bool, str]]:
    """The words in stretches, each with whether it names the theme."""
    parts, at = [], 0
    for start, end in sorted(line.named_by):
        parts += [(False, line.text[at:start]), (True, line.text[start:end])]
        at = end
    return [(named, words) for named, words in (*parts, (False, line.text[at:])) if words]


@get("/staff/codebook/themes/{theme_id:int}", sync_to_thread=True)
def one_theme(
    request: Request, database: NamedDependency[Database], theme_id: FromPath[int], number: PageNumber = 1
) -> Template:
    """All that is left of a theme."""
    with database.reading() as session:
        theme = found_or_404(session, theme_id)
        whole = next(iter(outside.shown(session, [theme], lines=0)), None)
        turn = turn_of(number, whole.statements if whole else 0)
        shown = next(iter(outside.shown(session, [theme], lines=turn.at_once, from_=turn.offset)), None)
        search = session.get_one(ThemeSearch, theme.search_id)
    return page(
        request,
        "review/codebook/theme.html",
        sample=sample_alone([shown] if shown else []),
        theme=theme_shown(shown) if shown else None,
        pages=turn_shown(turn, theme_url(theme_id), {}),
        back_url=address(URL, {"round": search.round_id}),
        families=families(),
        add_url=ADD,
        may_change=request.user.role in REVIEWERS,
    )


def found_or_404(session: Session, theme_id: int) -> Theme:
    found = session.get(Theme, theme_id)
    if found is None:
        raise NotFoundException("There is no such theme. When themes are looked for again, others take their place")
    return found


def theme_beside(session: Session, theme_id: int) -> dict[str, Any] | None:
    """What a form for a new code shows beside it: what was said. Nothing where the theme is gone."""
    theme = session.get(Theme, theme_id)
    shown = outside.shown(session, [theme], lines=LINES_BESIDE) if theme else []
    return theme_shown(shown[0]) if shown else None


@post(URL, sync_to_thread=True)
def look(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
) -> Redirect:
    """Have themes looked for in what is chosen, or show what was found there."""
    with database.reading() as session:
        round_id = round_or_404(session, first(posted, "round"))
    if first(posted, "then") != "show":
        with database.writing() as session:
            search_id = outside.ask(session, round_id, staff_id=request.user.id)
            session.commit()
        queue.ask_for_themes(search_id)
    return Redirect(address(URL, {"round": round_id}), status_code=303)


handlers = [themes, look, one_theme]
