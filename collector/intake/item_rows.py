"""Items as rows: what was listed one by one, with the days that its “by when” stands for, to be joined and counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, delete, func, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from collector import dates
from collector.database import insert_all
from collector.intake import items, rounds
from collector.intake.items import Listed
from collector.intake.models import ItemState, ListedItem, Source
from forms import choices, framework
from forms.questionnaire import Questionnaire
from forms.questions import Question

# What is listed, by what the question that it is told in invites: the kind that its statements have too.
KINDS = {"doing": "activity", "plans": "commitment", "needs": "support-needed", "offers": "offer"}
# The questions of the main questionnaire that say by when, and with whom.
DUE = ("commitment-due", "need-due")
WITH = ("commitment-partners", "work-partners")


@dataclass(frozen=True)
class Undated:
    """An item whose “by when” nobody has read yet, and the day on which it was said."""

    submission_id: int
    list_id: str
    item_id: str
    due: str
    said_on: date


def keep(
    session: Session,
    submission_id: int,
    questionnaire: Questionnaire,
    answers: dict[str, Any],
    on: date,
    begun_from: int | None = None,
) -> None:
    """Keep the rows of a new submission; a date that was said in the one it was begun from was said then."""
    before = of_submission(session, begun_from) if begun_from is not None else {}
    wanted = as_said_before(rows(questionnaire, answers, on), before)
    insert_all(session, ListedItem, [{"submission_id": submission_id, **row} for row in wanted])


def follow(session: Session, submission_id: int, questionnaire: Questionnaire, answers: dict[str, Any]) -> bool:
    """Bring the rows in line after a correction; whether there are dates to read. What was said before keeps its date.

    To be called with the submission held, so that two corrections come one after the other.
    """
    of_it = col(ListedItem.submission_id) == submission_id
    held = of_submission(session, submission_id)
    wanted = as_said_before(rows(questionnaire, answers, rounds.local_date()), held)
    session.exec(delete(ListedItem).where(of_it))
    insert_all(session, ListedItem, [{"submission_id": submission_id, **row} for row in wanted])
    return any(not row["due_read"] for row in wanted)


def as_said_before(wanted: Iterable[dict[str, Any]], before: dict[tuple[str, str], ListedItem]) -> list[dict[str, Any]]:
    """The rows; where “by when” has the same words as before, it was said then and means the same days."""
    found = []
    for row in wanted:
        same = before.get((row["list_id"], row["item_id"]))
        if same is not None and same.due == row["due"]:
            row = row | {name: getattr(same, name) for name in ("said_on", "due_from", "due_to", "due_read")}
        found.append(row)
    return found


def rows(questionnaire: Questionnaire, answers: dict[str, Any], said_on: date) -> Iterator[dict[str, Any]]:
    """A row for each item of a list whose words are read; one without a date has none to be read."""
    plan = framework.load(questionnaire.framework)
    for listing in questionnaire.lists:
        kind = kind_of(listing)
        for item in items.of_list(listing, answers.get(listing.id)) if kind else ():
            due = said(item, DUE)
            yield {
                "list_id": listing.id,
                "item_id": item.item_id,
                "number": item.number,
                "kind": kind,
                "priority_area": choices.area_of(listing, item.answers, plan),
                "due": due,
                "said_on": said_on,
                "due_from": None,
                "due_to": None,
                "due_read": not due,
            }


def latest() -> ColumnElement[bool]:
    """Picks what nobody who was sent later speaks of: kept or changed it is listed there, else it has ended."""
    own, later = aliased(ItemState), aliased(ItemState)
    first_in = select(own.first_in).where(
        own.submission_id == ListedItem.submission_id,
        own.list_id == ListedItem.list_id,
        own.item_id == ListedItem.item_id,
    )
    spoke = select(later.item_id).where(
        later.first_in == func.coalesce(first_in.correlate(ListedItem).scalar_subquery(), ListedItem.submission_id),
        later.list_id == ListedItem.list_id,
        later.item_id == ListedItem.item_id,
        later.submission_id > ListedItem.submission_id,
    )
    return ~spoke.correlate(ListedItem).exists()


def kind_of(listing: Question) -> str:
    return next((KINDS[one.asks] for one in listing.questions if one.source and one.asks in KINDS), "")


def said(item: Listed, questions: tuple[str, ...]) -> str:
    """What an item answers to one of these questions."""
    return next((str(item.answers[one]) for one in questions if item.answers.get(one)), "")


def undated(session: Session, source_id: int) -> list[Undated]:
    """The items of this source's submission whose “by when” is to be read."""
    chosen = (
        select(ListedItem)
        .join(Source, col(Source.submission_id) == ListedItem.submission_id)
        .where(Source.id == source_id, col(Source.upload_id).is_(None), col(ListedItem.due_read).is_(False))
    )
    return [Undated(row.submission_id, row.list_id, row.item_id, row.due, row.said_on) for row in session.exec(chosen)]


def date_item(session: Session, item: Undated, first: date | None, last: date | None) -> None:
    """Keep the days that an item's words stand for; one whose words were changed meanwhile is read again."""
    this = (
        col(ListedItem.submission_id) == item.submission_id,
        col(ListedItem.list_id) == item.list_id,
        col(ListedItem.item_id) == item.item_id,
        col(ListedItem.due) == item.due,
    )
    session.exec(update(ListedItem).where(*this).values(due_from=first, due_to=last, due_read=True))


def read_as(row: ListedItem) -> str:
    """The days that the words were read as; nothing where they were not read yet, or there are none."""
    if not row.due or not row.due_read:
        return ""
    first, last = (day and dates.in_words(day) for day in (row.due_from, row.due_to))
    if last and (first is None or row.due_from <= row.said_on < row.due_to):
        return f"by {last}"
    if last:
        return last if first == last else f"{first} to {last}"
    return f"from {first}" if first else "no date"


def last_days(session: Session, submission_id: int) -> dict[str, tuple[str, date]]:
    """By the item's id: the words in which it says by when, and the last day that they stand for."""
    rows = of_submission(session, submission_id).values()
    return {row.item_id: (row.due, row.due_to) for row in rows if row.due_to}


def of_submission(session: Session, submission_id: int) -> dict[tuple[str, str], ListedItem]:
    chosen = select(ListedItem).where(ListedItem.submission_id == submission_id)
    return {(row.list_id, row.item_id): row for row in session.exec(chosen)}
