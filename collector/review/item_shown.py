"""One passage as the review screen shows it: its words and where they come from, its labels, what was picked out.

Every query here is about one passage or stops after a few rows, so that a page costs the same whatever is in store.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from math import sqrt
from typing import Any

from sqlalchemy import func, tuple_, union_all
from sqlmodel import Session, col, select

from collector.accounts.models import StaffMember
from collector.findings import extracts, standing
from collector.findings.models import ReviewItem, ReviewLabel, StandingLabel, Statement
from collector.findings.standing import Overlaid
from collector.frameworks import plan
from collector.intake import references, rounds
from collector.intake.models import Passage, Round, Source, Submission
from collector.organisations.models import Organisation
from collector.review import cuts, places, queue, reading
from collector.review.picked import REASONS
from collector.review.places import Place
from collector.web.turns import AT_ONCE

DIGITS = "123456789"
BEFORE = 6  # of the rail, how many stand above the passage that is open
EXAMPLES = 2  # decided before, for each label
EXAMPLES_FOR = 6  # labels
LOOKED_AT = 12  # passages, for each label
EARLIER = 3  # answers to the same question in earlier rounds
KINDS = {
    "commitment": "Commitment",
    "barrier": "In the way",
    "need": "Asked for",
    "offer": "Offered",
    "practice": "What worked or did not",
    "idea": "Idea",
    "organisation": "Organisation named",
    "redaction": "Not to be published",
}
WORD = re.compile(r"\S+")


# -- Where it comes from --------------------------------------------------------------------------------


def origin(session: Session, passage: Passage) -> dict[str, Any]:
    """Who says it, in which round, when, and the way to its source."""
    chosen = (
        rounds.with_round(select(Source, Submission, Organisation, Round.title))
        .outerjoin(Organisation, col(Organisation.id) == Source.organisation_id)
        .outerjoin(Round, col(Round.id) == rounds.of_source())
        .where(Source.id == passage.source_id)
    )
    source, submission, organisation, round_title = session.exec(chosen).one()
    return {
        "title": source.title,
        "kind": reading.KINDS[source.kind],
        "respondent": reading.respondent(source, organisation),
        "organisation_id": organisation.id if organisation else None,
        "organisation_url": f"/staff/organisations/{organisation.id}" if organisation else "",
        "reference": references.shown(submission.reference) if submission else "",
        "permission": reading.permission_words(submission.permission, submission.permission_reason)
        if submission
        else "",
        "round": round_title or "",
        "received_at": source.received_at,
        "sample": source.sample,
        "url": passage_url(passage),
    }


def passage_url(passage: Passage) -> str:
    """On the page of its source, where it stands on one: words that were changed since do not."""
    number = (max(passage.position, 1) - 1) // AT_ONCE + 1
    page = f"?page={number}" if number > 1 else ""
    anchor = "" if passage.retired_at else f"#passage-{passage.id}"
    return f"/staff/sources/{passage.source_id}{page}{anchor}"


def beside(session: Session, passage: Passage) -> dict[str, Any] | None:
    """The item of a list that the passage is about, with what was said of it beside these words."""
    if not passage.item_id:
        return None
    listed = reading.items_of(session, passage.source_id)
    return reading.item_shown(passage, listed, reading.due_of(session, passage.source_id)) if listed else None


def said_before(session: Session, passage: Passage) -> dict[str, Any] | None:
    """The passage that stands before this one in its source."""
    chosen = select(Passage).where(
        Passage.source_id == passage.source_id, Passage.position < passage.position, Passage.position > 0
    )
    found = session.exec(chosen.order_by(col(Passage.position).desc()).limit(1)).first()
    return found and {"id": found.id, "question": found.question or found.place, "text": found.text}


def said_in_earlier_rounds(session: Session, passage: Passage, told: dict[str, Any]) -> list[dict[str, Any]]:
    """What the same organisation answered to the same question before, newest first."""
    if not told["organisation_id"] or not passage.question_id:
        return []
    chosen = (
        select(Passage.id, Passage.text, Source.title, Source.received_at)
        .join(Source, col(Source.id) == Passage.source_id)
        .where(
            Source.organisation_id == told["organisation_id"],
            Source.id != passage.source_id,
            Source.received_at < told["received_at"],
            Passage.question_id == passage.question_id,
            col(Passage.retired_at).is_(None),
        )
    )
    rows = session.exec(chosen.order_by(col(Source.received_at).desc(), col(Passage.id)).limit(EARLIER))
    return [{"id": id, "text": text, "title": title, "at": at} for id, text, title, at in rows]


def notices(session: Session, passage: Passage) -> list[str]:
    details = reading.extracts_of(session, {passage.id: passage}, ["personal-detail"])[passage.id]
    said = reading.notices(passage, details)
    if passage.retired_at:
        said.insert(0, "Who sent this changed or withdrew it. These words stand no longer and count for nothing.")
    if passage.analysed_by is None:
        said.insert(0, "No machine has read this yet. It comes to the queue when one has.")
    return said


# -- The words ------------------------------------------------------------------------------------------


def statements(passage: Passage, rows: Sequence[Statement], held: dict[int, list[Overlaid]]) -> list[dict[str, Any]]:
    """The statements that stand, numbered, with their words cut where the evidence of a label begins or ends."""
    return [
        {
            "id": row.id,
            "number": number,
            "start": row.start,
            "end": row.end,
            "text": passage.text[row.start : row.end],
            "parts": reading.parts(passage.text, row, held[row.id]),
            "labels": [short(one) for one in in_order(held[row.id])],
            "suggested": sum(one.state == "suggested" for one in held[row.id]),
        }
        for number, row in enumerate(rows, start=1)
    ]


def short(held: Overlaid) -> dict[str, Any]:
    return {"family": held.family, "title": plan.title(held.family, held.label), "state": held.state}


def in_order(held: Sequence[Overlaid]) -> list[Overlaid]:
    """What people added comes last, so that no row of the others changes its place and its key under their hands."""
    found, added = [one for one in held if one.finding], [one for one in held if not one.finding]
    return [*found, *sorted(added, key=lambda one: one.decision.id if one.decision else 0)]


def current_of(rows: Sequence[Statement], held: dict[int, list[Overlaid]], asked: int | None) -> int | None:
    """The statement asked for, or the first with something to decide, or the first."""
    ids = [row.id for row in rows]
    if asked in ids:
        return asked
    waiting = (id for id in ids if any(one.state == "suggested" for one in held[id]))
    return next(waiting, ids[0] if ids else None)


def words_of(text: str, spans: Sequence[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """The words in each stretch (its name, its offsets) of a passage, for lists to choose a first and a last from."""
    return [
        {
            "name": name,
            "words": [
                {"start": start + found.start(), "end": start + found.end(), "text": found[0]}
                for found in WORD.finditer(text[start:end])
            ],
        }
        for name, start, end in spans
    ]


def stretches(passage: Passage, shown: Sequence[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """The whole passage as its statements and what stands between them."""
    found, at = [], 0
    for one in shown:
        found += [("Between statements", at, one["start"]), (f"Statement {one['number']}", one["start"], one["end"])]
        at = one["end"]
    found.append(("After the statements" if shown else "The passage", at, len(passage.text)))
    return [(name, start, end) for name, start, end in found if passage.text[start:end].strip()]


# -- Labels ---------------------------------------------------------------------------------------------


def labels(
    held: Sequence[Overlaid],
    text: str,
    names: dict[int, str],
    keys: dict[str, str],
    held_back: Collection[tuple[str, str]] = (),
) -> list[dict[str, Any]]:
    return [
        {
            **reading.label_shown(one, text, names),
            "on_hold": one.state == "suggested" and (one.family, one.label) in held_back,
            "key": keys.get(f"label-{digit}", "") if digit else "",
            "model": one.finding.model if one.finding else "",
            "found_at": one.finding.found_at if one.finding else None,
            "reason": one.decision.why if one.decision else "",
        }
        for one, digit in zip(in_order(held), [*DIGITS, *[""] * len(held)], strict=False)
    ]


def decided_before(session: Session, passage_id: int, held: Sequence[Overlaid], statement: str) -> list[dict[str, Any]]:
    """Of each label some statements of other passages that people decided are about it, nearest to this statement in
    its words; the newest where they are equally near, and none but the newest are looked at."""
    wanted = [one for one in in_order(held) if one.state != "rejected"]
    wanted = sorted(wanted, key=lambda one: one.state != "suggested")[:EXAMPLES_FOR]
    if not wanted:
        return []
    newest = session.connection().execute(union_all(*newest_decided(passage_id, wanted))).all()
    if not newest:
        return []
    newest = sorted(newest, key=lambda one: (one.received_at, one.passage_id), reverse=True)
    said = decided_in(session, {one.passage_id for one in newest}, wanted)
    shown: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in newest:
        shown.setdefault((one.family, one.label), []).extend(said.get((one.passage_id, one.family, one.label), ()))
    return [
        {"title": plan.title(*label), "statements": nearest(shown[label], statement)}
        for label in ((one.family, one.label) for one in wanted)
        if shown.get(label)
    ]


def nearest(examples: Sequence[dict[str, Any]], statement: str) -> list[dict[str, Any]]:
    """By the cosine of the sets of their words. Sorting keeps the order of those that are equally near."""
    words = telling_words(statement)

    def likeness(one: dict[str, Any]) -> float:
        others = telling_words(one["text"])
        return len(words & others) / sqrt(len(words) * len(others) or 1)

    return sorted(examples, key=likeness, reverse=True)[:EXAMPLES]


def telling_words(text: str) -> set[str]:
    """Without short words, which every statement has."""
    return set(re.findall(r"\w{4,}", text.casefold()))


def newest_decided(passage_id: int, wanted: Sequence[Overlaid]) -> Iterator[Any]:
    """Of each label the few passages that came in last of those that were decided: no more are looked at."""
    of_item = (ReviewLabel.passage_id, ReviewLabel.family, ReviewLabel.label, ReviewLabel.received_at)
    for one in wanted:
        decided = (ReviewLabel.family == one.family, ReviewLabel.label == one.label, ReviewLabel.state == "decided")
        newest = select(*of_item).where(*decided, ReviewLabel.passage_id != passage_id)
        newest = newest.order_by(col(ReviewLabel.received_at).desc(), col(ReviewLabel.passage_id).desc())
        yield select(newest.limit(LOOKED_AT).subquery())


def decided_in(
    session: Session, passage_ids: Collection[int], wanted: Sequence[Overlaid]
) -> dict[tuple[int, str, str], list[dict[str, Any]]]:
    """Statements of these passages that people gave one of these labels, by passage and label.

    Asked for by ids: of one query for both SQLite thought that most statements have to be looked at.
    """
    length = col(Statement.end) - col(Statement.start)
    chosen = (
        select(Statement, StandingLabel, func.substr(Passage.text, col(Statement.start) + 1, length), Organisation.name)
        .join(StandingLabel, col(StandingLabel.statement_id) == Statement.id)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .outerjoin(Organisation, col(Organisation.id) == Source.organisation_id)
        .where(col(Statement.passage_id).in_(passage_ids), col(Statement.stands))
        .where(col(StandingLabel.state).in_(["accepted", "added"]))
        .where(tuple_(StandingLabel.family, StandingLabel.label).in_([(one.family, one.label) for one in wanted]))
        .order_by(col(Statement.start))
    )
    found: dict[tuple[int, str, str], list[dict[str, Any]]] = {}
    for statement, label, words, who in session.exec(chosen):
        shown = {"id": statement.passage_id, "text": words, "who": who or "An individual"}
        found.setdefault((statement.passage_id, label.family, label.label), []).append(shown)
    return found


# -- Words picked out -----------------------------------------------------------------------------------


def picked(
    held: Sequence[extracts.Held], text: str, names: dict[int, str], organisations: dict[int, str]
) -> list[dict[str, Any]]:
    return [
        {
            "id": extract_id(one),
            "kind": one.kind,
            "word": KINDS[one.kind],
            "first": f"{one.first[0]}-{one.first[1]}",
            "start": one.start,
            "end": one.end,
            "text": text[one.start : one.end],
            "state": one.state,
            "told": told_of(one, organisations),
            "details": one.details,
            "by": names.get(one.decision.staff_id, "") if one.decision else "",
            "at": one.decision.decided_at if one.decision else None,
            "why": one.decision.why if one.decision else "",
        }
        for one in held
    ]


def extract_id(one: extracts.Held) -> str:
    return f"{one.kind}.{one.first[0]}.{one.first[1]}"


def told_of(one: extracts.Held, organisations: dict[int, str]) -> list[str]:
    """What is said of the words, by the kind of thing that they are."""
    details = one.details
    if one.kind == "commitment":
        return reading.promised(details)
    if one.kind == "barrier":
        return [plan.title("barrier_themes", theme) for theme in details.get("themes", [])]
    if one.kind == "organisation":
        if name := organisations.get(details.get("organisation_id") or 0):
            return [name]
        return [f"may be {link['id'].replace('-', ' ')}" for link in details.get("links", []) if link["id"] != "we"]
    return [REASONS[details["reason"]]] if one.kind == "redaction" and details.get("reason") in REASONS else []


def organisation_names(session: Session, held: Sequence[extracts.Held]) -> dict[int, str]:
    ids = {one.details.get("organisation_id") for one in held if one.kind == "organisation"} - {None}
    if not ids:
        return {}
    return dict(session.exec(select(Organisation.id, Organisation.name).where(col(Organisation.id).in_(ids))).all())


# -- The rail -------------------------------------------------------------------------------------------


def rail(session: Session, place: Place, staff_id: int, passage_id: int) -> dict[str, Any]:
    """Some items of the queue around this one, and how many there are to go."""
    wanted = place.wanted
    stands = place.sorted_at(passage_id) or queue.place_of(session, wanted, passage_id)
    around = queue.RAIL - 1
    above = queue.before(session, wanted, staff_id, passage_id, around, place=stands)
    below = queue.listed(session, wanted, staff_id, place=stands, at_most=around + 1)
    below = [id for id in below if id != passage_id][:around]
    above = above[-max(BEFORE, around - len(below)) :]
    below = below[: around - len(above)]
    ids = [*above, passage_id, *below]
    shown = items(session, place, ids, passage_id)
    left = queue.count(session, wanted, staff_id)
    return {
        "rows": [shown[id] for id in ids if id in shown],
        "to_go": f"more than {queue.COUNTED:,}" if left > queue.COUNTED else f"{left:,}",
        "state": queue.STATES[wanted.state],
        "queue_url": "/staff/review" + (f"?{query}" if (query := wanted.query()) else ""),
        "previous_url": shown[above[-1]]["url"] if above and above[-1] in shown else "",
        "next_url": shown[below[0]]["url"] if below and below[0] in shown else "",
        "at": places.at(stands),
    }


def items(session: Session, place: Place, ids: Sequence[int], current: int) -> dict[int, dict[str, Any]]:
    chosen = (
        select(Passage, ReviewItem, Source, Organisation)
        .join(Source, col(Source.id) == Passage.source_id)
        .outerjoin(ReviewItem, col(ReviewItem.passage_id) == Passage.id)
        .outerjoin(Organisation, col(Organisation.id) == Source.organisation_id)
        .where(col(Passage.id).in_(ids))
    )
    return {
        passage.id: rail_item(place, passage, item, source, organisation, current=passage.id == current)
        for passage, item, source, organisation in session.exec(chosen)
    }


def rail_item(
    place: Place,
    passage: Passage,
    item: ReviewItem | None,
    source: Source,
    organisation: Organisation | None,
    *,
    current: bool,
) -> dict[str, Any]:
    """Of one that is coded blind nothing is told that a machine or a colleague gave."""
    blind = bool(item and item.blind)
    state = "blind" if blind else item.state if item else "waiting"
    stands = item and (getattr(item, queue.BY[place.wanted.order]), passage.id)
    return {
        "id": passage.id,
        "who": reading.respondent(source, organisation),
        "state": state,
        "state_word": "To code blind" if blind else queue.STATES[state],
        "percent": min(99, round(100 * item.certainty)) if item and item.suggested and not blind else None,
        "harm": passage.harm,
        "url": place.elsewhere(passage.id, at=places.at(stands)),
        "current": current,
    }


def staff(session: Session) -> list[StaffMember]:
    """All of the staff, by name: they are some tens."""
    return list(session.exec(select(StaffMember).order_by(StaffMember.name)))


def held_on(session: Session, passage: Passage) -> tuple[list[Statement], dict[int, list[Overlaid]]]:
    """The statements that stand, and the labels of each."""
    rows = cuts.standing_in(session, passage.id)
    return rows, standing.held_by(session, [row.id for row in rows])
