"""Staff: which keys the review screen has for them, and whether it has any."""

from typing import Annotated

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect, Response, Template

from collector.database import Database
from collector.review import keys
from collector.web.page import page as show
from collector.web.posted import Posted, first

URL = "/staff/review/keys"


@get(URL, sync_to_thread=True)
def shown(
    request: Request,
    database: NamedDependency[Database],
    saved: Annotated[str, QueryParameter(name="saved", max_length=10)] = "",
) -> Template:
    with database.reading() as session:
        wanted, off = keys.chosen(session, request.user.id)
    return page(request, wanted, off=off, saved=saved)


def page(
    request: Request, wanted: dict[str, str], *, off: bool, saved: str = "", faults: dict[str, str] | None = None
) -> Template:
    lines = [
        {"id": action, "words": words, "key": wanted[action], "usual": usual, "message": (faults or {}).get(action, "")}
        for action, (usual, words) in keys.ACTIONS.items()
    ]
    return show(
        request,
        "review/keys.html",
        status_code=422 if faults else 200,
        lines=lines,
        off=off,
        saved=saved,
        problems=[{"url": f"#{line['id']}", "message": line["message"]} for line in lines if line["message"]],
    )


@post(URL, sync_to_thread=True)
def choose(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    if "usual" in posted:
        with database.writing() as session:
            keys.back_to_usual(session, request.user.id)
            session.commit()
        return Redirect(f"{URL}?saved=usual", status_code=303)
    wanted = {action: first(posted, action).strip() for action in keys.ACTIONS}
    off = "off" in posted
    if faults := keys.faults(wanted):
        return page(request, wanted, off=off, faults=faults)
    with database.writing() as session:
        keys.choose(session, request.user.id, wanted, off=off)
        session.commit()
    return Redirect(f"{URL}?saved=yes", status_code=303)


handlers = [shown, choose]
