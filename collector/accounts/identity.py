"""Finds out who is asking: from a session cookie on pages, from a bearer token on the API."""

from contextlib import suppress

from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from collector.accounts import staff, tokens
from collector.database import AWAY, Database


class Identity(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        return AuthenticationResult(user=await find(connection), auth=None)


def who(connection: ASGIConnection) -> staff.Visitor:
    """Who is asking; anyone where the address led to no route and nobody was asked."""
    return connection.scope.get("user") or staff.ANYONE


def becomes(connection: ASGIConnection, visitor: staff.Visitor, secret: str) -> None:
    """Who has just signed in is who is asking, also in what is left of this request."""
    connection.scope["user"] = visitor
    connection.cookies[connection.app.state.cookies.staff] = secret


async def find(connection: ASGIConnection) -> staff.Visitor:
    database: Database = connection.app.state.database
    # Not the url: it cannot be read when the Host header is nonsense, and who is asking is found out before that is.
    if connection.scope["path"].startswith("/api/"):
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        known = secret.strip() if scheme.lower() == "bearer" else ""
        return await sync_to_thread(by_token, database, known) if known else staff.ANYONE
    secret = connection.cookies.get(connection.app.state.cookies.staff, "")
    return await sync_to_thread(by_session, database, secret) if secret else staff.ANYONE


def by_token(database: Database, secret: str) -> staff.Visitor:
    with database.reading() as session:
        return tokens.visitor_of(session, secret)


def by_session(database: Database, secret: str) -> staff.Visitor:
    with database.reading() as session:
        visitor, late = staff.known(session, secret)
    if late:
        # A page that only looks does not fail because others write; its next request notes it.
        with suppress(*AWAY), database.writing() as session:
            staff.seen(session, secret)
            session.commit()
    return visitor
