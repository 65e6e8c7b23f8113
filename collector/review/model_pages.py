"""Staff: what suggests labels and since when, what it learned, and the way back to an earlier one."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.accounts import staff
from collector.accounts.access import REVIEWERS
from collector.database import Database
from collector.findings import differences, readers, rereadings
from collector.findings.learning_models import ReaderVersion, Rereading, TrainingRun
from collector.findings.readers import CannotServe
from collector.frameworks import plan
from collector.intake.models import Round
from collector.queue import Queue
from collector.review import teaching, trainings
from collector.web.page import page as show
from collector.web.posted import Posted, first, whole_number

URL = "/staff/models"
MOST_DIFFERENCES = 1_000
RUNS_LISTED = 20
STAGES = {"": "About to begin", "reading": "Reading", "learning": "Learning", "comparing": "Comparing"}
ENDS = {"cancelled": "Stopped by a person", "set-aside": "Failed"}
OUTCOMES = {
    "served": "Better, and serves",
    "refused": "Not shown to be better",
    "too-few-blind": "Cannot be judged yet",
    "nothing-new": "Nothing new",
    "too-little": "Too little to learn from",
}
WHY = {
    "shipped": "It came with the service",
    "better": "It was found better on passages decided blind",
    "returned": "Returned to",
    "damaged": "The one before could not be read",
    "words-gone": "The one before had learned from words that are gone",
}
STANDS = {
    "champion": ("serves", "Serves"),
    "challenger": ("waiting", "Waits to be judged"),
    "retired": ("before", "Served before"),
    "refused": ("refused", "Does not serve"),
}
TOLD = {
    "asked": "Training is asked for. It begins within seconds.",
    "cancelled": "Training is stopped. Nothing of it is kept.",
    "ended": "That training had ended already.",
    "returned": "Saved. New passages are read by it from now on.",
    "serves": "Nothing changed: that one serves already.",
    "again": "Passages that another one read are read anew, newest first.",
    "nothing-again": "Every passage was last read by the one that serves. There is nothing to read anew.",
    "stopped": "Reading anew is stopped. What was read anew stays so.",
}


@get(URL, sync_to_thread=True)
def models(
    request: Request,
    database: NamedDependency[Database],
    done: Annotated[str, QueryParameter(name="done")] = "",
) -> Template:
    with database.reading() as session:
        names = staff.names(session)
        every = request.app.state.settings.learn_every.days
        frameworks = [framework_shown(session, reads, names, every) for reads in readers.frameworks(session)]
        still = done != "asked" or any(one["training"] for one in frameworks)
        return show(
            request,
            "review/models.html",
            frameworks=frameworks,
            rereading=rereading_shown(session, names),
            differences=differences_shown(session),
            told=TOLD.get(done, "") if still else "",
            may_change=request.user.role in REVIEWERS,
            enough=trainings.ENOUGH_NEW,
        )


def framework_shown(session: Session, reads: str, names: dict[int, str], every: int) -> dict[str, Any]:
    versions = [version_shown(one, names) for one in readers.versions(session, reads)]
    run = trainings.latest(session, reads)
    # One of them may be under way.
    ended = [one for one in trainings.listed(session, reads, RUNS_LISTED + 2) if one.finished_at]
    return {
        "reads": reads,
        "title": title_of(reads),
        "champion": next((one for one in versions if one["state"] == "champion"), None),
        "challenger": next((one for one in versions if one["state"] == "challenger"), None),
        "versions": versions,
        "training": training_shown(run) if run and run.state in trainings.UNDER_WAY else None,
        "runs": [run_shown(one, names) for one in ended[:RUNS_LISTED]],
        "more_runs": len(ended) > RUNS_LISTED,
        "changes": [change_shown(one, names, versions) for one in readers.changes(session, reads)],
        "new": teaching.new_decisions(
            session, reads, after=run.decisions_until if run else 0, at_most=trainings.ENOUGH_NEW
        ),
        "every": every,
    }


def title_of(reads: str) -> str:
    return plan.current().title if reads == plan.SLUG else plan.FAMILY_WORDS[plan.family_of(reads)]


def version_shown(row: ReaderVersion, names: dict[int, str]) -> dict[str, Any]:
    shape, word = STANDS[row.state]
    learned = row.kind == readers.LEARNED
    return {
        "version": row.version,
        "name": "Learned from decisions" if learned else "As it came with the service",
        "learned": learned,
        "state": row.state,
        "shape": shape,
        "word": word,
        "reason": row.reason,
        "usable": row.usable,
        "at": row.made_at,
        "by": names.get(row.made_by, "") if row.made_by else "",
        "decisions": row.decisions,
        "statements": row.statements,
        "passages": row.passages,
        "labels": row.labels,
        "words_gone_at": row.words_gone_at,
        "from": row.served_from,
        "to": row.served_to,
        "compared": compared_shown(row.compared) if row.compared else None,
        "may_return": readers.may_return(row) and row.state != "champion",
    }


def compared_shown(compared: dict[str, Any]) -> dict[str, Any]:
    named = [(plan.FAMILY_WORDS[family], one) for family, one in compared["families"].items()]
    told = [(title, one) for title, one in named if tells(one)]
    families = [("All together", compared["whole"]), *(told if len(named) > 1 else ())]
    return {
        "passages": compared["passages"],
        "statements": compared["statements"],
        "left_out": ", ".join(title for title, one in named if not tells(one)),
        "rows": [{"title": title} | {name: in_words(one[name], name) for name in one} for title, one in families],
    }


def tells(figures: dict[str, Any]) -> bool:
    return any(figures[name]["high"] > 0 for name in ("champion", "challenger"))


def in_words(figure: dict[str, float], name: str) -> dict[str, str]:
    sign = "+" if name == "difference" else ""
    value, low, high = (
        f"{rounded:{sign if rounded else ''}.2f}".replace("-", "−")
        for rounded in (round(figure[part], 2) + 0.0 for part in ("value", "low", "high"))
    )
    return {"value": value, "interval": f"{low} to {high}"}


def training_shown(run: TrainingRun) -> dict[str, Any]:
    waits = run.state == "waiting"
    return {
        "id": run.id,
        "state": {"id": run.state, "word": "Waits for its turn" if waits else STAGES[run.stage]},
        "done": run.done,
        "total": run.total,
        "counts": run.total > 0 and not waits,
    }


def run_shown(run: TrainingRun, names: dict[int, str]) -> dict[str, Any]:
    return {
        "at": run.finished_at,
        "by": names.get(run.asked_by, "") if run.asked_by else "the schedule",
        "outcome": OUTCOMES.get(run.outcome) or ENDS[run.state],
        "reason": run.reason,
        "version": run.version,
    }


def change_shown(change: Any, names: dict[int, str], versions: list[dict[str, Any]]) -> dict[str, Any]:
    known = next((one for one in versions if one["version"] == change.version), None)
    return {
        "at": change.at,
        "name": known["name"] if known else change.version,
        "learned_at": known["at"] if known and known["learned"] else None,
        "why": WHY[change.why],
        "by": names.get(change.staff_id, "") if change.staff_id else "",
    }


def rereading_shown(session: Session, names: dict[int, str]) -> dict[str, Any] | None:
    row = rereadings.last(session)
    if row is None:
        return None
    round_ = session.get(Round, row.round_id) if row.round_id else None
    return {
        "state": row.state,
        "version": row.version,
        "word": state_words(row),
        "total": row.total,
        "done": min(row.done, row.total or row.done),
        "at": row.finished_at or row.asked_at,
        "by": names.get(row.asked_by, "") if row.asked_by else "",
        "round": round_.title if round_ else "",
    }


def state_words(row: Rereading) -> str:
    words = {"running": "Reading anew", "done": "Read anew", "stopped": "Stopped"}
    return words.get(row.state, "Given up for a newer one")


def differences_shown(session: Session) -> str:
    number = len(differences.passages(session, after=0, at_most=MOST_DIFFERENCES + 1))
    return f"more than {MOST_DIFFERENCES:,}" if number > MOST_DIFFERENCES else f"{number:,}"


def to_page(done: str) -> Redirect:
    return Redirect(f"{URL}?done={done}", status_code=303)


@post(f"{URL}/train", sync_to_thread=True)
def train(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
) -> Redirect:
    reads = first(posted, "reads")
    with database.writing() as session:
        if reads not in readers.frameworks(session):
            raise NotFoundException("There is nothing of this name to train")
        session.rollback()
        run_id = trainings.ask(session, reads, staff_id=request.user.id)
        session.commit()
    queue.ask_for_training(run_id)
    return to_page("asked")


@post(f"{URL}/cancel", sync_to_thread=True)
def cancel(database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Redirect:
    run_id = whole_number(first(posted, "run")) or 0
    with database.writing() as session:
        stopped = trainings.cancel(session, run_id)
        session.commit()
    return to_page("cancelled" if stopped else "ended")


@get(f"{URL}/return", sync_to_thread=True)
def return_page(
    request: Request, database: NamedDependency[Database], to: Annotated[str, QueryParameter(name="to")] = ""
) -> Response:
    if not to:
        return Redirect(URL, status_code=303)
    with database.reading() as session:
        return return_shown(request, session, to)


def return_shown(request: Request, session: Session, version: str, *, problem: str = "") -> Template:
    row = session.get(ReaderVersion, version)
    if row is None:
        raise NotFoundException("There is no model of this name")
    names = staff.names(session)
    serving = session.get(ReaderVersion, readers.champion(session, row.reads) or "")
    return show(
        request,
        "review/model_return.html",
        status_code=422 if problem else 200,
        title=title_of(row.reads),
        to=version_shown(row, names),
        serving=version_shown(serving, names) if serving else None,
        of_plan=row.reads == plan.SLUG,
        problem=problem,
        every=request.app.state.settings.learn_every.days,
    )


@post(f"{URL}/return", sync_to_thread=True)
def return_to(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    version = first(posted, "to")
    with database.writing() as session:
        try:
            changed = readers.serve(session, version, staff_id=request.user.id)
        except CannotServe as problem:
            session.rollback()
            return return_shown(request, session, version, problem=str(problem))
        session.commit()
    return to_page("returned" if changed else "serves")


@post(f"{URL}/read-again", sync_to_thread=True)
def read_again(request: Request, database: NamedDependency[Database]) -> Redirect:
    with database.writing() as session:
        serving = readers.champion(session, plan.SLUG)
        begun = rereadings.begin(session, serving, staff_id=request.user.id) if serving else None
        session.commit()
    return to_page("again" if begun else "nothing-again")


@post(f"{URL}/stop", sync_to_thread=True)
def stop(database: NamedDependency[Database]) -> Redirect:
    with database.writing() as session:
        rereadings.stop(session)
        session.commit()
    return to_page("stopped")


handlers = [models, train, cancel, return_page, return_to, read_again, stop]
