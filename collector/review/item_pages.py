"""Staff: one passage on one screen, where suggestions become codes that stand up.

Each form is answered with the way back to the same place, or to the next passage where one is done with. What makes no
sense shows the page again, with what was typed.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.accounts import secrets
from collector.accounts.access import Person
from collector.database import Database
from collector.findings.models import Decision, Statement
from collector.intake.models import Passage
from collector.review import (
    acts,
    cuts,
    decisions,
    item_fields,
    item_parts,
    picked,
    places,
    queue,
    steps,
)
from collector.review.acts import CannotDo
from collector.review.places import Place
from collector.web.page import page as show
from collector.web.posted import Posted, first, whole_number

HERE = "/staff/review/{passage_id:int}"
# What is done with a passage and leads on to the next.
LEAVING = {"decided", "second-look", "set-aside", "send-back"}


@get(HERE, sync_to_thread=True)
def item(request: Request, database: NamedDependency[Database], passage_id: FromPath[int]) -> Template:
    with database.reading() as session:
        return page(request, session, passage_id, places.read(request.query_params))


def page(
    request: Request,
    session: Session,
    passage_id: int,
    place: Place,
    *,
    problem: str = "",
    form: str = "",
    typed: Posted | None = None,
) -> Template:
    """`form` names the form that the problem is about, and `typed` is what was sent with it."""
    passage = passage_of(session, passage_id)
    reviews = request.user.role is Person.REVIEWER
    shown = item_parts.everything(session, passage, place, request.user.id, with_keys=reviews)
    return show(
        request,
        "review/item.html",
        status_code=422 if problem else 200,
        sample=shown["origin"]["sample"],
        **shown,
        may_decide=reviews and not passage.retired_at,
        place=place,
        query=query_of(place, shown),
        key=secrets.fresh(),
        problem=problem,
        form=form,
        field=field_of(form),
        typed={name: values[0] for name, values in (typed or {}).items() if values},
        chosen={name: set(values) for name, values in (typed or {}).items()},
    )


def query_of(place: Place, shown: dict[str, Any]) -> str:
    """What forms are sent with, so that their answer is of the same place: the same statement too, when it is done."""
    statement = shown["current"]["id"] if shown["current"] else None
    query = place.query(statement=statement, done=None, undone=None, seen=None, at=shown["rail"]["at"])
    return f"?{query}" if query else ""


def field_of(form: str) -> str:
    """What the line of the error summary leads to."""
    if form in ("comment", "flag", "question") or form.startswith("answer-"):
        return f"{form}-text"
    if form in ("second-look", "set-aside", "send-back"):
        return f"{form}-reason"
    return {"add": "add", "mark": "mark-what", "change": "change-from", "cut": "cut-at"}.get(form, "labels")


def passage_of(session: Session, passage_id: int) -> Passage:
    passage = session.get(Passage, passage_id)
    if passage is None:
        raise NotFoundException("There is no passage at this address")
    return passage


# -- What is posted ---------------------------------------------------------------------------------------


def answered(
    request: Request,
    database: Database,
    posted: Posted,
    passage_id: int,
    form: str,
    do: Callable[[Session, str | None], int],
    *,
    leaves: bool = False,
) -> Response:
    """Do what was asked (`do` returns the act) in one transaction, once however often it is sent, and lead on."""
    place, key = places.read(request.query_params), first(posted, "key")[:100] or None
    seen = whole_number(first(posted, "seen"))
    with database.writing() as session:
        passage_of(session, passage_id)
        acts.hold(session, [passage_id])  # first: who sends the same again waits here, and then finds it done
        place = replace(place, at=place.at or at_of(session, place, passage_id))
        next_id = following(session, place, request.user.id, passage_id) if leaves else None
        try:
            before = acts.done_before(session, key)
            act_id = before.id if before else do(session, key)
        except CannotDo as problem:
            session.rollback()
            return page(request, session, passage_id, place, problem=str(problem), form=form, typed=posted)
        others = seen is not None and bool(acts.by_others(session, passage_id, staff_id=request.user.id, after=seen))
        saved = {"done": act_id, "undone": None, "seen": seen if others else None, "change": ""}
        url = place.url(passage_id, **saved, statement=still_there(session, place.statement))
        if next_id and not others:
            steps.leave(session, passage_id, request.user.id)
            url = place.elsewhere(next_id, done=act_id, at=at_of(session, place, next_id))
        steps.take(session, next_id if next_id and not others else passage_id, request.user.id)
        session.commit()
    return Redirect(url, status_code=303)


def following(session: Session, place: Place, staff_id: int, passage_id: int) -> int | None:
    """Asked before anything is decided: what is decided moves on in the order."""
    return queue.following(session, place.wanted, staff_id, passage_id, place=place.sorted_at(passage_id))


def still_there(session: Session, statement_id: int | None) -> int | None:
    """The statement that is open; where it was cut otherwise, the one that begins with its first word now."""
    statement = session.get(Statement, statement_id) if statement_id else None
    if statement is None or statement.stands:
        return statement_id
    here = cuts.standing_in(session, statement.passage_id)
    return next((one.id for one in here if one.start <= statement.start < one.end), None)


def at_of(session: Session, place: Place, passage_id: int) -> str:
    return places.at(queue.place_of(session, place.wanted, passage_id))


@post(f"{HERE}/labels", sync_to_thread=True)
def decide(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    passage_id: FromPath[int],
) -> Response:
    """Accept, reject or add a label."""

    def do(session: Session, key: str | None) -> int:
        statement = statement_in(session, passage_id, first(posted, "statement"))
        family, label, verdict = item_fields.label(posted)
        made = decisions.decide(
            session,
            statement_id=statement.id,
            family=family,
            label=label,
            verdict=verdict,
            why=first(posted, "why").strip(),
            staff_id=request.user.id,
            key=key,
        )
        return told_apart(session, made, posted)

    return answered(request, database, posted, passage_id, "add" if "add" in posted else "labels", do)


def told_apart(session: Session, made: Decision, posted: Posted) -> int:
    """Two who decide the opposite at once, without either having seen the other's, are told apart by a second look."""
    seen = whole_number(first(posted, "seen"))
    if seen is not None:
        steps.differ(session, made, after=seen)
    return made.act_id


