"""What a form posted, and the check that a person posted it from one of our own pages, and not too often."""

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, HTTPException, PermissionDeniedException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from collector.accounts import secrets
from collector.accounts.identity import who
from collector.accounts.staff import Visitor
from collector.web import files, limits
from collector.web.files import SentFile
from collector.web.limits import TooManyPosts
from collector.web.page import form_token, visitor_secret

SAFE = {"GET", "HEAD", "OPTIONS"}
TOKEN_FIELD, PASSWORD = "_csrf", "password"
WHY = "_why"  # why an answer is corrected: of the fields that are the page's own, the one that people write in
WRITER = "_writer"  # in every form that staff get: whose page it is
# In the form to sign in: what was typed into another one, where that was to go, and who typed it.
UNSENT, UNSENT_URL, UNSENT_WRITER = "unsent.", "_unsent_url", "_unsent_writer"
# The longest page is one answer of 20,000 characters, each written in up to 12 bytes by the browser.
LARGEST_PAGE = 400_000
# What was typed into the largest form of staff, the notes of a meeting, goes with a sign-in.
LARGEST_UNSENT = 1_400_000
# Far more than any page of ours has; parsing as many as fit into a body would hold up everybody else.
MOST_FIELDS = 200
# Of a passage coded blind: every label of every statement.
MOST_OF_REVIEW = 2_000

Posted = dict[str, list[str]]


async def check_form(request: Request) -> None:
    """Before every handler: a page may only change something with the token of its own session.

    The JSON API is left out: it knows people by a header that no other site can make a browser send.
    """
    if not is_form(request):
        return
    await check_limits(request)
    posted = await read(request)
    if not has_token(request, posted):
        await note(request)
        raise FormRefused
    request.state.typed = posted
    if any(posted.get(limits.TRAP, [])):
        raise FilledInByAProgram


async def check_limits(request: Request) -> None:
    try:
        limits.check(request, visitor_secret(request))
    except TooManyPosts:
        await note(request)
        raise


class FormRefused(PermissionDeniedException):
    """The token is of another session, or of none: the page was open for too long, or the browser lost its cookies."""


class FilledInByAProgram(HTTPException):
    """Told like any other problem, so that a person whose browser filled the field in learns why, and loses nothing."""

    status_code = 422


def is_form(request: Request) -> bool:
    return request.method not in SAFE and not request.url.path.startswith("/api/")


# -- What was typed, where it could not be kept ---------------------------------------------------------


async def note_before_sign_in(request: Request) -> None:
    """Staff whose session ended while they wrote sign in first, and send it then."""
    if is_form(request):
        await check_limits(request)
        await note(request)


async def note(request: Request) -> None:
    """Before a form is refused: what was typed into it goes back to who typed it, for their browser may not have it.

    Only of a page of ours. What another site makes a browser post must never stand under a button of ours.
    """
    if is_form(request) and from_own_page(request):
        request.state.typed = await read(request)


def from_own_page(request: Request) -> bool:
    """A browser says from which site a form comes, and no site can make it say another.

    Where we are reached by https a page by http is none of ours: anybody on the way can have written it.
    """
    scheme, _, host = request.headers.get("origin", "").partition("://")
    return host == request.headers.get("host") and (scheme == "https" or not request.app.state.settings.secure)


@dataclass(frozen=True)
class Unsent:
    """What was typed into a form that was not taken, and where it was to go. It is kept in the browser's page alone."""

    url: str
    writer: str  # the number of the member of staff whose page it was
    fields: Posted

    def is_of(self, person: Visitor) -> bool:
        """What staff typed is shown to them alone; a respondent's page is whosever browser it stands in."""
        return not is_for_staff(self.url) or self.writer == str(person.id)

    def beside_a_sign_in(self) -> Posted:
        """As fields of the form to sign in, which has some of its own."""
        fields = {f"{UNSENT}{name}": values for name, values in self.fields.items()}
        return {UNSENT_URL: [self.url], UNSENT_WRITER: [self.writer], **fields}


def is_for_staff(url: str) -> bool:
    return url.startswith("/staff/")


def unsent(request: Request) -> Unsent | None:
    """What came with a form of ours, without what belongs to its page alone, and without a password."""
    typed: Posted | None = request.state.get("typed")
    if typed is None or PASSWORD in typed:
        return unsent_beside(typed or {})
    url = "/" + request.url.path.lstrip("/") + (f"?{request.url.query}" if request.url.query else "")
    writer = str(who(request).id or "") if has_token(request, typed) else first(typed, WRITER)
    if is_for_staff(url) and not writer:
        return None
    fields = {name: values for name, values in typed.items() if name not in (TOKEN_FIELD, WRITER, limits.TRAP)}
    return Unsent(url, writer, fields)


def unsent_beside(sign_in: Posted) -> Unsent | None:
    """What the form to sign in carries with it."""
    url = first(sign_in, UNSENT_URL)
    if not is_for_staff(url):
        return None
    fields = {name.removeprefix(UNSENT): values for name, values in sign_in.items() if name.startswith(UNSENT)}
    return Unsent(url, first(sign_in, UNSENT_WRITER), fields)


# -- Reading it -----------------------------------------------------------------------------------------


def has_token(request: Request, posted: Posted) -> bool:
    visitor = request.cookies.get(request.app.state.cookies.visitor, "")
    token = "".join(posted.get(TOKEN_FIELD, []))
    return bool(visitor) and secrets.same(token, form_token(request, visitor))


async def read(request: Request) -> Posted:
    """Every field with all its values, files apart, in the order posted; too many are refused unread."""
    if "typed" in request.state:  # looked through already
        return request.state.typed
    if files.may_come(request):
        return await read_with_files(request)
    urlencoded = request.content_type[0] == RequestEncodingType.URL_ENCODED
    if urlencoded:
        body = await request.body()
        check_number(body, request.url.path)
        check_text(body)
    form = await request.form()
    return {key: [value for value in form.getall(key) if isinstance(value, str)] for key in form}


def check_number(body: bytes, path: str) -> None:
    if body.count(b"&") >= (MOST_OF_REVIEW if path.startswith("/staff/review/") else MOST_FIELDS):
        raise RequestEntityTooLarge


def check_text(body: bytes) -> None:
    """Of bytes that are no text the framework would make others without a word; no browser sends any."""
    try:
        unquote_to_bytes(body).decode()
    except UnicodeDecodeError:
        raise ClientException("The form holds bytes that are no text in UTF-8") from None


async def read_with_files(request: Request) -> Posted:
    """A form that files may come with. Its token stands before them: without it no byte of a file is kept."""
    if "posted" not in request.state:
        limits = {"most_fields": MOST_FIELDS, "largest_fields": LARGEST_PAGE}
        read = await files.read(request, **limits, wanted=lambda fields: has_token(request, fields))
        request.state.posted, request.state.files, request.state.file_came = read
    return request.state.posted


async def sent_files(request: Request) -> dict[str, list[SentFile]]:
    """The files that came with the form, by field; for the handlers that take any."""
    await read(request)
    return request.state.files


def typed_in(posted: Posted) -> list[str]:
    """What people typed or chose, without what the page knew of itself."""
    return [value for name in posted if not name.startswith("_") or name == WHY for value in posted[name]]


def file_came(request: Request) -> bool:
    return bool(request.state.get("file_came"))


def first(posted: Posted, field: str) -> str:
    return next(iter(posted.get(field, [])), "")


def whole_number(text: str) -> int | None:
    """A whole number as an address or a form has it, as large as that of a row may be; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
