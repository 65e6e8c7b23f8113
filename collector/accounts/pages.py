"""Sign-in and sign-out of staff."""

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from collector.accounts import staff
from collector.accounts.identity import becomes
from collector.database import Database
from collector.web.page import page, visitor_secret
from collector.web.posted import LARGEST_UNSENT, Posted, Unsent, first, unsent_beside
from collector.web.problems import give_back
from collector.web.problems import sign_in_page as unsent_page

TOO_MANY = (
    "There were too many tries for this account. Wait at least 15 minutes, or ask the person who runs the service for a"
    " sign-in link"
)
WRONG = "The e-mail address or the password is not right. Check both and try again"
ANOTHER = "Somebody else wrote what is kept on this page. Sign in as the person who wrote it"
EMPTY = "Enter your e-mail address and your password"
AFTER_SIGN_IN = "/staff/sources"


@get("/sign-in", sync_to_thread=True)
def sign_in_page(request: Request) -> Template:
    return page(request, "accounts/sign_in.html", problem="", email="", unsent=None)


@post("/sign-in", sync_to_thread=True, request_max_body_size=LARGEST_UNSENT)
def sign_in(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    email, password, visitor = first(posted, "email"), first(posted, "password"), visitor_secret(request)
    unsent = unsent_beside(posted)
    if not email.strip() or not password:
        return refused(request, EMPTY, email, unsent)
    with database.reading() as session:
        if staff.too_many_tries(session, email, visitor):
            return refused(request, TOO_MANY, email, unsent, status_code=429)
        credential = staff.credential_of(session, email)
    right = staff.fits(credential, password)
    with database.writing() as session:
        secret = staff.sign_in_by_password(session, email, credential, visitor, right=right)
        person = staff.visitor_of(session, secret) if secret else staff.ANYONE
        if secret and unsent and not unsent.is_of(person):
            session.rollback()
            return refused(request, ANOTHER, email, unsent)
        session.commit()
    if not secret:
        return refused(request, WRONG, email, unsent)
    if unsent is None:
        return welcome(request, secret)
    becomes(request, person, secret)
    return with_session(request, give_back(request, unsent), secret)


def refused(request: Request, problem: str, email: str, unsent: Unsent | None, status_code: int = 422) -> Template:
    told = {"status_code": status_code, "problem": problem, "email": email}
    if unsent:
        return unsent_page(request, unsent, **told)
    return page(request, "accounts/sign_in.html", unsent=None, **told)


def welcome(request: Request, secret: str) -> Response:
    return with_session(request, Redirect(AFTER_SIGN_IN, status_code=303), secret)


def with_session(request: Request, answer: Response, secret: str) -> Response:
    cookies = request.app.state.cookies
    answer.cookies.append(cookies.make(cookies.staff, secret))
    return answer


@get("/sign-in/{secret:str}", sync_to_thread=True)
def link_page(request: Request, database: NamedDependency[Database], secret: FromPath[str]) -> Template:
    """Looking at a link does not use it up: mail scanners look too."""
    with database.reading() as session:
        usable = staff.usable(session, secret)
    return page(request, "accounts/sign_in_link.html", usable=usable, action=request.url.path)


@post("/sign-in/{secret:str}", sync_to_thread=True)
def use_link(request: Request, database: NamedDependency[Database], secret: FromPath[str]) -> Response:
    with database.writing() as session:
        started = staff.sign_in_by_link(session, secret)
        session.commit()
    if started:
        return welcome(request, started)
    return page(request, "accounts/sign_in_link.html", status_code=422, usable=False, action=request.url.path)


@post("/sign-out", sync_to_thread=True)
def sign_out(request: Request, database: NamedDependency[Database]) -> Redirect:
    cookies = request.app.state.cookies
    with database.writing() as session:
        staff.sign_out(session, request.cookies[cookies.staff])
        session.commit()
    return Redirect("/", status_code=303, cookies=[cookies.make(cookies.staff, "", 0)])


handlers = [sign_in_page, sign_in, link_page, use_link, sign_out]
