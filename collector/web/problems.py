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
from litestar.response import Template
from pydantic import BaseModel
from sqlalchemy.exc import DataError

from collector.accounts.identity import who
from collector.database import AWAY
from collector.web.limits import TooManyPosts
from collector.web.page import page
from collector.web.posted import (
    FilledInByAProgram,
    FormRefused,
    Posted,
    Unsent,
    file_came,
    is_for_staff,
    typed_in,
    unsent,
)
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

# The same, where what was typed came with it and stands in the page, to be sent once more.
SEND_AGAIN = message("Nothing that you saved is lost. Wait a moment, then press “Try again”.")
TO_SEND_AGAIN: dict[int, str] = {
    422: message(
        "It has a field that people do not see, and something filled it in. Nothing that you wrote is lost."
        " If your browser fills in forms for you, turn that off. Then press “Try again”."
    ),
    429: message("Nothing that you wrote is lost. Wait a few minutes, then press “Try again”."),
}
FORM_TO_SEND_AGAIN = (
    message("Please send the form once more"),
    message(
        "It was open for a long time, or your browser does not accept cookies. Nothing that you wrote is lost."
        " Press “Try again”."
    ),
)
OVERTAKEN = "What you wrote could not be saved"  # told to staff
SIGNED_IN = ("You are signed in", "What you wrote is not sent yet. Look at it, then press “Try again”.")


class Overtaken(HTTPException):
    """A colleague was quicker, and what staff wrote can be kept no more; `detail` says why. They can copy it."""

    status_code = 409


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
    found = unsent(request)
    if found and not found.is_of(who(request)):
        return sign_in_first(request, status, problem, found)
    if status == 401:
        return Response(b"", status_code=303, headers={"Location": "/sign-in"})
    again = found if found and may_be_sent_again(problem, status) else None
    words = words_to_send_again(problem, status) if again else words_for(problem, status)
    answer = problem_page(request, *map(gettext, words), status=status, found=found, again=again)
    answer.headers.update(headers_for(request, status, problem))
    return answer


def sign_in_first(request: Request, status: int, problem: Exception, found: Unsent) -> Template:
    """What stood in the way of signing in itself is told: else the page would come again without a word."""
    hindered = status == 429 or status >= 500
    told = gettext(words_for(problem, status)[0]) if hindered else ""
    answer = sign_in_page(request, found, status_code=status if hindered else 403, problem=told)
    answer.headers.update(headers_for(request, status, problem) if hindered else {})
    return answer


def sign_in_page(request: Request, found: Unsent, *, status_code: int, problem: str = "", email: str = "") -> Template:
    """For staff who have been signed out: what they typed goes with them, and is shown to nobody else."""
    return page(
        request,
        "accounts/sign_in.html",
        status_code=status_code,
        back_to_form=False,  # what was typed stands on this page alone
        problem=problem,
        email=email,
        unsent=found,
        file_lost=file_came(request),
    )


def give_back(request: Request, found: Unsent) -> Template:
    """What was typed before signing in. They press the button themselves: nothing is sent by signing in."""
    return problem_page(request, *SIGNED_IN, status=200, found=found, again=found)


def may_be_sent_again(problem: Exception, status: int) -> bool:
    return status >= 500 or isinstance(problem, (FormRefused, FilledInByAProgram, TooManyPosts))


def words_to_send_again(problem: Exception, status: int) -> tuple[str, str]:
    if isinstance(problem, FormRefused):
        return FORM_TO_SEND_AGAIN
    return PAGES.get(status, PAGES[500])[0], TO_SEND_AGAIN.get(status, SEND_AGAIN)


def problem_page(
    request: Request, title: str, told: str, *, status: int, found: Unsent | None, again: Unsent | None
) -> Template:
    """With what somebody had typed: `again` with a button that sends it, else to be copied."""
    typed = words_in(found.fields) if found else []
    return page(
        request,
        "web/problem.html",
        status_code=status,
        back_to_form=False,  # what was typed stands on this page alone
        status=status,
        title=title,
        message=told,
        again=again,
        typed=typed,
        sensitive=bool(typed) and not is_for_staff(request.url.path),  # they may be of a page that was
        file_lost=file_came(request),
        actions=[{"text": gettext("Go to the start page"), "url": "/"}],
    )


def words_in(posted: Posted) -> list[str]:
    """What somebody wrote, and would have to write again."""
    return [value for value in typed_in(posted) if len(value.split()) > 1]


def words_for(problem: Exception, status: int) -> tuple[str, str]:
    if isinstance(problem, FormRefused):
        return FORM_REFUSED
    if isinstance(problem, Overtaken):
        return OVERTAKEN, problem.detail
    return PAGES.get(status) or PAGES[400 if status < 500 else 500]
