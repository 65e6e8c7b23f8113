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
from forms.codebook import CodeRef
from forms.codebook_changes import ChangeRefused, How, refuse_to_split

HOW_WORDS = {
    How.REWORDED: "stays the same code, with other words",
    How.MOVED: "goes to the priority area",
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


def subject(what: str, family: str, code: str, *, gone: bool = False) -> CodeRef:
    """What the change is about; 404 for what is not there. A form that was opened may be about what has gone since."""
    book, ref = plan.book(), CodeRef(family, code)
    families = {one.id for one in book.families}
    case = gone or codebook_forms.case_of(book, ref) is not None
    there = ref in book.codes or (gone and ref in plan.held().gone)
    fine = {
        "add": family in families,
        "merge": family in families,
        "move": there and family == "actions",
        "settle": not code or case,
        "unsettle": case,
        "take-back": True,
    }
    if what not in codebook_forms.TITLES or not fine.get(what, there):
        raise NotFoundException("There is nothing at this address that could be changed like this")
    return ref


def form_or_preview(
    request: Request, session: Session, what: str, ref: CodeRef, values: dict[str, list[str]]
) -> Template:
    """The form; where nothing is to be typed, at once what the change would do."""
    if what == "split":
        try:
            refuse_to_split(plan.book(), ref)
        except ChangeRefused as refused:
            return refused_page(request, session, what, ref, str(refused))
    if codebook_forms.asked(what, plan.book(), ref):
        return form_page(request, session, what, ref, values)
    return preview_page(request, session, what, ref, {})


def form_page(
    request: Request,
    session: Session,
    what: str,
    ref: CodeRef,
    values: Any,
    *,
    problem: str = "",
    field: str = "",
    since: Any = (),
    why: str = "",
) -> Template:
    """`field` is the one that has the problem; `why` what was typed on the page that comes after this one."""
    book = plan.book()
    fields = codebook_forms.asked(what, book, ref)
    return page(
        request,
        "review/codebook/change.html",
        status_code=422 if problem else 200,
        title=codebook_forms.TITLES[what],
        told=codebook_forms.TOLD[what],
        about=about(session, what, ref),
        back_url=url_of(ref) if ref in book.codes else ROOT,
        action=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        fields=fields,
        unfolded=codebook_forms.unfolded(fields, values, field),
        values={name: list(found) for name, found in dict(values).items()},
        on=book.version,
        problem=problem,
        field=field,
        since=since,
        why=why,
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


def about(session: Session, what: str, ref: CodeRef) -> str:
    """What the change is about, over its heading."""
    book = plan.book()
    if what == "take-back":
        return last_version(session)
    if ref in book.codes or ref in plan.held().gone:
        return plan.title(*ref)
    case = codebook_forms.case_of(book, ref)
    family = next((one for one in book.families if one.id == ref.family), None)
    return case.title if case else family.title if family else ""


def last_version(session: Session) -> str:
    newest = next(iter(codebooks.rows(session)), None)
    return f"Version {newest.number}: {'; '.join(version_shown(session, newest)['said'])}" if newest else ""


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
    ref = subject(what, family, code, gone=True)
    values = {name: found for name, found in posted.items() if not name.startswith("_")}
    newest = plan.book().version
    on = whole_number(first(posted, "_on"))
    # Of no version that there is: nobody has seen yet what it would do to this one.
    unseen = on is None or on > newest
    on = newest if on is None else min(on, newest)
    with database.reading() as session:
        if before := codebooks.done_before(session, first(posted, "_key")):
            return Redirect(f"{version_url(before.number)}?done=true", status_code=303)
        since = [version_shown(session, row) for row in codebooks.since(session, on)]
    if first(posted, "_step") != "apply" or since or unseen:
        with database.reading() as session:
            why = first(posted, "_why") or why_of(request, session)
            if first(posted, "_step") == "edit":
                return form_page(request, session, what, ref, values, since=since, why=why)
            return preview_page(request, session, what, ref, values, since=since, why=why)
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
        told = str(refused)
        if codebook_forms.asked(what, book, ref):
            field = codebook_forms.field_of(what, book, ref, values, refused)
            return form_page(request, session, what, ref, values, problem=told, field=field, since=since, why=why)
        return refused_page(request, session, what, ref, told, since=since, why=why)
    found = codebook_changing.preview(session, made)
    return page(
        request,
        "review/codebook/preview.html",
        status_code=409 if since else 422 if problem else 200,
        title=codebook_forms.TITLES[what],
        about=about(session, what, ref),
        action=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        found=found,
        effects=[effect_shown(session, one) for one in found.effects],
        takes_back=what == "take-back",
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


def refused_page(
    request: Request, session: Session, what: str, ref: CodeRef, problem: str, *, since: Any = (), why: str = ""
) -> Template:
    return page(
        request,
        "review/codebook/refused.html",
        status_code=422,
        title=codebook_forms.TITLES[what],
        about=about(session, what, ref),
        problem=problem,
        since=since,
        why=why,
        back_url=url_of(ref) if ref in plan.book().codes else ROOT,
    )


def effect_shown(session: Session, effect: codebook_changing.Effect) -> dict[str, Any]:
    return {
        "title": effect.title,
        "becomes": HOW_WORDS[effect.how],
        "into": effect.into if effect.how in (How.MERGED, How.MOVED, How.SPLIT) else (),
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
