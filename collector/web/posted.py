"""What a form posted, and the check that one of our own pages posted it."""

from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.exceptions import PermissionDeniedException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from collector.accounts import secrets
from collector.web.page import form_token

SAFE = {"GET", "HEAD", "OPTIONS"}
TOKEN_FIELD = "_csrf"
# Far more than any page of ours has; parsing as many as fit into a body would hold up everybody else.
MOST_FIELDS = 200

Posted = dict[str, list[str]]


async def check_form(request: Request) -> None:
    """Before every handler: a page may only change something with the token of its own session.

    The JSON API is left out: it knows people by a header that no other site can make a browser send.
    """
    if request.method in SAFE or request.url.path.startswith("/api/"):
        return
    posted = await read(request)
    visitor = request.cookies.get(request.app.state.cookies.visitor, "")
    token = "".join(posted.get(TOKEN_FIELD, []))
    if not visitor or not secrets.same(token, form_token(request, visitor)):
        raise PermissionDeniedException("This page was open for too long, or your browser refuses cookies")


async def read(request: Request) -> Posted:
    """Every field with all its values, uploads apart, in the order posted; too many are refused unread."""
    urlencoded = request.content_type[0] == RequestEncodingType.URL_ENCODED
    if urlencoded and (await request.body()).count(b"&") >= MOST_FIELDS:
        raise RequestEntityTooLarge
    form = await request.form()
    return {key: [value for value in form.getall(key) if isinstance(value, str)] for key in form}


def first(posted: Posted, field: str) -> str:
    return next(iter(posted.get(field, [])), "")
