"""Pages that are words alone."""

from litestar import Request, get
from litestar.response import Template

from collector.web.page import page


@get("/accessibility", sync_to_thread=False)
def accessibility(request: Request) -> Template:
    return page(request, "web/accessibility.html")


@get("/privacy", sync_to_thread=False)
def privacy(request: Request) -> Template:
    return page(request, "web/privacy.html")


handlers = [accessibility, privacy]
