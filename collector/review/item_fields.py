"""What the forms of the review screen post, read into what the verbs take. CannotDo where it makes no sense."""

from typing import Any

from sqlmodel import Session, col, select

from collector.accounts.models import StaffMember
from collector.findings.models import Note
from collector.intake.models import Passage, Source
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.review import picked
from collector.review.acts import CannotDo
from collector.web.posted import Posted, first, whole_number

LIKE = 5  # names offered where none fits


def label(posted: Posted) -> tuple[str, str, str]:
    """Family, label and verdict, from a button beside a label or from the list of labels to add."""
    if "add" in posted:
        family, _, id = first(posted, "add").partition(":")
        return family, id, "add"
    return first(posted, "family"), first(posted, "label"), first(posted, "verdict")


def marked(session: Session, passage_id: int, posted: Posted) -> dict[str, Any]:
    """As `picked.decide` takes it."""
    kind, verdict, why = first(posted, "what"), first(posted, "verdict") or "add", first(posted, "why").strip()
    asked = {"kind": kind, "verdict": verdict, "why": why}
    if verdict in ("accept", "reject") and "from" not in posted:
        place = span(first(posted, "first"))
        known = next((one for one in picked.of_passage(session, passage_id, kind) if one.first == place), None)
        if known is None:
            raise CannotDo("These words are not picked out any more. Look at the page again")
        return {**asked, "first": place, "place": (known.start, known.end)}
    place = place_in(posted)
    first_ = span(first(posted, "first")) if "first" in posted else place
    return {**asked, "first": first_, "place": place, "details": details(session, passage_id, kind, posted)}


def place_in(posted: Posted) -> tuple[int, int]:
    """From the first to the last word that were chosen."""
    start, end = whole_number(first(posted, "from")), whole_number(first(posted, "to"))
    if start is None or end is None:
        raise CannotDo("Choose the first and the last word")
    if start >= end:
        raise CannotDo("The last word stands before the first. Choose a later one")
    return start, end


def span(text: str) -> tuple[int, int]:
    start, _, end = text.partition("-")
    found = whole_number(start), whole_number(end)
    if None in found:
        raise CannotDo("These words are not picked out any more. Look at the page again")
    return found


def details(session: Session, passage_id: int, kind: str, posted: Posted) -> dict[str, Any]:
    """What is told of the words besides, by what they are; of the machine's what no field asks for stays."""
    known = {}
    if "first" in posted:
        place = span(first(posted, "first"))
        known = next((one.details for one in picked.of_passage(session, passage_id, kind) if one.first == place), {})
    if kind == "commitment":
        due = {"text": first(posted, "due").strip(), "from": day(posted, "due-from"), "to": day(posted, "due-to")}
        return {**known, "who": first(posted, "who").strip(), "due": due if any(due.values()) else None}
    if kind == "barrier":
        return {**known, "themes": [theme for theme in posted.get("themes", []) if theme]}
    if kind == "organisation":
        return {**known, "organisation_id": organisation(session, passage_id, first(posted, "organisation"))}
    if kind == "redaction":
        return {"reason": first(posted, "reason")}
    return known


def day(posted: Posted, field: str) -> str | None:
    return first(posted, field).strip()[:20] or None


def organisation(session: Session, passage_id: int, name: str) -> int:
    """The organisation of the directory with this name."""
    if not name.strip():
        raise CannotDo("Type the name of the organisation")
    passage = session.get_one(Passage, passage_id)
    sample = session.get_one(Source, passage.source_id).sample
    if found := directory.find(session, directory.key_of(name), sample):
        return found[0]
    like = select(Organisation.name).where(
        Organisation.sample == sample, col(Organisation.name).icontains(name.strip(), autoescape=True)
    )
    names = list(session.exec(like.order_by(Organisation.name).limit(LIKE)))
    if names:
        raise CannotDo(f"No organisation has just this name. Type one of these: {', '.join(names)}")
    raise CannotDo("No organisation of the directory has this name. Check how it is spelled")


def colleague(session: Session, asked: str) -> int | None:
    """Somebody of the staff whose account is open."""
    found = session.get(StaffMember, whole_number(asked) or 0)
    return found.id if found and not found.disabled_at else None


def question(session: Session, passage_id: int, asked: str) -> int:
    found = session.get(Note, whole_number(asked) or 0)
    if found is None or found.passage_id != passage_id or found.kind != "question":
        raise CannotDo("This question is not there any more. Look at the page again")
    return found.id
