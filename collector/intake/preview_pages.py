"""Staff make links that try out a questionnaire; whoever has one walks its pages, and sends nothing."""

from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake import previews, rounds
from collector.intake import versions as versions_
from collector.intake.round_pages import may_change
from collector.web.page import page as show
from collector.web.posted import Posted, first
from forms.questionnaire import Choice

HOME = "/staff/rounds/previews"


@get(HOME, sync_to_thread=True)
def all_previews(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        return previews_page(request, session)


@post(HOME, sync_to_thread=True)
def make(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    with database.writing() as session:
        version = versions_.choosable(session).all.get(first(posted, "version"))
        if version is None:
            return previews_page(request, session, problem="Choose a questionnaire")
        previews.make(session, version.questionnaire, staff_id=request.user.id)
        session.commit()
    return Redirect(HOME, status_code=303)


def previews_page(request: Request, session: Session, problem: str = "") -> Template:
    versions = versions_.choosable(session)
    base_url = request.app.state.settings.base_url
    return show(
        request,
        "intake/previews.html",
        status_code=422 if problem else 200,
        problem=problem,
        versions=[Choice(id=one.id, label=one.name, hint=use_of(one)) for one in versions.all.values()],
        unfit=versions.unfit,
        previews=[
            {"preview": one, "link": f"{base_url}/preview/{one.key}"}
            for one in previews.all_open(session, request.app.state.form_key)
        ],
        may_change=may_change(request),
    )


def use_of(version: versions_.Version) -> str:
    return "" if version.published else "Not used in a round yet."


@post(f"{HOME}/end", sync_to_thread=True)
def end(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Redirect:
    id: Any = first(posted, "preview")
    with database.writing() as session:
        if id.isdecimal() and len(id) < 10:
            previews.end(session, int(id))
        session.commit()
    return Redirect(HOME, status_code=303)


@get("/preview/{preview_key:str}", sync_to_thread=False)
def open_preview(preview_key: FromPath[str]) -> Redirect:
    """The link that is passed round."""
    return Redirect(f"/questionnaires/{rounds.PREVIEW_SLUG}{preview_key}", status_code=303)


handlers = [all_previews, make, end, open_preview]
