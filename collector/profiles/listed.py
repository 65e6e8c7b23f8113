"""What an organisation listed one by one, in its profile: each item whole, not cut into statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from collector.database import batches
from collector.findings import holds, standing
from collector.findings.models import StandingLabel, Statement
from collector.frameworks import plan
from collector.intake import item_rows, items, partners
from collector.intake.items import Listed
from collector.intake.models import ListedItem, Passage, Source
from collector.review import redactions

Key = tuple[int, str, str]  # submission, list, item


@dataclass(frozen=True)
class Line:
    """An item in a profile, in its respondent's own words."""

    name: str
    text: str
    source: Source
    action: str
    due: str
    read_as: str
    with_whom: str
    joint: bool
    key: Key
    due_to: date | None  # the last of the days that its "by when" stands for
    due_from: date | None  # the first of them
    action_id: str = ""
    area_suggested: bool = False  # that it is of the priority area, only the machine says


def by_kind_and_area(
    session: Session, organisation_id: int, *, no_area: str, outside: bool = False
) -> dict[tuple[str, str], list[Line]]:
    """The items of every (priority area, kind): what falls due first comes first.

    An item stands under the action chosen for it; one without, under each area that its words were coded to.
    """
    rows = session.exec(
        select(ListedItem, Source)
        .join(Source, (col(Source.submission_id) == ListedItem.submission_id) & col(Source.upload_id).is_(None))
        .where(partners.speaks_for(organisation_id), item_rows.latest())
        .order_by(
            col(ListedItem.due_to).is_(None),
            col(ListedItem.due_to),
            col(Source.received_at).desc(),
            col(ListedItem.list_id),
            col(ListedItem.number),
        )
    ).all()
    told = items_of(session, {row.submission_id for row, _ in rows})
    coded = areas_coded(session, organisation_id, [row for row, _ in rows if not row.priority_area], outside=outside)
    joint = partners.together(session, [row.submission_id for row, _ in rows])
    hidden = redactions.words_of_items(session, list(told))
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for row, source in rows:
        key = (row.submission_id, row.list_id, row.item_id)
        of_words = coded[row.list_id, row.item_id]
        areas = [row.priority_area] if row.priority_area else sorted(of_words) or [no_area]
        shown = line(row, source, told[key], hidden=hidden[key], joint=row.submission_id in joint)
        for area in areas:
            suggested = not row.priority_area and of_words.get(area) == holds.SUGGESTED
            found[area, row.kind].append(replace(shown, area_suggested=suggested))
    return found


def counts(session: Session, organisation_id: int) -> dict[str, int]:
    """Items of each kind, each once."""
    found: dict[str, int] = defaultdict(int)
    chosen = (
        select(ListedItem.kind)
        .join(Source, (col(Source.submission_id) == ListedItem.submission_id) & col(Source.upload_id).is_(None))
        .where(partners.speaks_for(organisation_id), item_rows.latest())
    )
    for kind in session.exec(chosen):
        found[kind] += 1
    return found


def tells_of_itself(kind: ColumnElement[str]) -> ColumnElement[bool]:
    """That a statement says no more than the item whose words it is from: the item is shown, and counted, for both."""
    same = (
        ListedItem.submission_id == Source.submission_id,
        ListedItem.list_id == Passage.list_id,
        ListedItem.item_id == Passage.item_id,
        ListedItem.kind == kind,
    )
    return select(ListedItem.item_id).where(*same).correlate_except(ListedItem).exists()


def line(row: ListedItem, source: Source, item: Listed, *, hidden: list[str], joint: bool) -> Line:
    text = next(str(item.answers[one.id]) for one in item.listing.questions if one.source and one.id in item.answers)
    return Line(
        name=redactions.without(item.name, hidden),
        text=redactions.without(text, hidden),
        source=source,
        action=action_titles().get(action_of(item), ""),
        due=redactions.without(row.due, hidden),
        read_as=item_rows.read_as(row),
        with_whom=redactions.without(item_rows.said(item, item_rows.WITH), hidden),
        joint=joint,
        key=(row.submission_id, row.list_id, row.item_id),
        due_to=row.due_to,
        due_from=row.due_from,
        action_id=action_of(item),
    )


def action_of(item: Listed) -> str:
    """The id of the action that was chosen for it."""
    chosen = (item.answers.get(one.id) for one in item.listing.questions)
    return next((one for one in chosen if isinstance(one, str) and one in action_titles()), "")


def action_titles() -> dict[str, str]:
    return {one.id: one.title for one in plan.current().actions}


def items_of(session: Session, submission_ids: Iterable[int]) -> dict[Key, Listed]:
    return {
        (submission_id, item.listing.id, item.item_id): item
        for submission_id in submission_ids
        for item in items.of_submission(session, submission_id)
    }


def areas_coded(
    session: Session, organisation_id: int, rows: Iterable[ListedItem], *, outside: bool = False
) -> dict[tuple[str, str], dict[str, str]]:
    """The priority areas that the words of these items were coded to, each with its state, which is "suggested" where
    no statement has another; those of one that was kept stand in the round that first told of it.

    Asked for by ids: of one query SQLite thought that all labels of priority areas have to be looked at.
    """
    wanted = {(row.list_id, row.item_id) for row in rows}
    if not wanted:
        return defaultdict(dict)
    told = (
        select(Statement.id, Passage.list_id, Passage.item_id)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .where(partners.speaks_for(organisation_id), col(Passage.item_id).is_not(None), *standing.current())
    )
    items_ = {id: (list_id, item_id) for id, list_id, item_id in session.exec(told) if (list_id, item_id) in wanted}
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for some in batches(items_):
        coded = select(StandingLabel.statement_id, StandingLabel.label, StandingLabel.state).where(
            col(StandingLabel.statement_id).in_(some),
            StandingLabel.family == "priority_areas",
            *([holds.shown_outside()] if outside else []),
        )
        for id, area, state in session.exec(coded):
            if found[items_[id]].get(area, holds.SUGGESTED) == holds.SUGGESTED:
                found[items_[id]][area] = state
    return found
