"""The web service, put together."""

import gc
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType

from litestar import Litestar, Request, Router
from litestar.concurrency import sync_to_thread
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.datastructures import CacheControlHeader, MutableScopeHeaders, State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import Message, Scope

import collector.tables  # noqa: F401  every table must be known before the first query
from collector import settings as settings_
from collector.accounts import guard
from collector.accounts import pages as accounts
from collector.accounts.cookies import Cookies
from collector.accounts.identity import Identity
from collector.database import Database
from collector.frameworks import plan
from collector.intake import api as intake_api
from collector.intake import (
    check_pages,
    earlier,
    file_pages,
    held_pages,
    import_pages,
    import_setup,
    invitation_pages,
    keying_pages,
    list_pages,
    meeting_pages,
    not_taken,
    preview_pages,
    question_pages,
    receipts,
    round_pages,
    sharing,
    start_pages,
    task_list,
)
from collector.intake.place import Closed, ToCome
from collector.mail import pages as mail
from collector.mine import answers, entry, for_respondents, lists, report, understood
from collector.mine import pages as mine
from collector.organisations import public_list
from collector.privacy import pages as privacy
from collector.privacy import taking_back
from collector.profiles import api as profiles_api
from collector.profiles import (
    area_pages,
    count_pages,
    organisation_facts_pages,
    organisation_pages,
    report_pages,
    report_reply_pages,
    report_run_pages,
    statement_pages,
    statistic_file_pages,
    statistic_pages,
)
from collector.profiles import pages as profiles
from collector.queue import Queue
from collector.review import (
    adjudication_pages,
    agreement_pages,
    blind_pages,
    bulk_pages,
    codebook_change_pages,
    codebook_pages,
    difference_pages,
    document_pages,
    export_pages,
    frame_pages,
    heard_pages,
    item_pages,
    key_pages,
    model_pages,
    originals,
    plan_change_pages,
    plan_pages,
    queue_pages,
    theme_pages,
)
from collector.review import pages as review
from collector.settings import Settings
from collector.web import limits, posted, problems
from collector.web import pages as web
from collector.web.language import in_chosen_language
from collector.web.page import A_YEAR, STATIC, template_engine
from collector.web.posted import LARGEST_PAGE

# An answer may be long, a flood may not: 250 questions of 20,000 characters would be 5 MB.
LARGEST_BODY = 6_000_000

# The rooms of the pages that people see.
PAGES = (
    web,
    accounts,
    start_pages,
    question_pages,
    check_pages,
    earlier,
    held_pages,
    list_pages,
    file_pages,
    task_list,
    sharing,
    receipts,
    round_pages,
    invitation_pages,
    preview_pages,
    review,
    queue_pages,
    bulk_pages,
    blind_pages,
    adjudication_pages,
    agreement_pages,
    originals,
    export_pages,
    codebook_pages,
    codebook_change_pages,
    theme_pages,
    frame_pages,
    plan_pages,
    plan_change_pages,
    difference_pages,
    document_pages,
    heard_pages,
    item_pages,
    key_pages,
    model_pages,
    profiles,
    organisation_facts_pages,
    organisation_pages,
    area_pages,
    statement_pages,
    statistic_pages,
    statistic_file_pages,
    count_pages,
    report_pages,
    report_reply_pages,
    report_run_pages,
    report_reply_pages,
    mail,
    import_pages,
    import_setup,
    taking_back,
    entry,
    mine,
    report,
    answers,
    lists,
    for_respondents,
    understood,
    keying_pages,
    meeting_pages,
    privacy,
    public_list,
)

