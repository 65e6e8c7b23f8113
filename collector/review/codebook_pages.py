"""Staff: the codebook as it is, how it came to be, and changing it, with a look first at what a change would do."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.accounts import staff
from collector.accounts.access import REVIEWERS
from collector.database import Database
from collector.findings import concerned
from collector.frameworks import codebooks, plan, walks
from collector.frameworks.models import CodebookVersion, Walk
from collector.queue import Queue
from collector.review import reading
from collector.review.codebook_changing import SETTLE
from collector.web.page import page
from forms import codebook_files, refi_qda
from forms.codebook import Code, Codebook, CodeRef
from forms.codebook_changes import (
    CHANGES,
    PERMANENT,
    Add,
    Change,
    Fate,
    How,
    Merge,
    Move,
    Retire,
    Reword,
    Settle,
    Split,
    Unsettle,
)

ROOT = "/staff/codebook"
EXAMPLES = 5
FILES = {
    "yaml": ("application/yaml; charset=utf-8", codebook_files.as_yaml),
    "csv": ("text/csv; charset=utf-8", lambda book: "\ufeff" + codebook_files.as_csv(book)),
    "qdc": ("application/xml", refi_qda.written),
}


def url_of(ref: CodeRef) -> str:
    return f"{ROOT}/{ref.family}/{ref.id}"


def change_url(what: str, ref: CodeRef) -> str:
    return f"{ROOT}/change/{what}?family={ref.family}&code={ref.id}"


def version_url(number: int) -> str:
    return f"{ROOT}/versions/{number}"


# -- The codebook as it is ------------------------------------------------------------------------------


@get(ROOT, sync_to_thread=True)
def codebook(
    request: Request,
    database: NamedDependency[Database],
    search: Annotated[str, QueryParameter(name="search", max_length=200)] = "",
) -> Template:
    book = plan.book()
    with database.reading() as session:
        newest = next(iter(codebooks.rows(session)), None)
        shown = version_shown(session, newest) if newest else None
        walk = walk_shown(walks.latest(session, what=SETTLE))
    families = [family_shown(book, family.id, search) for family in book.families]
    return page(
        request,
        "review/codebook/codebook.html",
        book=book,
        search=search,
        families=[one for one in families if one["codes"] or not search.strip()],
        hard_cases=[case_shown(book, case) for case in book.hard_cases if fits(search, case.title, case.settled)],
        newest=shown,
        walk=walk,
        may_change=request.user.role in REVIEWERS,
        found=sum(len(one["codes"]) for one in families),
    )


def family_shown(book: Codebook, family_id: str, search: str) -> dict[str, Any]:
    family = book.family(family_id)
    codes = [code for code in family.codes if fits(search, code.title, code.takes_in, code.summary, *code.examples)]
    return {
        "id": family.id,
        "title": family.title,
        "rules": family.rules,
        "codes": [
            {
                "url": url_of(CodeRef(family.id, code.id)),
                "title": code.title,
                "takes_in": code.takes_in,
                "area": area_of(book, code),
            }
            for code in codes
        ],
        "add_url": change_url("add", CodeRef(family.id, "")).removesuffix("&code="),
        "merge_url": change_url("merge", CodeRef(family.id, "")).removesuffix("&code="),
    }


def fits(search: str, *texts: str) -> bool:
    wanted = search.strip().casefold()
    return not wanted or any(wanted in text.casefold() for text in texts)


def area_of(book: Codebook, code: Code) -> str:
    return book.code(CodeRef("priority_areas", code.priority_area)).title if code.priority_area else ""


def case_shown(book: Codebook, case: Any) -> dict[str, Any]:
    ref = CodeRef("hard-case", case.id)
    return {
        "id": case.id,
        "title": case.title,
        "settled": case.settled,
        "codes": links(book, case.codes),
        "settle_url": change_url("settle", ref),
        "unsettle_url": change_url("unsettle", ref),
    }


def links(book: Codebook, refs: Any) -> list[dict[str, str]]:
    return [{"title": book.code(ref).title, "url": url_of(ref)} for ref in refs]


def walk_shown(walk: Walk | None) -> dict[str, Any] | None:
    """How far the work is, while it goes on or after it stopped."""
    if walk is None or walk.state == "done" or (walk.state != "set-aside" and not walk.total and not walk.done):
        return None
    return {
        "state": walk.state,
        "done": walk.done,
        "total": max(walk.total, walk.done),
        "reason": walk.reason,
        "again_url": f"/staff/walks/{walk.id}/again",
    }


@get("/staff/codebook/{family:str}/{code:str}", sync_to_thread=True)
def one_code(
    request: Request, database: NamedDependency[Database], family: FromPath[str], code: FromPath[str]
) -> Template:
    book, ref = plan.book(), CodeRef(family, code)
    found = book.codes.get(ref)
    if found is None:
        return gone_page(request, book, ref)
    labels = plan.meaning(family, code)
    with database.reading() as session:
        counted = concerned.counted(session, labels)
        decided = examples_shown(session, [(family, code)], decided=True)
        changes = changes_of(session, ref)
        walk = walk_shown(walks.latest(session, what=SETTLE))
    return page(
        request,
        "review/codebook/code.html",
        ref=ref,
        code=found,
        family=book.family(family),
        area=area_of(book, found),
        leaves_out=[{"what": one.what, "instead": links(book, one.instead)} for one in found.leaves_out],
        hard_cases=[case_shown(book, case) for case in book.hard_cases_of(ref)],
        counted=counted,
        decided=decided,
        earlier=[plan.title(*label) for label in labels[1:]],
        changes=changes,
        walk=walk,
        queue_url=f"/staff/review?label={family}:{code}",
        ways=ways(ref) if request.user.role in REVIEWERS else [],
    )


def gone_page(request: Request, book: Codebook, ref: CodeRef) -> Template:
    """What became of a code that was there once."""
    gone = next((one for one in book.gone if one.code == ref), None)
    if gone is None:
        raise NotFoundException("There is no code at this address")
    became = links(book, plan.meant(*ref).into)
    return page(
        request,
        "review/codebook/gone.html",
        title=gone.title,
        version=gone.version,
        version_url=version_url(gone.version),
        became=became,
        split=plan.meant(*ref).how is How.SPLIT,
    )


def ways(ref: CodeRef) -> list[dict[str, str]]:
    """What can be done with a code."""
    leaving = [] if ref.id in PERMANENT.get(ref.family, ()) else ["split", "retire"]
    whats = ["reword", *(["move"] if ref.family == "actions" else []), "merge", *leaving]
    words = {"reword": "Reword", "move": "Move", "merge": "Merge with others", "split": "Split", "retire": "Retire"}
    return [{"url": change_url(what, ref), "words": words[what]} for what in whats]


def examples_shown(session: Session, labels: Any, *, decided: bool = False) -> list[dict[str, str]]:
    found = concerned.examples(session, labels, at_most=EXAMPLES, decided=decided)
    return [{"text": text, "url": reading.statement_url(one.id)} for one, text in found]


def changes_of(session: Session, ref: CodeRef) -> list[dict[str, Any]]:
    """The versions that changed this code, newest first."""
    found = []
    for row in codebooks.rows(session):
        fates = [Fate.model_validate(fate) for fate in (row.mapping or {}).get("fates", [])]
        concerns = any(one.how is not How.SAME and ref in (one.code, *one.into) for one in fates)
        if concerns or str(ref) in (row.mapping or {}).get("added", []):
            found.append(version_shown(session, row))
    return found


@post("/staff/walks/{walk_id:int}/again", sync_to_thread=True)
def walk_again(
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    walk_id: FromPath[int],
) -> Redirect:
    """Go on with work that was set aside."""
    with database.writing() as session:
        walk = session.get(Walk, walk_id)
        if walk is None:
            raise NotFoundException("There is no such work")
        walks.leases.try_again(session, walk_id)
        url = ROOT if walk.frame_id is None else f"/staff/frameworks/{walk.frame_id}"
        session.commit()
    queue.ask_for_walk(walk_id)
    return Redirect(url, status_code=303)


# -- Versions -------------------------------------------------------------------------------------------


@get("/staff/codebook/versions", sync_to_thread=True)
def versions(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        rows = [version_shown(session, row) for row in codebooks.rows(session)]
        walk = walk_shown(walks.latest(session, what=SETTLE))
    newest = rows[0]["number"] if rows else plan.book().version
    return page(
        request,
        "review/codebook/versions.html",
        rows=rows,
        first=plan.book(),
        walk=walk,
        take_back_url=f"{ROOT}/change/take-back" if len(rows) > 1 and request.user.role in REVIEWERS else "",
        newest=newest,
    )


@get("/staff/codebook/versions/{number:int}", sync_to_thread=True)
def one_version(
    request: Request,
    database: NamedDependency[Database],
    number: FromPath[int],
    done: Annotated[bool, QueryParameter(name="done")] = False,
) -> Template:
    with database.reading() as session:
        try:
            after = codebooks.version(session, number)
        except LookupError as error:
            raise NotFoundException("There is no version of this number") from error
        row = session.get(CodebookVersion, number)
        before = codebooks.version(session, number - 1) if row and row.mapping else None
        shown = version_shown(session, row) if row else None
        walk = walk_shown(walks.latest(session, what=SETTLE, number=number))
    return page(
        request,
        "review/codebook/version.html",
        number=number,
        version=shown,
        differences=differences(before, after) if before else [],
        files=[{"url": f"{ROOT}/download/{kind}?version={number}", "kind": kind} for kind in FILES],
        walk=walk,
        done=done,
        newest=number == plan.book().version,
        codes=len(after.codes),
    )


def version_shown(session: Session, row: CodebookVersion) -> dict[str, Any]:
    before = codebooks.version(session, row.number - 1) if row.mapping else None
    after = codebooks.version(session, row.number) if row.mapping else None
    if row.takes_back:
        said = [f"Took back version {row.takes_back}"]
    elif before:
        said = [in_words(CHANGES.validate_python(one), before, after) for one in row.changes]
    else:
        said = ["As it came with the service"]
    return {
        "number": row.number,
        "url": version_url(row.number),
        "said": said,
        "why": row.why,
        "by": staff.name_of(session, row.made_by) if row.made_by else "",
        "at": row.made_at,
    }


def in_words(change: Change, before: Codebook, after: Codebook) -> str:
    """What was done, as a line of the list of versions."""

    def called(ref: CodeRef) -> str:
        return (
            f"“{(before.codes.get(ref) or after.codes[ref]).title}”" if ref in {**before.codes, **after.codes} else ""
        )

    def of(one: Code | CodeRef) -> str:
        return called(one) if isinstance(one, CodeRef) else f"“{one.title}”"

    match change:
        case Add():
            return f"Added “{change.code.title}”"
        case Reword():
            return f"Reworded {called(change.code)}"
        case Move():
            return f"Moved {called(change.code)} to {called(CodeRef('priority_areas', change.priority_area))}"
        case Merge():
            merged = [called(ref) for ref in change.codes if ref != change.into]
            return f"Merged {listed(merged)} into {of(change.into)}"
        case Split():
            return f"Split {called(change.code)} into {listed([of(one) for one in change.into])}"
        case Retire():
            return f"Retired {called(change.code)}"
        case Settle():
            return f"Settled “{change.case.title}”"
        case Unsettle():
            case = next((one for one in before.hard_cases if one.id == change.case), None)
            return f"Took out “{case.title if case else change.case}”"


def listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def differences(before: Codebook, after: Codebook) -> list[dict[str, Any]]:
    """What stands otherwise in the later one, code by code, with the words that came and went."""
    found = []
    for ref in dict.fromkeys((*before.codes, *after.codes)):
        old, new = before.codes.get(ref), after.codes.get(ref)
        if old != new:
            title = (new or old).title
            what = "New" if old is None else "Gone" if new is None else "Changed"
            found.append({"what": what, "title": title, "lines": compared(lines_of(before, old), lines_of(after, new))})
    old_cases, new_cases = ({case.id: case for case in book.hard_cases} for book in (before, after))
    for id in dict.fromkeys((*old_cases, *new_cases)):
        old, new = old_cases.get(id), new_cases.get(id)
        if old != new:
            told = [case_lines(before, old), case_lines(after, new)]
            what = "New" if old is None else "Gone" if new is None else "Changed"
            found.append({"what": what, "title": (new or old).title, "lines": compared(*told)})
    return found


def lines_of(book: Codebook, code: Code | None) -> dict[str, str]:
    if code is None:
        return {}
    left_out = [one.what + "".join(f" → {book.code(ref).title}" for ref in one.instead) for one in code.leaves_out]
    return {
        "Title": code.title,
        "Priority area": area_of(book, code),
        "For the public": code.summary,
        "Takes in": code.takes_in,
        "Leaves out": "\n".join(left_out),
        "Examples": "\n".join(code.examples),
    }


def case_lines(book: Codebook, case: Any) -> dict[str, str]:
    if case is None:
        return {}
    codes = "\n".join(book.code(ref).title for ref in case.codes)
    return {"Question": case.title, "Settled": case.settled, "Codes": codes}


def compared(old: dict[str, str], new: dict[str, str]) -> list[dict[str, Any]]:
    names = dict.fromkeys((*old, *new))
    changed = [name for name in names if old.get(name, "") != new.get(name, "")]
    return [{"name": name, "parts": words_compared(old.get(name, ""), new.get(name, ""))} for name in changed]


def words_compared(old: str, new: str) -> list[tuple[str, str]]:
    """Stretches that are the same, came (`ins`) or went (`del`), word by word."""
    before, after = (text.replace("\n", " ¶ ").split(" ") for text in (old, new))
    found: list[tuple[str, str]] = []
    for how, start, end, from_, to in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if how == "equal":
            found.append(("", spoken(before[start:end])))
            continue
        found += [("del", spoken(before[start:end]))] if end > start and any(before[start:end]) else []
        found += [("ins", spoken(after[from_:to]))] if to > from_ and any(after[from_:to]) else []
    return found


def spoken(words: list[str]) -> str:
    return " ".join(words).replace(" ¶ ", "\n").replace("¶", "\n")


@get("/staff/codebook/download/{kind:str}", sync_to_thread=True)
def download(
    database: NamedDependency[Database],
    kind: FromPath[str],
    number: Annotated[int | None, QueryParameter(name="version")] = None,
) -> Response:
    if kind not in FILES:
        raise NotFoundException("There is no such file")
    with database.reading() as session:
        try:
            book = codebooks.version(session, number) if number else plan.book()
        except LookupError as error:
            raise NotFoundException("There is no version of this number") from error
    media, write = FILES[kind]
    name = f"codebook-{book.slug}-version-{book.version}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write(book), media_type=media, headers=headers)


handlers = [
    codebook,
    versions,
    one_version,
    download,
    one_code,
    walk_again,
]
