"""What people and programs see when something cannot be done: plain words, and what to do next."""

import errno
import logging
import re
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException, NotFoundException
from litestar.openapi import ResponseSpec
from pydantic import BaseModel
from sqlalchemy.exc import DataError

from collector.database import AWAY
from collector.web.limits import TooManyPosts
from collector.web.page import page
from collector.web.posted import Posted, to_send_again
from forms.speech import gettext, message

log = logging.getLogger(__name__)

RETRY_AFTER = 10  # seconds
PROBLEM_JSON = "application/problem+json"
DESCRIPTION = "/api/openapi.json"
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# A number too large for a database, characters that it does not hold, JSON too deep to be read.
NOT_TO_BE_READ = (DataError, OverflowError, UnicodeEncodeError, RecursionError)

PAGES: dict[int, tuple[str, str]] = {
    400: (
        message("Something in the address or the form is not right"),
        message("Go back, check what you entered and try again."),
    ),
    403: (
        message("You cannot open this page"),
        message("Your account does not have permission. Ask the person who runs the service."),
    ),
    404: (
        message("Page not found"),
        message("Check the address. The page may have moved, or the link may be out of date."),
    ),
    405: (message("This page does not work that way"), message("Go back and use the button on the page.")),
    413: (
        message("That is too much to send at once"),
        message("Shorten the text and try again. If you sent a file, choose a smaller one."),
    ),
    422: (
        message("Your form was not taken"),
        message(
            "It has a field that people do not see, and something filled it in. Nothing that you saved is lost."
            " If your browser fills in forms for you, turn that off. Then go back and try again."
        ),
    ),
    429: (
        message("You have sent a lot in a short time"),
        message("Nothing that you saved is lost. Wait a few minutes, then go back and try again."),
    ),
    500: (
        message("Sorry, something went wrong"),
        message("Nothing that you saved is lost. Try again in a few minutes."),
    ),
    503: (
        message("The service is busy"),
        message("Nothing that you saved is lost. Wait a moment, then go back and try again."),
    ),
}
FORM_REFUSED = (
    message("Please load the form again"),
    message(
        "It was open for a long time, or your browser does not accept cookies. Go back, reload the page and try again."
        " What you saved before is kept."
    ),
)

SEND_AGAIN = message("Nothing that you saved is lost. Wait a moment, then press “Try again”.")


class ProblemDetails(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[dict[str, Any]] | None = None


def may_answer(*statuses: int) -> dict[int, ResponseSpec]:
    """The answers other than success that a handler of the API gives, for its description."""
    spec = ResponseSpec(data_container=ProblemDetails, generate_examples=False, media_type=PROBLEM_JSON)
    return {status: replace(spec, description=HTTPStatus(status).phrase) for status in statuses}


def handle(request: Request, problem: Exception) -> Response[Any]:
    """The one place where an exception becomes an answer."""
    status = status_of(problem)
    if status >= 500 or isinstance(problem, NOT_TO_BE_READ):
        # The type and the place only: a message may carry words that somebody wrote.
        log.error("%s %s failed: %s", request.method, path_of(request), describe(problem))
    if request.scope["path"].startswith("/api/"):
        return as_json(request, status, problem)
    return as_page(request, status, problem)


def status_of(problem: Exception) -> int:
    if isinstance(problem, HTTPException):
        return problem.status_code
    if isinstance(problem, NOT_TO_BE_READ):
        return 400
    if isinstance(problem, OSError) and problem.errno in DISK_FULL:
        return 503
    return 503 if isinstance(problem, AWAY) else 500


def path_of(request: Request) -> str:
    return request.scope.get("path_template") or "an unknown path"


def describe(problem: Exception) -> str:
    trace, last = problem.__traceback__, ""
    while trace:
        last = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(problem).__name__} at {last}"


def as_json(request: Request, status: int, problem: Exception) -> Response[dict[str, Any]]:
    content: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if isinstance(problem, HTTPException) and status < 500:
        content["detail"] = problem.detail
        if isinstance(problem.extra, list):
            content["errors"] = problem.extra
    return Response(content, status_code=status, media_type=PROBLEM_JSON, headers=headers_for(request, status, problem))


def nothing_there(request: Request) -> Response[Any] | None:
    """The framework has a page of its own for addresses beside the description; programs get what they always get."""
    if request.scope["path"] == DESCRIPTION:
        return None
    return as_json(request, 404, NotFoundException("There is nothing at this address"))


def headers_for(request: Request, status: int, problem: Exception) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status == 405:
        return {"Allow": ", ".join(sorted(methods_at(request.app, request.scope["path"])))}
    if isinstance(problem, TooManyPosts):
        return {"Retry-After": str(problem.seconds)}
    return {"Retry-After": str(RETRY_AFTER)} if status == 503 else {}


def methods_at(app: Litestar, path: str) -> set[str]:
    matching = (route for route in app.routes if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route.path_format), path))
    return {method for route in matching for method in route.methods}


def as_page(request: Request, status: int, problem: Exception) -> Response[Any]:
    if status == 401:
        return Response(b"", status_code=303, headers={"Location": "/sign-in"})
    title, told = map(gettext, words_for(request, status))
    posted = to_send_again(request) if status >= 500 else None
    typed = words_in(posted or {})
    answer = page(
        request,
        "web/problem.html",
        status_code=status,
        status=status,
        title=title,
        message=told if posted is None else gettext(SEND_AGAIN),
        posted=posted,
        typed=typed,
        sensitive=bool(typed) and not request.url.path.startswith("/staff/"),  # they may be of a page that was
        file_lost=bool(request.state.get("files")),
        actions=[{"text": gettext("Go to the start page"), "url": "/"}],
    )
    answer.headers.update(headers_for(request, status, problem))
    return answer


def words_in(posted: Posted) -> list[str]:
    """What somebody wrote, and would have to write again."""
    values = (value for name in posted if not name.startswith("_") for value in posted[name])
    return [value for value in values if len(value.split()) > 1]


def words_for(request: Request, status: int) -> tuple[str, str]:
    if status == 403 and request.method == "POST" and not request.url.path.startswith("/staff/"):
        return FORM_REFUSED
    return PAGES.get(status) or PAGES[400 if status < 500 else 500]
