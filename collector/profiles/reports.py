"""Reports: asked for, made by the worker, frozen, kept at an address for good, and made again of what was frozen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from collector import dates
from collector.database import insert_all, insert_one, now, one_at_a_time
from collector.findings import readers, reported
from collector.findings.report_models import Report, ReportSource, ReportStatement
from collector.frameworks import plan
from collector.intake.models import Round
from collector.leases import UNDER_WAY, Claim, Leases
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.profiles import document, rendering, report_contents, report_of_area, report_of_board, report_of_round
from collector.profiles.document import Document, Fact, hash_of
from collector.profiles.report_contents import Contents
from collector.review import outside

KINDS = {
    "organisation": "Report on an organisation",
    "area": "Report on an area",
    "round": "Report on a round",
    "board": "Report to the Oversight Board",
}
THE_BOARD = "scotland"  # the one that a report to the Oversight Board is about
# What makes the contents of each kind, given whose report it is.
CONTENTS: dict[str, Callable[..., Contents]] = {
    "organisation": lambda session, subject, audience: report_contents.of_organisation(
        session, int(subject), audience=audience
    ),
    "area": lambda session, subject, audience: report_of_area.of_area(session, subject, audience=audience),
    "round": lambda session, subject, audience: report_of_round.of_round(session, int(subject), audience=audience),
    "board": lambda session, subject, audience: report_of_board.of_board(session, audience=audience),
}
AUDIENCES = {"own": "Who it is about, and staff", "anyone": "Anybody"}
STAFF_ALONE = "Staff alone"  # of an area or a round, which is nobody's own
OF_NOBODY = {"area": STAFF_ALONE, "round": STAFF_ALONE, "board": "The Oversight Board, and staff"}
HOLD_DAYS, MOST_HOLD_DAYS = 14, 365
MOST_ANEW = 50
LANGUAGE = "en-GB"

leases = Leases(Report, "report", work="The making", lease=timedelta(seconds=60))


class NotThere(ValueError):
    """There is no such report, or it has no words; the message says which."""


@dataclass(frozen=True)
class Frozen:
    """A report as it will be kept: its snapshot, what it quotes and names, and its files by their hashes."""

    document: Document
    contents: Contents
    hashes: dict[str, str]
    files: dict[str, str]
    made_at: datetime


# -- Making ---------------------------------------------------------------------------------------------


def ask(
    session: Session,
    kind: str,
    subject: str,
    *,
    staff_id: int | None,
    audience: str = "own",
    hold_days: int = 0,
    to_contacts: bool = False,
) -> int:
    """Have a report made; returns its number. Where the same is being made already, that one. The caller commits.

    Raises NoSubject where there is nothing that it could be about.
    """
    one_at_a_time(session, f"report {kind} {subject}")
    check_subject(session, kind, subject)
    same = (*of_subject(kind, subject), Report.audience == audience, col(Report.state).in_(UNDER_WAY))
    if under_way := session.exec(select(Report.id).where(*same)).first():
        return under_way
    asked = {"audience": audience, "hold_days": hold_days, "to_contacts": to_contacts, "asked_by": staff_id}
    return insert_one(session, Report, kind=kind, subject=subject, **asked)


def check_subject(session: Session, kind: str, subject: str) -> None:
    if kind not in KINDS or not subject_name(session, kind, subject):
        raise report_contents.NoSubject("There is nothing that this report could be about")


def subject_name(session: Session, kind: str, subject: str) -> str:
    """What the report is about is called now; nothing where it is gone."""
    if kind == "area":
        return directory.area_names().get(subject, "")
    if kind == "board":
        return "Scotland" if subject == THE_BOARD else ""
    number = int(subject) if subject.isascii() and subject.isdecimal() and len(subject) < 10 else 0
    if str(number) != subject:
        return ""
    if kind == "round":
        round_ = session.get(Round, number)
        return round_.title if round_ and not round_.preview else ""
    found = session.get(Organisation, number)
    return found.name if found else ""


def subject_of(session: Session, kind: str, named: str) -> str:
    """Whose report is meant, by a name or a number. NoSubject where that is nobody's, or the name of several."""
    if subject_name(session, kind, named):
        return named
    if kind == "area":
        return area_of(named)
    if kind == "board":
        raise report_contents.NoSubject("A report to the Oversight Board is about Scotland: leave the name out")
    if kind == "round":
        return round_of(session, named)
    key = directory.key_of(named)
    ids = session.exec(select(Organisation.id).where(Organisation.name_key == key)).all()
    if len(ids) != 1:
        who = "No organisation has" if not ids else "Several organisations have"
        raise report_contents.NoSubject(f"{who} the name “{named}”. Use the number in the address of the profile")
    return str(ids[0])


