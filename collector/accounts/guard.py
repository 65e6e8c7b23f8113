"""Keeps the rules of `access`: at every request, and at the start for every route."""

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from collector.accounts.access import RULES, Person
from collector.web import posted


async def permit(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    """The one guard. Refuses with 401 who is not known at all, with 403 who is known and not allowed."""
    method = connection.scope["method"]
    if method == "OPTIONS":  # says no more than which methods there are, see routes_of
        return
    allowed = RULES[rule_of(method, connection.scope["path_template"])]
    if connection.user.role in allowed:
        return
    if connection.user.role is Person.ANYONE:
        await posted.note_before_sign_in(connection)
        raise NotAuthorizedException("Sign in first")
    await posted.note(connection)
    raise PermissionDeniedException("Your account may not do this")


def routes_of(app: Litestar) -> set[str]:
    """Every method and path that the router answers, OPTIONS apart (it says no more than which methods there are)."""
    return {rule_of(method, route.path_format) for route in app.routes for method in route.methods - {"OPTIONS"}}


def rule_of(method: str, path: str) -> str:
    """HEAD tells no more than GET, so it is for the same people."""
    return f"{'GET' if method == 'HEAD' else method} {path}"


def check_rules(app: Litestar) -> None:
    missing, stale = routes_of(app) - set(RULES), set(RULES) - routes_of(app)
    if missing or stale:
        raise RuntimeError(f"Access rules: missing {sorted(missing)}, for no route {sorted(stale)}")
