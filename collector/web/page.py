"""A page in answer to a request: what every template may count on is put in here."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from markupsafe import Markup, escape

from collector import dates
from collector.accounts import secrets
from collector.accounts.access import Person
from collector.accounts.identity import who
from collector.accounts.staff import Visitor
from collector.how_many import plural
from collector.settings import Settings
from collector.web import language
from forms import speech
from forms.texts import Fallback

ROOMS = ("web", "accounts", "mail", "intake", "review", "profiles", "privacy", "mine")
STATIC = Path(__file__).parent / "static"
A_YEAR = 365 * 24 * 3600


def page(request: Request, template: str, *, status_code: int = 200, sample: bool = False, **context: Any) -> Template:
    """Answer with a page. The browser gets its visitor cookie here, which forms and drafts are tied to."""
    settings: Settings = request.app.state.settings
    visitor = visitor_secret(request)
    person = who(request)
    # Conflicts and limits are to be met again where the form is sent again; Back to any other page that a form was
    # answered with leads to the form itself.
    context.setdefault("back_to_form", request.method == "POST" and status_code in (200, 422))
    context |= {
        "site": {"name": settings.site_name, "organisation": settings.organisation, "email": settings.email},
        "person": person if person.role is not Person.ANYONE else None,
        "csrf": FormToken(form_token(request, visitor), person),
        "path": request.url.path,
        "languages": language.switch(request),
        "sample": sample,
    }
    cookies = request.app.state.cookies
    fresh = [] if cookies.visitor in request.cookies else [cookies.make(cookies.visitor, visitor, A_YEAR)]
    return Template(template_name=template, context=context, status_code=status_code, cookies=fresh)


class FormToken(str):
    """What a form has to come back with, and whose it is. One for anyone has a field for programs beside it, see
    `limits.TRAP`; one of staff tells who they are, see `posted.WRITER`."""

    def __new__(cls, token: str, person: Visitor) -> "FormToken":
        made = super().__new__(cls, token)
        made.for_anyone, made.writer = person.role is Person.ANYONE, person.id
        return made


def visitor_secret(request: Request) -> str:
    """The secret in this browser's visitor cookie; a fresh one, kept for the length of this request, without it."""
    held = request.cookies.get(request.app.state.cookies.visitor)
    if not held and "visitor" not in request.state:
        request.state.visitor = secrets.fresh()
    return held or request.state.visitor


def form_token(request: Request, visitor: str) -> str:
    """Ties a form to the session it was made for: the staff session when signed in, else the browser."""
    cookies = request.app.state.cookies
    holder = request.cookies[cookies.staff] if who(request).role is not Person.ANYONE else visitor
    return secrets.signed(request.app.state.form_key, holder)


def template_engine() -> JinjaTemplateEngine:
    folders = [Path(__file__).parent.parent / room / "templates" for room in ROOMS]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(speech.found, speech.found_for, newstyle=True)
    environment.filters.update(date=dates.in_words, time=dates.clock, when=dates.in_full, plain=plain, marked=marked)
    environment.globals.update(
        date=dates.in_words, time=dates.clock, when=dates.in_full, plural=plural, static=static_url, speech=speech
    )
    return JinjaTemplateEngine.from_environment(environment)


def plain(words: str) -> str:
    """For where no markup can stand, as in an attribute or the title of a page."""
    return escape(words).striptags()


def marked(words: str) -> str:
    """For the element that `plain` words stand in: the mark of those that fell back to English."""
    return Markup(' lang="en-GB"') if isinstance(words, Fallback) else ""


@cache
def static_url(path: str) -> str:
    """The address of a static file, with its content in the query so that it may be cached for ever."""
    return f"/static/{path}?v={sha256((STATIC / path).read_bytes()).hexdigest()[:12]}"