def area_of(named: str) -> str:
    key = directory.key_of(named)
    found = [id for id, name in directory.area_names().items() if directory.key_of(name) == key]
    if not found:
        raise report_contents.NoSubject(f"No council area has the name “{named}”. For the whole country say “scotland”")
    return found[0]


def round_of(session: Session, named: str) -> str:
    """By its title, or its short name."""
    rounds = session.exec(select(Round.id, Round.title, Round.slug).where(col(Round.preview).is_(False))).all()
    key = directory.key_of(named)
    found = [id for id, title, slug in rounds if key in (directory.key_of(title), slug)]
    if len(found) != 1:
        which = "No round has" if not found else "Several rounds have"
        raise report_contents.NoSubject(f"{which} the title “{named}”. Use the number in the address of its page")
    return str(found[0])


def of_subject(kind: str, subject: str) -> tuple[ColumnElement[bool], ...]:
    return (Report.kind == kind, Report.subject == subject)


def frozen(session: Session, report: Report, *, by: str, base_url: str) -> Frozen:
    """What the report says today, with its files made once so that whoever makes them again can compare.

    `by` is who makes it, `base_url` what its address begins with.
    """
    contents = CONTENTS[report.kind](session, report.subject, report.audience)
    made_at, book = now(), plan.book()
    hashes = {
        "data": data_hash(contents),
        "model": readers.champion(session, plan.SLUG) or "",
        "framework": book.content_hash,
        "codebook": str(book.version),
        "template": rendering.layout(),
    }
    made = Document(
        kind=KINDS[report.kind],
        title=contents.title,
        subtitle=contents.subtitle,
        language=LANGUAGE,
        made_on=dates.local_day(made_at),
        made_by=by,
        sections=contents.sections,
        references=contents.references,
        made=how_made(report, contents, hashes),
        hashes=hashes,
        address=f"{base_url}{address_of(report.id)}",
        sample=contents.sample,
        held_until=dates.local_day(held_until(report, made_at)) if report.hold_days else None,
    )
    files = {kind: hash_of(rendering.rendered(made, kind)) for kind in rendering.FORMATS}
    return Frozen(made, contents, hashes, files, made_at)


def data_hash(contents: Contents) -> str:
    """Of what it was drawn from, and of all that it says of that: a name, an estimate, or what is to be counted next is
    never forgotten here, as long as a word or a number of the report tells of it."""
    said = document.plain(contents.sections, contents.references)
    return hash_of(document.canonical([contents.data, contents.title, contents.subtitle, *said]))


def held_until(report: Report, made_at: datetime) -> datetime:
    return made_at + timedelta(days=report.hold_days)


def url_of(report_id: int) -> str:
    """Of its page for staff."""
    return f"/staff/reports/{report_id}"


def address_of(report_id: int) -> str:
    """Where it stands for good, for whoever may see it."""
    return f"/reports/{report_id}"


def how_made(report: Report, contents: Contents, hashes: dict[str, str]) -> tuple[Fact, ...]:
    """In words that a person understands, with the fingerprints by which to compare."""
    model = f"Model {hashes['model']} suggested what statements are about." if hashes["model"] else "No model yet."
    return (
        Fact("Made for", made_for(report.kind, report.audience)),
        *([Fact("Right of reply", f"{report.hold_days} days from then.")] if report.hold_days else []),
        Fact(
            "Drawn from",
            f"{contents.drawn_from}. Fingerprint {short(hashes['data'])}: it changes when anything does that the report"
            " was drawn from.",
        ),
        Fact("Read by", model),
        Fact(
            "Read against",
            f"{plan.current().title}, version {hashes['codebook']} of the codebook, fingerprint"
            f" {short(hashes['framework'])}.",
        ),
        Fact(
            "Set out by", f"Layout {short(hashes['template'])}: with it the same report becomes the same files again."
        ),
    )


def made_for(kind: str, audience: str) -> str:
    return OF_NOBODY.get(kind, AUDIENCES[audience]) if audience == "own" else AUDIENCES[audience]


def short(fingerprint: str) -> str:
    """Enough of it to read out: "3f2a 91bc 0d4e"."""
    return " ".join(fingerprint[at : at + 4] for at in (0, 4, 8))


