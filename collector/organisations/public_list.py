"""The names that everybody may choose from. Matching is done in the browser, so that nothing typed is sent for it."""

import json
from functools import cache

from litestar import Response, get

from forms import organisations

HOURS_KEPT = 24


@get("/organisations.json", sync_to_thread=True, include_in_schema=False)
def names() -> Response:
    """Each organisation as its name and then its other spellings; those that most people mean come first."""
    return Response(
        _written(),
        media_type="application/json",
        headers={"Cache-Control": f"public, max-age={HOURS_KEPT * 3600}"},
    )


@cache
def _written() -> bytes:
    return json.dumps([[one.name, *one.others] for one in organisations.listed()], ensure_ascii=False).encode()


handlers = [names]
