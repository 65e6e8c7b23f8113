"""Staff: changing the codebook, with a look first at what a change would do."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.accounts import secrets
from collector.database import Database
from collector.frameworks import codebooks, plan
from collector.queue import Queue
from collector.review import codebook_changing, codebook_forms, theme_pages
from collector.review.acts import CannotDo
from collector.review.codebook_changing import Preview
from collector.review.codebook_pages import ROOT, differences, examples_shown, url_of, version_shown, version_url
from collector.web.page import page
from collector.web.posted import Posted, first, whole_number
from forms.codebook import Codebook, CodeRef
from forms.codebook_changes import ChangeRefused, How

HOW_WORDS = {
    How.REWORDED: "stays the same code, with other words",
    How.MOVED: "goes to another priority area",
    How.MERGED: "becomes",
    How.SPLIT: "is split into",
    How.RETIRED: "stands no more",
}


@get("/staff/codebook/change/{what:str}", sync_to_thread=True)
def change_form(
    request: Request,
    database: NamedDependency[Database],
    what: FromPath[str],
    family: Annotated[str, QueryParameter(name="family", max_length=100)] = "",
    code: Annotated[str, QueryParameter(name="code", max_length=100)] = "",
) -> Template:
    ref = subject(what, family, code)
    values = codebook_forms.before_typing(what, plan.book(), ref)
    with database.reading() as session:
        return form_or_preview(request, session, what, ref, values)


def subject(what: str, family: str, code: str) -> CodeRef:
    """What the change is about; 404 for what is not there."""
    book, ref = plan.book(), CodeRef(family, code)
    families = {one.id for one in book.families}
    fine = {
        "add": family in families,
        "merge": family in families,
        "settle": not code or codebook_forms.case_of(book, ref) is not None,
        "unsettle": codebook_forms.case_of(book, ref) is not None,
        "take-back": True,
    }
    if what not in codebook_forms.TITLES or not fine.get(what, ref in book.codes):
        raise NotFoundException("There is nothing at this address that could be changed like this")
    return ref


def form_or_preview(
    request: Request, session: Session, what: str, ref: CodeRef, values: dict[str, list[str]]
) -> Template:
    """The form; where nothing is to be typed, at once what the change would do."""
    if codebook_forms.asked(what, plan.book(), ref):
        return form_page(request, session, what, ref, values)
    return preview_page(request, session, what, ref, {})


def form_page(
    request: Request, session: Session, what: str, ref: CodeRef, values: Any, *, problem: str = "", since: Any = ()
) -> Template:
    book = plan.book()
    return page(
        request,
        "review/codebook/change.html",
        status_code=422 if problem else 200,
        title=codebook_forms.TITLES[what],
        told=codebook_forms.TOLD[what],
        about=about(book, ref),
        back_url=url_of(ref) if ref in book.codes else ROOT,
        action=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        fields=codebook_forms.asked(what, book, ref),
        values={name: list(found) for name, found in dict(values).items()},
        on=book.version,
        problem=problem,
        since=since,
        beside=beside(request, session),
    )


def beside(request: Request, session: Session) -> dict[str, Any] | None:
    """What was said outside the framework, where somebody proposes a code from there."""
    theme_id = whole_number(request.query_params.get("theme", ""))
    return theme_pages.theme_beside(session, theme_id) if theme_id else None


def why_of(request: Request, session: Session) -> str:
    """In numbers alone: what is kept here stays, and words that were said may be withdrawn."""
    theme = beside(request, session)
    return f"{theme['said']}, that no code held" if theme else ""


def about(book: Codebook, ref: CodeRef) -> str:
    if ref in book.codes:
        return book.code(ref).title
    case = codebook_forms.case_of(book, ref)
    family = next((one for one in book.families if one.id == ref.family), None)
    return case.title if case else family.title if family else ""


@post("/staff/codebook/change/{what:str}", sync_to_thread=True)
def change(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    what: FromPath[str],
    family: Annotated[str, QueryParameter(name="family", max_length=100)] = "",
    code: Annotated[str, QueryParameter(name="code", max_length=100)] = "",
) -> Response:
    ref = CodeRef(family, code)
    values = {name: found for name, found in posted.items() if not name.startswith("_")}
    on = whole_number(first(posted, "_on"))
    on = plan.book().version if on is None else on
    with database.reading() as session:
        if before := codebooks.done_before(session, first(posted, "_key")):
            return Redirect(f"{version_url(before.number)}?done=true", status_code=303)
        since = [version_shown(session, row) for row in codebooks.since(session, on)]
    if first(posted, "_step") != "apply" or since:
        with database.reading() as session:
            if what not in codebook_forms.TITLES:
                raise NotFoundException("There is nothing at this address")
            if first(posted, "_step") == "edit":
                return form_page(request, session, what, ref, values, since=since)
            return preview_page(
                request, session, what, ref, values, since=since, why=first(posted, "_why") or why_of(request, session)
            )
    return apply(request, database, queue, posted, what, ref, values, on)


def apply(
    request: Request,
    database: Database,
    queue: Queue,
    posted: Posted,
    what: str,
    ref: CodeRef,
    values: dict[str, list[str]],
    on: int,
) -> Response:
    why = first(posted, "_why")
    try:
        changes = [] if what == "take-back" else [codebook_forms.read(what, plan.book(), ref, values)]
        with database.writing() as session:
            row, walk = codebook_changing.apply(
                session,
                changes,
                on=on,
                staff_id=request.user.id,
                why=why,
                key=first(posted, "_key"),
                take_back=what == "take-back",
            )
            url, walk_id = f"{version_url(row.number)}?done=true", walk and walk.id
            session.commit()
    except (CannotDo, ChangeRefused, codebooks.Overtaken) as problem:
        # Who was quicker by a moment is told of on the page that asks again.
        plan.look(database)
        with database.reading() as session:
            since = [version_shown(session, one) for one in codebooks.since(session, on)]
            told = "" if since else str(problem)
            return preview_page(request, session, what, ref, values, since=since, why=why, problem=told)
    if walk_id:
        queue.ask_for_walk(walk_id)
    return Redirect(url, status_code=303)


def preview_page(
    request: Request,
    session: Session,
    what: str,
    ref: CodeRef,
    values: dict[str, list[str]],
    *,
    since: Any = (),
    why: str = "",
    problem: str = "",
) -> Template:
    """What the change would do; the form again where it cannot be made."""
    book = plan.book()
    try:
        made = changed_by(session, what, ref, values)
    except ChangeRefused as refused:
        if codebook_forms.asked(what, book, ref):
            return form_page(request, session, what, ref, values, problem=str(refused), since=since)
        return refused_page(request, what, ref, str(refused), since)
    found = codebook_changing.preview(session, made)
    return page(
        request,
        "review/codebook/preview.html",
        status_code=409 if since else 422 if problem else 200,
        title=codebook_forms.TITLES[what],
        about=about(book, ref),
        action=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        found=found,
        effects=[effect_shown(session, one) for one in found.effects],
        unclear=not_mapped_back(found) if what == "take-back" else "",
        differences=differences(book, found.book),
        values={name: list(some) for name, some in values.items()},
        can_edit=bool(codebook_forms.asked(what, book, ref)),
        on=book.version,
        key=secrets.fresh(),
        why=why,
        problem=problem,
        since=since,
        back_url=url_of(ref) if ref in book.codes else ROOT,
    )


def changed_by(session: Session, what: str, ref: CodeRef, values: dict[str, list[str]]) -> Any:
    if what == "take-back":
        return codebooks.back(session, plan.book().version)
    return codebook_changing.changed(plan.book(), codebook_forms.read(what, plan.book(), ref, values))


def refused_page(request: Request, what: str, ref: CodeRef, problem: str, since: Any) -> Template:
    return page(
        request,
        "review/codebook/refused.html",
        status_code=422,
        title=codebook_forms.TITLES[what],
        about=about(plan.book(), ref),
        problem=problem,
        since=since,
        back_url=url_of(ref) if ref in plan.book().codes else ROOT,
    )


def effect_shown(session: Session, effect: codebook_changing.Effect) -> dict[str, Any]:
    return {
        "title": effect.title,
        "becomes": HOW_WORDS[effect.how],
        "into": effect.into if effect.how in (How.MERGED, How.SPLIT) else (),
        "itself": effect.how is How.MERGED and effect.into == (effect.title,),
        "counted": effect.counted,
        "examples": examples_shown(session, plan.meaning(*effect.code)),
    }


def not_mapped_back(found: Preview) -> str:
    """What taking back cannot undo, in words."""
    told = []
    if any(one.how is How.SPLIT for one in found.effects):
        told.append("What was coded since with a code that several had become is suggested under each of them again.")
    if any(one.how is How.RETIRED for one in found.effects):
        told.append("What was coded since with a code that was added stands no more.")
    if any(one.how is How.REWORDED for one in found.effects):
        told.append("What was coded since with a code that others had become stays with that code.")
    return " ".join(told)


handlers = [change_form, change]
