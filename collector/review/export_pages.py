"""Staff: codings and what reviewers changed, as files. What is asked for stands in the address, as in the queue."""

from dataclasses import asdict

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Response, Stream, Template

from collector.database import Database, now
from collector.intake import file_names
from collector.review import export_files, exports
from collector.web.page import page as show

# A page makes a file of so many passages within half a minute; the command line makes any.
MOST_PASSAGES = 20_000


@get("/staff/exports", sync_to_thread=True)
def choose(request: Request, database: NamedDependency[Database]) -> Template:
    wanted = exports.asked(dict(request.query_params))
    with database.reading() as session:
        counts = exports.counts(session, wanted, request.user.id)
    return show(
        request,
        "review/exports.html",
        whole=wanted == exports.everything(),
        counts=counts,
        too_many=counts.passages > MOST_PASSAGES,
        most=MOST_PASSAGES,
        filters=exports.told(wanted),
        queue_url=f"/staff/review?{wanted.query()}",
        whole_url="/staff/exports",
        tables=[
            {
                "title": title,
                "words": words,
                "rows": asdict(counts)[table],
                "files": [
                    {"word": word, "url": f"/staff/exports/{table}.{kind}?{exports.query(wanted)}"}
                    for kind, word in export_files.FORMATS.items()
                ],
            }
            for table, (title, words) in exports.TABLES.items()
        ],
    )


@get("/staff/exports/{file_name:str}", sync_to_thread=True)
def download(request: Request, database: NamedDependency[Database], file_name: FromPath[str]) -> Response:
    table, _, kind = file_name.partition(".")
    if table not in exports.TABLES or kind not in export_files.FORMATS:
        raise NotFoundException("There is no file at this address")
    wanted = exports.asked(dict(request.query_params))
    with database.reading() as session:
        counts = exports.counts(session, wanted, request.user.id)
        if counts.passages > MOST_PASSAGES:
            return too_many(request, counts, table)
        try:
            file = exports.made(session, table, kind, wanted, request.user.id)
        except export_files.TooMany as problem:
            return show(request, "review/export_refused.html", status_code=422, problem=str(problem))
    name = f"{table}-{now():%Y-%m-%d-%H%M}.{kind}"
    headers = {"Content-Disposition": file_names.attached(name)}
    return Stream(export_files.parts_of(file), media_type=export_files.MEDIA_TYPES[kind], headers=headers)


def too_many(request: Request, counts: exports.Counts, table: str) -> Template:
    problem = (
        f"These are {counts.passages:,} passages, and a page makes files of up to {MOST_PASSAGES:,}. "
        f"Narrow the filters, or ask whoever runs the service for: feedback-loop export {table}"
    )
    return show(request, "review/export_refused.html", status_code=422, problem=problem)


handlers = [choose, download]
