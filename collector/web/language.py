"""Which language a person chose for the pages: kept in a cookie, changed by a link, set for the time of a request."""

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.response.redirect import ASGIRedirectResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from collector.accounts.cookies import Cookies
from forms import speech

ASKED = "language"
A_YEAR = 365 * 24 * 3600
# Staff work in English, whatever they chose as a respondent; programs too.
IN_ENGLISH = ("/staff", "/sign-", "/api", "/static")


def in_chosen_language(app: ASGIApp) -> ASGIApp:
    """Around the whole app, before routing: also what says that there is no such page speaks the person's language."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (asked := asked_for(scope)):
            await remembering(asked, scope)(scope, receive, send)
            return
        with speech.speaking(chosen(scope)):
            await app(scope, receive, send)

    return answer


def chosen(scope: Scope) -> str:
    """The language of the cookie, English without one."""
    if scope["path"].startswith(IN_ENGLISH):
        return speech.ENGLISH
    language = ASGIConnection(scope).cookies.get(cookies_of(scope).language, "")
    return language if language in speech.LANGUAGES else speech.ENGLISH


def cookies_of(scope: Scope) -> Cookies:
    return scope["litestar_app"].state.cookies


def asked_for(scope: Scope) -> str:
    """The language of a link of the switch, if that is what was followed."""
    if scope["method"] not in ("GET", "HEAD") or scope["path"].startswith(IN_ENGLISH):
        return ""
    language = dict(query_of(scope)).get(ASKED, "")
    return language if language in speech.LANGUAGES else ""


def query_of(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def remembering(language: str, scope: Scope) -> ASGIApp:
    """Back to the same page without the question in its address, so that the address can be passed on."""
    cookies = cookies_of(scope)
    return ASGIRedirectResponse(
        path=address(scope),
        status_code=303,
        cookies=[cookies.make(cookies.language, language, A_YEAR)],
        headers={"Cache-Control": "no-store"},
    )


def address(scope: Scope) -> str:
    """Of the same page, with all that it was asked but the language."""
    query = query_without_language(scope)
    # One slash: an address that begins with two leads to another site.
    path = "/" + quote(scope["path"].lstrip("/\\"), safe="/~.-_")
    return f"{path}?{query}" if query else path


def query_without_language(scope: Scope, **asked: str) -> str:
    rest = [(name, value) for name, value in query_of(scope) if name != ASKED]
    return urlencode([*rest, *asked.items()])


def switch(request: Request) -> list[dict[str, Any]]:
    """Links to this page in each language. An answer to a form has none: what was typed would be gone with it."""
    if request.method not in ("GET", "HEAD") or request.scope["path"].startswith(IN_ENGLISH):
        return []
    return [
        {
            "name": name,
            "code": speech.code_of(language),
            # No path: a page that says no more than "not found" is the same for what is there and what is not.
            "url": "?" + query_without_language(request.scope, language=language),
            "current": language == speech.now_spoken(),
        }
        for language, name in speech.LANGUAGES.items()
    ]
