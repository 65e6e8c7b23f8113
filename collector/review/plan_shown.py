"""A review of plans as a page shows it: cells by shape and word, counts in sentences, quotes with their page."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session, col, select

from collector import dates, how_many
from collector.accounts import staff
from collector.database import batches
from collector.findings import holds
from collector.findings.models import Statement
from collector.findings.plan_models import PlanDecision, PlanReview
from collector.frameworks import coding_frames, plan
from collector.how_many import plural
from collector.intake.models import Passage
from collector.organisations import directory
from collector.review import plan_coverage, reading, redactions
from collector.review.plan_coverage import LEVELS, NOT_READ, OPEN, UNREADABLE, WORDS, Cell, Coverage, Quote
from collector.review.plan_sets import Plan

ROOT = "/staff/plans"
# What a plan may be picked by for a question: how far, and where nobody can say.
PICKED = WORDS | OPEN
NUMBERS = re.compile(r"(\d) of (\d)")
# Before the word that a share is called by: "Few plans", but "About half of the plans".
PLANS = {"none": "No plan says anything", "about half": "About half of the plans say something"}


def url_of(review_id: int, *rest: object) -> str:
    return "/".join([ROOT, *map(str, (review_id, *rest))])


# -- What is asked for ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What of a review is shown, as it stands in the address."""

    search: str = ""
    area: str = ""
    question: str = ""  # with `far`: plans that answer this question so far
    far: str = ""
    by: str = ""  # area: each plan under each of its areas

    def query(self, **changes: str) -> str:
        return urlencode({name: value for name, value in {**asdict(self), **changes}.items() if value})

    @property
    def narrows(self) -> bool:
        return bool(self.search or self.area or self.far)


def read(query: dict[str, str], whole: Coverage) -> Wanted:
    """What makes no sense is left out."""
    question, far = query.get("question", ""), query.get("far", "")
    if question not in {one.id for one in whole.questions} or far not in PICKED:
        question = far = ""
    return Wanted(
        search=" ".join(query.get("search", "").split())[:200],
        area=query.get("area", "") if query.get("area", "") in directory.area_names() else "",
        question=question,
        far=far,
        by="area" if query.get("by") == "area" else "",
    )


def narrowed(whole: Coverage, wanted: Wanted) -> Coverage:
    return whole.only([one for one in whole.plans if fits(whole, wanted, one)])


def fits(whole: Coverage, wanted: Wanted, one: Plan) -> bool:
    words = wanted.search.casefold()
    named = not words or any(words in name.casefold() for name in (one.title, *(name for _, name in one.organisations)))
    there = not wanted.area or wanted.area in one.areas
    return named and there and (not wanted.far or whole.cells[one.source_id, wanted.question].how_far == wanted.far)


def chosen(whole: Coverage, wanted: Wanted) -> list[dict[str, str]]:
    """The filters, each with where it leads when it is taken away."""
    path = url_of(whole.review.id)
    found = [
        ("Found by", wanted.search, {"search": ""}),
        ("Area", directory.area_name(wanted.area) if wanted.area else "", {"area": ""}),
        (title_of(whole, wanted.question), PICKED.get(wanted.far, ""), {"question": "", "far": ""}),
    ]
    return [
        {"name": name, "value": value, "url": f"{path}?{wanted.query(**without)}".rstrip("?")}
        for name, value, without in found
        if value
    ]


def title_of(whole: Coverage, code: str) -> str:
    return next((one.title for one in whole.questions if one.id == code), "")


# -- Plans and cells ----------------------------------------------------------------------------------------


def plan_shown(whole: Coverage, one: Plan) -> dict[str, Any]:
    held = whole.readings[one.source_id]
    return {
        "id": one.source_id,
        "title": one.title,
        "url": url_of(whole.review.id, "plans", one.source_id),
        "source_url": f"/staff/sources/{one.source_id}",
        "whose": one.whose,
        "areas": [directory.area_name(area) for area in one.areas],
        "years": years(one),
        "joint": one.joint,
        "sample": one.sample,
        "permission": reading.permission_words(one.permission, "") if one.permission else "",
        "private": one.permission == "do-not-publish",
        "state": held.state,
        "reading": reading_words(held),
        "cells": [cell_shown(whole, cell) for cell in whole.of_plan(one.source_id)],
    }


def years(one: Plan) -> str:
    first, last = (day and dates.in_words(day) for day in (one.starts_on, one.ends_on))
    if first and last:
        return f"{first} to {last}"
    return f"from {first}" if first else f"until {last}" if last else ""