def statement_in(session: Session, passage_id: int, asked: str) -> Statement:
    statement = session.get(Statement, whole_number(asked) or 0)
    if statement is None or statement.passage_id != passage_id:
        raise CannotDo("Choose a statement of this passage")
    return statement


@post(f"{HERE}/words", sync_to_thread=True)
def mark(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    passage_id: FromPath[int],
) -> Response:
    """Say what words are, where they begin and end and what is known of them; or accept or reject them."""

    def do(session: Session, key: str | None) -> int:
        what = first(posted, "what")
        if what.startswith("label:"):
            return move_evidence(session, what.removeprefix("label:"), key)
        asked = item_fields.marked(session, passage_id, posted)
        made = picked.decide(session, passage_id=passage_id, staff_id=request.user.id, key=key, **asked)
        return made.act_id

    def move_evidence(session: Session, label: str, key: str | None) -> int:
        """The words that a label is about; who moves them says that it is right."""
        family, _, id = label.partition(":")
        start, end = item_fields.place_in(posted)
        statement = statement_in(session, passage_id, first(posted, "statement"))
        made = decisions.decide(
            session,
            statement_id=statement.id,
            family=family,
            label=id,
            verdict="accept",
            evidence=[[start, end]],
            staff_id=request.user.id,
            key=key,
        )
        return told_apart(session, made, posted)

    return answered(request, database, posted, passage_id, "change" if "first" in posted else "mark", do)