# What begins the addresses of pages that labels stand on.
TELLS_LABELS = ("/staff", "/submissions/", "/api/organisations/")

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create(settings: Settings | None = None) -> Litestar:
    settings = settings or settings_.read()
    app = Litestar(
        route_handlers=[
            router_of(*PAGES, in_description=False, largest_body=LARGEST_PAGE),
            router_of(intake_api, profiles_api, in_description=True, largest_body=LARGEST_BODY),
            static_files(),
        ],
        state=State(shared_by_requests(settings)),
        dependencies={
            "database": Provide(the_database, sync_to_thread=False),
            "queue": Provide(the_queue, sync_to_thread=False),
            "posted": Provide(posted.read),
            "sent_files": Provide(posted.sent_files),
        },
        middleware=[DefineMiddleware(Identity)],
        guards=[guard.permit],
        before_request=make_ready,
        before_send=[add_headers],
        exception_handlers={
            Exception: problems.handle,
            Closed: not_taken.closed_page,
            ToCome: not_taken.to_come_page,
            entry.NotOpen: entry.not_open_page,
            report.ReportNotOpen: report.not_open_page,
        },
        template_config=TemplateConfig(instance=template_engine()),
        openapi_config=api_description(settings),
        allowed_hosts=AllowedHostsConfig(allowed_hosts=hosts(settings)),
        request_max_body_size=LARGEST_PAGE,
        logging_config=None,
        lifespan=[closing],
    )
    guard.check_rules(app)
    app.asgi_handler = in_chosen_language(app.asgi_handler)
    return app


def create_to_go_on_when_told() -> Litestar:
    """For `feedback-loop serve`, which makes the database ready meanwhile: the end of standard input tells."""
    app = create()
    # What is made at the start stays: Python need not look through all of it whenever it looks for what can go, with
    # every page waiting. docs/quality.md has what it takes with and without.
    gc.collect()
    gc.freeze()
    sys.stdin.read()
    return app


async def make_ready(request: Request) -> None:
    """Before every handler: the form is one of ours, and labels are called what they are called now."""
    await posted.check_form(request)
    if request.url.path.startswith(TELLS_LABELS):
        await sync_to_thread(plan.look, request.app.state.database)


def router_of(*rooms: ModuleType, in_description: bool, largest_body: int) -> Router:
    """Registered together: Litestar 2.25 wraps a handler twice when another method of its path comes later."""
    handlers = [with_head(handler) for room in rooms for handler in room.handlers]
    return Router(
        path="/", route_handlers=handlers, include_in_schema=in_description, request_max_body_size=largest_body
    )


def with_head(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """What can be got can be asked about: link checkers and monitors send HEAD, and Litestar leaves it to handlers."""
    if "GET" in handler.http_methods:
        handler.http_methods.add("HEAD")
    return handler


def shared_by_requests(settings: Settings) -> dict[str, object]:
    return {
        "settings": settings,
        "database": Database(settings.database_url),
        "queue": Queue(settings.redis_url),
        "cookies": Cookies(secure=settings.secure),
        "form_key": settings.secret(),
        "counts": limits.Counts(),
    }


def the_database(state: State) -> Database:
    return state.database


def the_queue(state: State) -> Queue:
    return state.queue


def static_files():
    # The address holds a hash of the content, so a browser may keep the file for a year.
    return create_static_files_router(
        path="/static",
        directories=[STATIC],
        cache_control=CacheControlHeader(max_age=A_YEAR, public=True, immutable=True),
    )


def api_description(settings: Settings) -> OpenAPIConfig:
    return OpenAPIConfig(
        title=f"{settings.site_name} API",
        version="1",
        openapi_router=Router(
            path="/api", route_handlers=[], include_in_schema=False, before_request=problems.nothing_there
        ),
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
    )


def hosts(settings: Settings) -> list[str]:
    """The names that the service answers to: its own, and on one's own machine both names of that."""
    return [settings.host, settings.host.replace("127.0.0.1", "localhost")]


async def add_headers(message: Message, scope: Scope) -> None:
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if scope["litestar_app"].state.settings.secure:
        headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}; includeSubDomains")
    headers.setdefault("Cache-Control", "no-store")


@asynccontextmanager
async def closing(app: Litestar) -> AsyncIterator[None]:
    yield
    app.state.database.close()
    app.state.queue.close()


logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
