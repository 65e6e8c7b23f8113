"""What a form posted, and the check that a person posted it from one of our own pages, and not too often."""

from urllib.parse import unquote_to_bytes

from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, HTTPException, PermissionDeniedException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from collector.accounts import secrets
from collector.web import files, limits
from collector.web.files import SentFile
from collector.web.page import form_token, visitor_secret

SAFE = {"GET", "HEAD", "OPTIONS"}
TOKEN_FIELD, PASSWORD = "_csrf", "password"
# The longest page is one answer of 20,000 characters, each written in up to 12 bytes by the browser.
LARGEST_PAGE = 400_000
# Far more than any page of ours has; parsing as many as fit into a body would hold up everybody else.
MOST_FIELDS = 200

Posted = dict[str, list[str]]


async def check_form(request: Request) -> None:
    """Before every handler: a page may only change something with the token of its own session.

    The JSON API is left out: it knows people by a header that no other site can make a browser send.
    """
    if request.method in SAFE or request.url.path.startswith("/api/"):
        return
    limits.check(request, visitor_secret(request))
    posted = await read(request)
    if not has_token(request, posted):
        raise PermissionDeniedException("This page was open for too long, or your browser refuses cookies")
    if any(posted.get(limits.TRAP, [])):
        raise FilledInByAProgram
    request.state.taken = posted


class FilledInByAProgram(HTTPException):
    """Told like any other problem, so that a person whose browser filled the field in learns why, and loses nothing."""

    status_code = 422


def to_send_again(request: Request) -> Posted | None:
    """What came with a form of ours, where handling it failed: its browser may not have it any more.

    Nothing of one that was refused, and no password.
    """
    taken: Posted | None = request.state.get("taken")
    if taken is None or PASSWORD in taken:
        return None
    return {name: values for name, values in taken.items() if name not in (TOKEN_FIELD, limits.TRAP)}


def has_token(request: Request, posted: Posted) -> bool:
    visitor = request.cookies.get(request.app.state.cookies.visitor, "")
    token = "".join(posted.get(TOKEN_FIELD, []))
    return bool(visitor) and secrets.same(token, form_token(request, visitor))


async def read(request: Request) -> Posted:
    """Every field with all its values, files apart, in the order posted; too many are refused unread."""
    if files.may_come(request):
        return await read_with_files(request)
    urlencoded = request.content_type[0] == RequestEncodingType.URL_ENCODED
    if urlencoded:
        check_text(await request.body())
    form = await request.form()
    return {key: [value for value in form.getall(key) if isinstance(value, str)] for key in form}


def check_text(body: bytes) -> None:
    """Of bytes that are no text the framework would make others without a word; no browser sends any."""
    if body.count(b"&") >= MOST_FIELDS:
        raise RequestEntityTooLarge
    try:
        unquote_to_bytes(body).decode()
    except UnicodeDecodeError:
        raise ClientException("The form holds bytes that are no text in UTF-8") from None


async def read_with_files(request: Request) -> Posted:
    """A form that files may come with. Its token stands before them: without it no byte of a file is kept."""
    if "posted" not in request.state:
        limits = {"most_fields": MOST_FIELDS, "largest_fields": LARGEST_PAGE}
        read = await files.read(request, **limits, wanted=lambda fields: has_token(request, fields))
        request.state.posted, request.state.files = read
    return request.state.posted


async def sent_files(request: Request) -> dict[str, list[SentFile]]:
    """The files that came with the form, by field; for the handlers that take any."""
    await read(request)
    return request.state.files


def first(posted: Posted, field: str) -> str:
    return next(iter(posted.get(field, [])), "")
