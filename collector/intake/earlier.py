"""What a browser wrote for a round that has closed and did not send, while a newer round takes answers."""

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response
from sqlmodel import Session

from collector.database import Database
from collector.intake import drafts
from collector.intake.answer_rows import row
from collector.intake.place import Place, left_behind, place_of
from collector.web.page import page as show


def found(session: Session, request: Request, slug: str, *, to_change: bool = False) -> Place | None:
    place_of(session, request, slug)  # where nothing is open the questionnaire's own page shows them
    return left_behind(session, request, slug, to_change=to_change)


@get("/questionnaires/{slug:str}/earlier", sync_to_thread=True)
def earlier(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.reading() as session:
        place = found(session, request, slug)
    if place is None:
        return Redirect(f"/questionnaires/{slug}", status_code=303)
    asked = [one for id, one in place.questionnaire.questions.items() if id in place.answers]
    return show(
        request,
        "intake/earlier.html",
        questionnaire=place.questionnaire,
        round=place.round_,
        rows=[row(one, place.answers) for one in asked],
        colleagues=place.holders - 1,
        kept_until=place.draft.expires_at,
        url=f"{place.url}/earlier",
        start_url=place.url,
    )


@post("/questionnaires/{slug:str}/earlier", sync_to_thread=True)
def forget_earlier(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Redirect:
    with database.writing() as session:
        if place := found(session, request, slug, to_change=True):
            drafts.forget(session, place.draft)
            session.commit()
    return Redirect(f"/questionnaires/{slug}", status_code=303)


handlers = [earlier, forget_earlier]
