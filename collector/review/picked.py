"""What people say of words that were picked out of a passage, and words that they pick out themselves.

Barriers, commitments with who and by when, needs, offers, practice, ideas, organisations named, and redactions.
"""

from datetime import date
from typing import Any

from sqlmodel import Session

from collector.findings import blind, extracts, reported, standing
from collector.findings.models import ExtractDecision
from collector.findings.review_items import refresh
from collector.frameworks import plan
from collector.intake.models import Passage
from collector.organisations.models import Organisation
from collector.review import acts, heard, steps
from collector.review.acts import CannotDo

# Why words are not to be published; staff see which, the public that something was taken out.
REASONS = {
    "personal": "Names or describes a private person",
    "child": "Would let somebody recognise a child",
    "harm": "Tells of harm in a way that could add to it",
    "legal": "Is before a court or a hearing",
    "abuse": "Abuses somebody",
    "staff": "Names a member of staff who has not agreed",
}
LONGEST = 500


def decide(
    session: Session,
    *,
    passage_id: int,
    kind: str,
    first: tuple[int, int],
    place: tuple[int, int],
    verdict: str,
    staff_id: int,
    details: dict[str, Any] | None = None,
    why: str = "",
    key: str | None = None,
) -> ExtractDecision:
    """Keep what a person says of the words at `place`, which stood at `first` when they were picked out.

    Words that nobody had picked out are added: then the two are the same. `details` are as the machine's, by kind; null
    leaves them as they were, and so does who rejects the words. The caller commits.
    """
    if not acts.hold(session, [passage_id]):
        raise CannotDo("Who sent this has changed or withdrawn it since")
    text = session.get_one(Passage, passage_id).text
    held = next((one for one in of_passage(session, passage_id, kind) if one.first == first), None)
    check(session, passage_id, kind, place, verdict, text=text, known=held is not None)
    before = held.details if held else {}
    # Who says that they are not what the machine takes them for has nothing to say of what it told besides.
    details = before if details is None or verdict == "reject" else details
    if verdict != "reject":
        check_details(session, kind, details, before)
    why = steps.checked(why, "")
    act = acts.begin(session, staff_id=staff_id, what="extract", key=key)
    made = ExtractDecision(
        act_id=act.id,
        passage_id=passage_id,
        kind=kind,
        first_start=first[0],
        first_end=first[1],
        start=place[0],
        end=place[1],
        verdict=verdict,
        details=details,
        staff_id=staff_id,
        why=why,
    )
    session.add(made)
    session.flush()
    if kind == "redaction" and verdict != "reject":
        reported.redacted(session, [passage_id])
        heard.of_redacted(session, [passage_id])
    refresh(session, [passage_id])
    return made


def of_passage(session: Session, passage_id: int, kind: str) -> list[extracts.Held]:
    return extracts.held_by(session, [passage_id], [kind])[passage_id]


def check(
    session: Session, passage_id: int, kind: str, place: tuple[int, int], verdict: str, *, text: str, known: bool
) -> None:
    # Whose words must not be published cannot wait until they are coded.
    if kind != "redaction" and blind.open_among(session, [passage_id]):
        raise CannotDo("This is coded blind. Give its labels first")
    if kind not in extracts.KINDS:
        raise CannotDo("Choose what these words are")
    if verdict not in standing.VERDICTS:
        raise CannotDo("Choose whether to accept, reject or add")
    if verdict != "add" and not known:
        raise CannotDo("Nobody has picked out these words. Add them instead")
    if not 0 <= place[0] < place[1] <= len(text) or not text[place[0] : place[1]].strip():
        raise CannotDo("Mark some words of the passage")


def check_details(session: Session, kind: str, details: dict[str, Any], before: dict[str, Any]) -> None:
    """A theme that was told before may have gone from the codebook since; nobody has to answer for that here."""
    if kind == "redaction" and details.get("reason") not in REASONS:
        raise CannotDo("Choose why these words are not to be published")
    if kind == "organisation" and not (details.get("links") or known_organisation(session, details)):
        raise CannotDo("Choose an organisation from the list")
    new_themes = set(details.get("themes", [])) - set(before.get("themes", []))
    if not all(plan.known("barrier_themes", theme) for theme in new_themes):
        raise CannotDo("Choose a barrier theme from the list")
    steps.checked(details.get("who", ""), "", what="the name of who has promised it", longest=LONGEST)
    steps.checked((details.get("due") or {}).get("text", ""), "", what="the words for when it is due", longest=LONGEST)
    check_due(details.get("due"))


def known_organisation(session: Session, details: dict[str, Any]) -> bool:
    return session.get(Organisation, details.get("organisation_id") or 0) is not None


def check_due(due: dict[str, Any] | None) -> None:
    if due is None:
        return
    try:
        first, last = (day and date.fromisoformat(day) for day in (due.get("from"), due.get("to")))
    except ValueError as error:
        raise CannotDo("Write the day as a date that there is, such as 31 March 2027") from error
    if first and last and first > last:
        raise CannotDo("The last day is before the first")