def reading_words(held: plan_coverage.Reading) -> str:
    """What has to be known of how far a plan was read; nothing where all of it was."""
    if held.state == UNREADABLE:
        why = held.refused or "It is in a language that the machine does not read"
        return f"Could not be read. {why.rstrip('.')}. A person has to read it, and can say how far below."
    if held.state == NOT_READ:
        left = f": {held.passages - held.waiting:,} of {held.passages:,} passages" if held.passages else ""
        return f"Not read yet{left}. It counts nowhere until it is."
    said = []
    if held.foreign:
        said.append(f"{passages(held.foreign)} in another language, which the machine does not read")
    if held.blind:
        said.append(f"{passages(held.blind)} coded blind at the moment, and left out until that is done")
    return "; ".join(said) + "." if said else ""


def passages(number: int) -> str:
    return f"{number:,} passage is" if number == 1 else f"{number:,} passages are"


def cell_shown(whole: Coverage, cell: Cell) -> dict[str, Any]:
    return {
        "url": url_of(whole.review.id, "plans", cell.source_id, cell.code),
        "code": cell.code,
        "question": title_of(whole, cell.code),
        "far": cell.how_far,
        "word": PICKED[cell.how_far],
        "by_person": cell.by_person,
        "proposed": WORDS.get(cell.proposed, ""),
        "differs": cell.by_person and cell.proposed not in ("", cell.how_far),
        "found": found_words(cell.found),
    }


def found_words(found: plan_coverage.Found) -> str:
    """ "5 statements in 4 passages, 2 of them with who acts or by when; 1 more that the machine is unsure of" """
    said = []
    if found.statements:
        said.append(f"{plural(found.statements, 'statement')} in {plural(found.passages, 'passage')}")
        if found.actions:
            said[0] += f", {found.actions:,} of them saying who acts or by when"
        if found.decided:
            said.append(f"{found.decided:,} checked by a person")
    if found.unsure:
        more = "more, " if said else ""
        said.append(f"{plural(found.unsure, 'statement')} {more}of which the machine is unsure, not counted")
    return "; ".join(said)


# -- Counts, in words and numbers ---------------------------------------------------------------------------


def question_shown(whole: Coverage, code: str, on_hold: set[tuple[str, str]] = frozenset()) -> dict[str, Any]:
    counted = plan_coverage.counted(whole, code)
    return {
        "code": code,
        "title": title_of(whole, code),
        "definition": next(one.definition for one in whole.questions if one.id == code),
        "url": url_of(whole.review.id, "questions", code),
        "on_hold": (whole.family, code) in on_hold,
        "said": said_of(counted),
        "levels": [{"far": level, "word": WORDS[level], "number": counted.levels[level]} for level in reversed(LEVELS)],
        "of": counted.of,
        "not_read": counted.not_read,
        "unreadable": counted.unreadable,
        "by_people": counted.by_people,
        "bar": bar_of(counted),
    }


def said_of(counted: plan_coverage.Counted) -> str:
    """The sentence under a question: the same words for the same shares, always with the number."""
    if not counted.of:
        return "No plan has been read against this question yet."
    share = how_many.words(counted.any, counted.of)
    begins = PLANS.get(share, f"{share.capitalize()} plans say something")
    whose = (
        f", from {counted.organisations:,} of {plural(counted.of_organisations, 'organisation')}" if counted.any else ""
    )
    sentences = [f"{begins} of it: {counted.any:,} of {counted.of:,}{whose}."]
    levels = [level for level in reversed(LEVELS) if counted.levels[level] and counted.any]
    each = "; ".join(f"{WORDS[level].lower()}, {how_many.told(counted.levels[level], counted.of)}" for level in levels)
    sentences += [f"{each[0].upper()}{each[1:]}."] if each else []
    # A number stays on the line of what it is one of.
    return NUMBERS.sub("\\1\u00a0of\u00a0\\2", " ".join(sentences))


def bar_of(counted: plan_coverage.Counted) -> list[dict[str, Any]]:
    """Stretches of a bar of 100, the furthest first; the same numbers stand in the table."""
    found, at = [], 0.0
    for level in reversed(LEVELS):
        width = 100 * counted.levels[level] / counted.of if counted.of else 0
        if width:
            found.append({"far": level, "at": round(at, 2), "width": round(width, 2)})
        at += width
    return found