def finish(session: Session, claim: Claim, made: Frozen) -> bool | None:
    """Keep it. False when the claim was lost; None when something that it quotes has changed since it was written, so
    that it is to be begun again. The caller commits.

    What it quotes is held until the commit: who withdraws or redacts it waits, and then finds the report.
    """
    report = leases.row(session, claim)
    if report.audience == report_contents.ANYONE and not report_contents.may_be_told(session, made.contents.sources):
        return None
    if not report_contents.still_permitted(session, made.contents.permitted):
        return None
    quoted = {one.statement_id: one.words for one in made.document.references}
    made_of = made.contents.made_of
    outside.held(session, quoted.keys() | made_of.keys())
    if any(report_contents.words_of(session, list(words)) != words for words in (quoted, made_of)):
        return None
    # Sources after passages, as who erases them takes them.
    named = made.contents.sources | made.contents.considered
    if not report_contents.still_there(session, named):
        return None
    kept = leases.finish(
        session,
        claim,
        title=made.document.title,
        sample=made.document.sample,
        made_at=made.made_at,
        held_until=held_until(report, made.made_at),
        published_at=None if report.hold_days else made.made_at,
        snapshot=document.written(made.document),
        hashes=made.hashes,
        files=made.files,
    )
    if kept:
        stated = quoted.keys() | made_of.keys()
        insert_all(session, ReportStatement, [{"report_id": claim.id, "statement_id": id} for id in sorted(stated)])
        insert_all(session, ReportSource, [{"report_id": claim.id, "source_id": id} for id in sorted(named)])
    return kept


def withdraw(session: Session, report_id: int) -> None:
    """By a person. The caller commits."""
    reported.withdraw(session, Report.id == report_id, why="staff")


def end_hold(session: Session, report_id: int) -> None:
    """It may go out from now on. The caller commits."""
    report = session.get_one(Report, report_id, with_for_update=True, populate_existing=True)
    if state_of(report) == "held":
        report.held_until = now()
        session.add(report)


# -- Reading --------------------------------------------------------------------------------------------

# What a report is, to a reader. The first four are of one that is not made yet.
STATES = {
    "waiting": "Waits for its turn",
    "running": "Being made",
    "set-aside": "Failed",
    "cancelled": "Cancelled",
    "held": "Held for a right of reply",
    "due": "About to go out",
    "published": "Published",
    "withdrawn": "Withdrawn",
}


def state_of(report: Report) -> str:
    if report.withdrawn_at:
        return "withdrawn"
    if report.made_at is None:
        return report.state
    if report.published_at:
        return "published"
    return "held" if report.held_until > now() else "due"


def in_state(state: str) -> tuple[ColumnElement[bool], ...]:
    """Conditions that pick the reports in one of STATES."""
    if state == "withdrawn":
        return (col(Report.withdrawn_at).is_not(None),)
    there = (col(Report.withdrawn_at).is_(None), col(Report.made_at).is_not(None))
    if state == "published":
        return (*there, col(Report.published_at).is_not(None))
    if state in ("held", "due"):
        until = col(Report.held_until)
        return (*there, col(Report.published_at).is_(None), until > now() if state == "held" else until <= now())
    return (col(Report.made_at).is_(None), Report.state == state)


def read(report: Report) -> Document:
    """What it says, of what was frozen. NotThere where it has no words."""
    if report.withdrawn_at:
        raise NotThere("This report was withdrawn, and its words are gone")
    if report.made_at is None:
        raise NotThere("This report is not made yet")
    return document.read(report.snapshot)


def rebuilt(report: Report, kind: str) -> tuple[bytes, bool]:
    """A file of it, and whether it is the same, byte for byte, as on the day it was made."""
    content = rendering.rendered(read(report), kind)
    return content, hash_of(content) == report.files.get(kind)


def previous(session: Session, report: Report) -> Report | None:
    """The one before it of the same subject, made for the same readers, that has its words still. What is invented is
    not compared with what somebody said."""
    before = (*of_subject(report.kind, report.subject), Report.audience == report.audience, Report.id < report.id)
    before = (*before, col(Report.sample).is_(report.sample))
    there = (col(Report.made_at).is_not(None), col(Report.withdrawn_at).is_(None))
    return session.exec(select(Report).where(*before, *there).order_by(col(Report.id).desc()).limit(1)).first()


def made_anew(session: Session, report: Report) -> Report | None:
    """What took the place of one that was withdrawn: the newest of the same subject, made or being made since."""
    since = (*of_subject(report.kind, report.subject), Report.audience == report.audience, Report.id > report.id)
    there = (col(Report.withdrawn_at).is_(None), col(Report.state).not_in(("set-aside", "cancelled")))
    return session.exec(select(Report).where(*since, *there).order_by(col(Report.id).desc()).limit(1)).first()


def to_make_anew(session: Session) -> list[Report]:
    """Withdrawn reports that nothing of the same subject, made for the same readers, has followed: the newest first."""
    later = aliased(Report)
    same = (later.kind == Report.kind, later.subject == Report.subject, later.audience == Report.audience)
    followed = select(later.id).where(*same, later.id > Report.id, col(later.state).not_in(("set-aside", "cancelled")))
    gone = (col(Report.withdrawn_at).is_not(None), ~followed.correlate(Report).exists())
    return list(session.exec(select(Report).where(*gone).order_by(col(Report.id).desc()).limit(MOST_ANEW)))