@post(f"{HERE}/cut", sync_to_thread=True)
def cut(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    passage_id: FromPath[int],
) -> Response:
    """Split a statement before a word, or merge it with the next."""

    def do(session: Session, key: str | None) -> int:
        statement = statement_in(session, passage_id, first(posted, "statement"))
        if "merge" in posted:
            after = [one for one in cuts.standing_in(session, passage_id) if one.start >= statement.end]
            if not after:
                raise CannotDo("This is the last statement. Go to the one before it to merge the two")
            cuts.merge(session, [statement.id, after[0].id], staff_id=request.user.id, key=key)
        else:
            at = whole_number(first(posted, "at"))
            if at is None:
                raise CannotDo("Choose the word that the second statement begins with")
            cuts.split(session, statement.id, at=at, staff_id=request.user.id, key=key)
        return acts.last(session, request.user.id).id

    return answered(request, database, posted, passage_id, "cut", do)


@post(f"{HERE}/notes", sync_to_thread=True)
def note(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    passage_id: FromPath[int],
) -> Response:
    """Comment, flag, ask a colleague, answer one."""
    kind = first(posted, "kind")

    def do(session: Session, key: str | None) -> int:
        made = steps.note(
            session,
            passage_id,
            kind=kind,
            text=first(posted, "text"),
            to=item_fields.colleague(session, first(posted, "to")) if kind == "question" else None,
            answers=item_fields.question(session, passage_id, first(posted, "answers")) if kind == "answer" else None,
            staff_id=request.user.id,
            key=key,
        )
        return made.act_id

    form = f"answer-{first(posted, 'answers')}" if kind == "answer" else kind
    return answered(request, database, posted, passage_id, form, do)


@post(f"{HERE}/step", sync_to_thread=True)
def step(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    passage_id: FromPath[int],
) -> Response:
    """Mark as decided, ask for a second look, set aside, send back to who coded it, or take up again."""
    state, reason = first(posted, "state"), first(posted, "reason")

    def do(session: Session, key: str | None) -> int:
        common = {"staff_id": request.user.id, "key": key}
        if state == "decided":
            return steps.finish(session, passage_id, shown=shown_in(posted), **common).id
        if state == "send-back":
            return steps.send_back(session, passage_id, reason=reason, **common).id
        return steps.move(session, passage_id, state, reason=reason, **common).act_id

    return answered(request, database, posted, passage_id, state, do, leaves=state in LEAVING)


def shown_in(posted: Posted) -> set[steps.Suggestion]:
    """The suggestions that stood on the page, as the form says."""
    told = [one.split("|") for one in first(posted, "shown").split()]
    return {(int(one[0]), one[1], one[2]) for one in told if len(one) == 3 and whole_number(one[0]) is not None}


@post("/staff/review/undo", sync_to_thread=True)
def undo(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    """Take back the last thing that this person did, and show where it was."""
    place = places.read(request.query_params)
    act_id, here = whole_number(first(posted, "act")), whole_number(first(posted, "passage"))
    with database.writing() as session:
        try:
            if act_id is None:
                raise CannotDo("There is nothing to undo")
            passages = acts.undo(session, act_id, staff_id=request.user.id)
        except CannotDo as problem:
            session.rollback()
            if here is None or session.get(Passage, here) is None:
                raise NotFoundException(str(problem)) from problem
            return page(request, session, here, place, problem=str(problem), form="undo")
        url = undone_at(session, place, act_id, passages, here)
        session.commit()
    return Redirect(url, status_code=303)


def undone_at(session: Session, place: Place, act_id: int, passages: list[int], here: int | None) -> str:
    """Where the one passage is that it was about; of many, where the person is."""
    if here is not None and (here in passages or len(passages) != 1):
        return place.url(here, done=None, undone=act_id, seen=None, change="")
    there = passages[0] if passages else None
    if there is None:
        return "/staff/review"
    return place.elsewhere(there, undone=act_id, at=at_of(session, place, there))


handlers = [item, decide, mark, cut, note, step, undo]