def decided_words(some: Coverage) -> str:
    """How much of what is shown a person stands for."""
    known = [cell for one in some.plans for cell in some.of_plan(one.source_id) if cell.known]
    people = sum(cell.by_person for cell in known)
    if not people:
        return f"Nobody has decided on any of these {len(known):,} answers yet: all are proposals of a machine."
    if people == len(known):
        return f"People have decided on all of these {len(known):,} answers."
    return f"People have decided on {people:,} of these {len(known):,} answers; the others are proposals of a machine."


def progress_words(whole: Coverage) -> dict[str, Any]:
    """ "12 of 30 plans read against these questions" """
    states = [whole.readings[one.source_id].state for one in whole.plans]
    return {
        "read": whole.read,
        "of": len(whole.plans),
        "not_read": states.count(NOT_READ),
        "unreadable": states.count(UNREADABLE),
        "stopped": whole.progress.state == "set-aside",
        "reason": whole.progress.reason,
        "begun": whole.progress.state != "none",
    }


# -- Quotes ------------------------------------------------------------------------------------------------


def quotes_shown(session: Session, found: Sequence[Quote]) -> list[dict[str, Any]]:
    words = words_of(session, [one.statement_id for one in found])
    return [
        {
            **words[one.statement_id],
            "source_id": one.source_id,
            "state": one.state,
            "percent": None if one.score is None else min(99, round(100 * one.score)),
            "doing": one.doing,
            "counts": one.counts,
        }
        for one in found
        if one.statement_id in words
    ]


def words_of(session: Session, statement_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What each statement says, without what was redacted, and its place in the document."""
    found: dict[int, dict[str, Any]] = {}
    for some in batches(statement_ids):
        chosen = select(Statement, Passage.text, Passage.place, Passage.position)
        rows = session.exec(
            chosen.join(Passage, col(Passage.id) == Statement.passage_id).where(col(Statement.id).in_(some))
        ).all()
        hidden = redactions.of(session, list({one.passage_id for one, *_ in rows}))
        found |= {
            one.id: {
                "text": redactions.shown(text, one.start, one.end, hidden[one.passage_id]),
                "place": place or f"Passage {position}",
                "url": reading.statement_url(one.id),
                "review_url": f"/staff/review/{one.passage_id}",
            }
            for one, text, place, position in rows
        }
    return found


def needs_shown(session: Session, whole: Coverage, found: Iterable[plan_coverage.Need]) -> list[dict[str, Any]]:
    found = list(found)
    words = words_of(session, [one.statement_id for one in found])
    return [
        {
            **words[one.statement_id],
            "kinds": [plan.title("kinds", kind) for kind in one.kinds] or ["Told as a need"],
            "about": [about_shown(whole, family, label) for family, label in one.about],
        }
        for one in found
        if one.statement_id in words
    ]


def about_shown(whole: Coverage, family: str, label: str) -> dict[str, str]:
    if family == whole.family:
        return {"word": title_of(whole, label), "under": ""}
    return {"word": plan.title(family, label), "under": "action"}


def history_shown(session: Session, rows: Sequence[PlanDecision]) -> list[dict[str, Any]]:
    names = staff.names(session)
    return [
        {
            "word": WORDS.get(one.how_far, "Taken back: the proposal counts again"),
            "by": names[one.staff_id],
            "at": one.decided_at,
            "why": one.why,
            "proposed": WORDS.get(one.proposed, ""),
        }
        for one in rows
    ]


def review_shown(whole: Coverage) -> dict[str, Any]:
    review: PlanReview = whole.review
    return {
        "id": review.id,
        "title": review.title,
        "url": url_of(review.id),
        "frame": whole.frame.title,
        "frame_url": f"/staff/frameworks/{review.frame_id}",
        "retired": whole.retired,
        "needs_url": url_of(review.id, "needs"),
        "choose_url": url_of(review.id, "choose"),
    }


def on_hold(session: Session) -> set[tuple[str, str]]:
    return holds.on_hold(session)


def shipped_questions(session: Session) -> dict[str, Any] | None:
    """The questions that come with the service, to be added by one button where no framework is in use."""
    frame = coding_frames.of_local_plans(session)
    return frame and {
        "title": frame.title,
        "codes": [one.title for one in frame.codes],
        "fields": {
            "_frame": json.dumps(frame.content()),
            "_file": f"{coding_frames.LOCAL_PLANS}.yaml",
            "_for": "plans",
        },
    }
