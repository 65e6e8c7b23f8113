"""All that the review screen shows of one passage, gathered; of one that is coded blind, what nobody is led by."""

from typing import Any

from sqlmodel import Session

from collector.findings import blind, extracts, holds
from collector.findings.models import Act, ReviewItem
from collector.intake.models import Passage
from collector.review import acts, item_shown, keys, queue, reading, steps, timeline
from collector.review.picked import REASONS
from collector.review.places import Place

# Nothing of what a machine or a colleague said.
UNSEEN = {
    "labels": [],
    "picked": [],
    "examples": [],
    "suggested": 0,
    "changed": [],
    "timeline": [],
    "notes": [],
    "choices": [],
}


def everything(session: Session, passage: Passage, place: Place, staff_id: int, *, with_keys: bool) -> dict[str, Any]:
    staff = item_shown.staff(session)
    names = {one.id: one.name for one in staff}
    told = item_shown.origin(session, passage)
    is_blind = bool(blind.open_among(session, [passage.id]))
    chosen, off = keys.chosen(session, staff_id)
    off = off or not with_keys
    state = session.get(ReviewItem, passage.id)
    shown = {
        "passage": passage,
        "origin": told,
        "item": item_shown.beside(session, passage),
        "notices": item_shown.notices(session, passage),
        "before": item_shown.said_before(session, passage),
        "earlier": item_shown.said_in_earlier_rounds(session, passage, told),
        "rail": item_shown.rail(session, place, staff_id, passage.id),
        "state": state_shown(state, names, staff_id, is_blind=is_blind),
        "blind": is_blind,
        "seen": acts.newest(session, passage.id),
        "undo": undo_shown(session, staff_id),
        "saved": saved_shown(session, place, staff_id),
        "keys": {} if off else chosen,
        "key_words": [
            {"key": chosen[action], "words": words} for action, (_, words) in keys.ACTIONS.items() if chosen[action]
        ],
        "colleagues": [{"id": one.id, "name": one.name} for one in staff if one.id != staff_id and not one.disabled_at],
        "kinds": item_shown.KINDS,
        "reasons": REASONS,
    }
    if is_blind:
        return {**shown, **UNSEEN, **of_blind(session, passage, place)}
    words = of_words(session, passage, place, names, shown["keys"])
    return {**shown, **words, **of_colleagues(session, passage, place, told, names, words["statements"], staff_id)}


def of_words(
    session: Session, passage: Passage, place: Place, names: dict[int, str], chosen: dict[str, str]
) -> dict[str, Any]:
    """The statements with their labels, and those of the one that is open."""
    rows, held = item_shown.held_on(session, passage)
    statements = item_shown.statements(passage, rows, held)
    current_id = item_shown.current_of(rows, held, place.statement)
    current = next((one for one in statements if one["id"] == current_id), None)
    of_current = held.get(current_id, [])
    words_of_current = next((passage.text[one.start : one.end] for one in rows if one.id == current_id), "")
    found = extracts.held_by(session, [passage.id])[passage.id]
    organisations = item_shown.organisation_names(session, found)
    picked = item_shown.picked(found, passage.text, names, organisations)
    return {
        **of_statements(passage, statements, current, place),
        "labels": item_shown.labels(of_current, passage.text, names, chosen, holds.on_hold(session)),
        "picked": picked,
        "change": next((one for one in picked if one["id"] == place.change), None),
        "examples": item_shown.decided_before(session, passage.id, of_current, words_of_current),
        "suggested": sum(one["suggested"] for one in statements),
        "shown": " ".join(
            f"{id}|{one.family}|{one.label}"
            for id, labels in held.items()
            for one in labels
            if one.state == "suggested"
        ),
        "choices": reading.label_choices(),
        "themes": next(one["options"] for one in reading.label_choices() if one["family"] == "barrier_themes"),
    }


def of_blind(session: Session, passage: Passage, place: Place) -> dict[str, Any]:
    """The words alone, and what was said not to be published: that cannot wait."""
    rows, held = item_shown.held_on(session, passage)
    statements = item_shown.statements(passage, rows, held)
    current = next((one for one in statements if one["id"] == place.statement), statements[0] if statements else None)
    return {**of_statements(passage, statements, current, place), "change": None, "themes": []}


def of_statements(
    passage: Passage, statements: list[dict[str, Any]], current: dict[str, Any] | None, place: Place
) -> dict[str, Any]:
    at = statements.index(current) if current else 0
    spans = item_shown.stretches(passage, statements)
    here = [one for one in spans if current and one[1] == current["start"] and one[2] == current["end"]]
    return {
        "text_parts": list(reading.between(passage.text, statements)),
        "statements": statements,
        "current": current,
        "previous_statement": statements[at - 1]["id"] if at > 0 else None,
        "next_statement": statements[at + 1]["id"] if at + 1 < len(statements) else None,
        "words": item_shown.words_of(passage.text, spans if place.whole or not here else here),
        "words_here": item_shown.words_of(passage.text, here),
        "can_widen": len(spans) > 1 and not place.whole,
    }


def of_colleagues(
    session: Session,
    passage: Passage,
    place: Place,
    told: dict[str, Any],
    names: dict[int, str],
    statements: list[dict[str, Any]],
    staff_id: int,
) -> dict[str, Any]:
    """What people said of the passage and did to it."""
    notes = steps.notes(session, passage.id)
    numbers = {one["id"]: one["number"] for one in statements} if len(statements) > 1 else {}
    answered = {one.answers for one in notes if one.kind == "answer"}
    others = [] if place.seen is None else acts.by_others(session, passage.id, staff_id=staff_id, after=place.seen)
    return {
        "changed": timeline.changed(others, names),
        "timeline": timeline.of(session, passage, told, names, numbers),
        "notes": [
            {
                "id": one.id,
                "kind": one.kind,
                "word": steps.NOTES[one.kind],
                "text": one.text,
                "who": names.get(one.staff_id, "Somebody"),
                "to": names.get(one.to_staff_id or 0, ""),
                "at": one.noted_at,
                "open": one.kind == "question" and one.id not in answered,
            }
            for one in notes
        ],
    }


def state_shown(item: ReviewItem | None, names: dict[int, str], staff_id: int, *, is_blind: bool) -> dict[str, Any]:
    if item is None:
        return {"id": "waiting", "word": queue.STATES["waiting"], "assigned_to": "", "coder": "", "taken_by": ""}
    taken = steps.taken_by_another(item, staff_id)
    return {
        "id": item.state,
        "word": queue.STATES[item.state],
        "assigned_to": names.get(item.assigned_to or 0, ""),
        "coder": "" if is_blind else names.get(item.coder or 0, ""),
        "taken_by": "" if is_blind else names.get(taken or 0, ""),
    }


def undo_shown(session: Session, staff_id: int) -> dict[str, Any] | None:
    """What undo would take back."""
    last = acts.last(session, staff_id)
    return last and {"act": last.id, "what": timeline.told(session, last), "at": last.done_at}


def saved_shown(session: Session, place: Place, staff_id: int) -> dict[str, Any] | None:
    """What was saved or undone just now, by this person."""
    asked = place.undone or place.done
    act = session.get(Act, asked) if asked else None
    if act is None or act.staff_id != staff_id:
        return None
    return {
        "word": "Undone" if act.undone_at else "Saved",
        "at": act.undone_at or act.done_at,
        "what": timeline.told(session, act),
    }
