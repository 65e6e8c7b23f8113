"""Right of reply: what those whom a report was sent to say of it before it goes out, and how it goes out with that."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from collector import dates
from collector.database import Database, now
from collector.findings.report_models import Report, ReportLetter, ReportReply
from collector.how_many import plural
from collector.profiles import document, rendering, report_letters, reports
from collector.profiles.document import Document, Fact, Note, Section, Sentence, hash_of
from collector.profiles.report_contents import ANYONE

MOST_REPLIES = 500  # to one report
SHOW, DO_NOT_SHOW = "shown", "not-shown"
STATES = {"new": "Not looked at", SHOW: "Shown", DO_NOT_SHOW: "Not shown"}
LONGEST_DONE = 500
AT_ONCE = 100


class Closed(ValueError):
    """Nothing more can be said to this report; the message says why."""


@dataclass(frozen=True)
class Said:
    """The reply of one address to one line that counts: the latest."""

    reply: ReportReply
    email: str
    # The address said before what is not to be shown: this is not shown before a person has looked at it.
    waits: bool = False


def of(session: Session, report_id: int) -> list[Said]:
    """In the order in which they first came. What was taken back is left out."""
    chosen = (
        select(ReportReply, ReportLetter.email)
        .join(ReportLetter, col(ReportLetter.id) == ReportReply.letter_id)
        .where(ReportReply.report_id == report_id)
        .order_by(col(ReportReply.id))
    )
    latest: dict[tuple[str, str], Said] = {}
    refused: set[tuple[str, str]] = set()
    for one, email in session.exec(chosen):
        who = (email, one.line)
        refused |= {who} if one.state == DO_NOT_SHOW else set()
        latest[who] = Said(one, email, waits=one.state == "new" and who in refused)
    return [one for one in latest.values() if one.reply.text]


def newest(session: Session, kind: str, subject: str, *, at_most: int) -> list[ReportReply]:
    """To reports on this subject, the newest first; without what was changed or taken back, and what is not shown."""
    later = aliased(ReportReply)
    again = select(later.id).where(
        later.report_id == ReportReply.report_id,
        later.letter_id == ReportReply.letter_id,
        later.line == ReportReply.line,
        later.id > ReportReply.id,
    )
    chosen = (
        select(ReportReply)
        .join(Report, col(Report.id) == ReportReply.report_id)
        .where(*reports.of_subject(kind, subject), ReportReply.state != DO_NOT_SHOW, ReportReply.text != "")
        .where(~again.correlate(ReportReply).exists())
    )
    return list(session.exec(chosen.order_by(col(ReportReply.id).desc()).limit(at_most)))


def by_line(said: Sequence[Said]) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        found[one.reply.line].append(one)
    return dict(found)


def own(said: Sequence[Said], letter: ReportLetter, line: str) -> ReportReply | None:
    """What the address of this letter said to this line."""
    return next((one.reply for one in said if (one.email, one.reply.line) == (letter.email, line)), None)


def seen_by(said: Sequence[Said], letter: ReportLetter) -> list[Said]:
    """Without what staff say is not to be shown, but for who wrote it."""
    return [one for one in said if one.email == letter.email or not (one.waits or one.reply.state == DO_NOT_SHOW)]


def reply(
    session: Session, letter: ReportLetter, *, line: str, correction: bool, text: str, name: str
) -> ReportReply | None:
    """Keep a reply to a line, or to all of the report where `line` is empty; without text all words that the address
    said to it are deleted.

    None where that was said already. Closed where the report is held no more. The caller commits.
    """
    report = session.get_one(Report, letter.report_id, with_for_update=True, populate_existing=True)
    if reports.state_of(report) != "held":
        raise Closed("This report is not held for replies any more")
    said = of(session, report.id)
    before = own(said, letter, line)
    if not text:
        take_back(session, letter, line)
        return None
    if before and (before.correction, before.text, before.name) == (correction, text, name):
        return None
    if not before and len(said) >= MOST_REPLIES:
        raise Closed("There are very many replies to this report. Write to us instead")
    kept = ReportReply(report_id=report.id, letter_id=letter.id, line=line, correction=correction, text=text, name=name)
    session.add(kept)
    return kept


def take_back(session: Session, letter: ReportLetter, line: str) -> None:
    theirs = (ReportLetter.report_id == letter.report_id, ReportLetter.email == letter.email)
    to_it = (col(ReportReply.letter_id).in_(select(ReportLetter.id).where(*theirs)), ReportReply.line == line)
    session.exec(update(ReportReply).where(*to_it).values(text="", name="", done=""))


def look(session: Session, report_id: int, reply_id: int, *, state: str, done: str, staff_id: int) -> bool:
    """Say whether a reply goes out with the report, and what was done. False where it is not there, or the report has
    gone out. The caller commits."""
    report = session.get_one(Report, report_id, with_for_update=True, populate_existing=True)
    one = session.get(ReportReply, reply_id)
    if one is None or one.report_id != report_id or report.published_at or report.withdrawn_at:
        return False
    one.state, one.done, one.looked_by, one.looked_at = state, done, staff_id, now()
    session.add(one)
    return True


# -- On a page ------------------------------------------------------------------------------------------

ALL = "all"  # in the place of a line: the whole report


@dataclass(frozen=True)
class Answering:
    """What the page of a report that is held shows under its lines: what was said, and where one replies."""

    words: dict[str, str]  # of every line
    said: dict[str, list[document.Reply]]
    own: frozenset[str] = frozenset()  # the lines to which whoever looks has replied
    url: str = ""  # where the page of a line is found, or nothing where nobody replies
    begin: str = ""
    change: str = ""
    begin_table: str = ""  # of all of a table, whose rows are lines too
    change_table: str = ""
    language: str = "en"

    def way_to(self, line: str, whole: bool) -> str:
        """The words of the link to the reply."""
        if line in self.own:
            return self.change_table if whole else self.change
        return self.begin_table if whole else self.begin


def answering(held: Document, said: Sequence[Said], *, own: str = "", **shown: str) -> Answering:
    """`own` is the address of whoever looks."""
    under = {line: [block_of(one.reply) for one in these] for line, these in by_line(said).items()}
    theirs = frozenset(one.reply.line for one in said if one.email == own)
    return Answering(dict(document.lines_of(held.sections)), under, theirs, **shown)


# -- Going out ------------------------------------------------------------------------------------------


def to_look_at(session: Session, report_id: int) -> int:
    return sum(one.reply.state == "new" for one in of(session, report_id))


def waiting_for_a_look(session: Session) -> dict[int, int]:
    """Reports that are held with replies that nobody has looked at: how many each."""
    made = (col(Report.published_at).is_(None), col(Report.withdrawn_at).is_(None), col(Report.made_at).is_not(None))
    chosen = select(Report.id).join(ReportReply, col(ReportReply.report_id) == Report.id).where(*made).distinct()
    numbers = {id: to_look_at(session, id) for id in session.exec(chosen.order_by(col(Report.id).desc()))}
    return {id: number for id, number in numbers.items() if number}


def due(session: Session) -> list[int]:
    """Reports whose hold is over and that have not gone out, without those that wait for a person."""
    over = (col(Report.published_at).is_(None), col(Report.withdrawn_at).is_(None), Report.held_until <= now())
    chosen = select(Report.id, Report.audience).where(*over).order_by(col(Report.held_until))
    return [id for id, audience in session.exec(chosen) if not must_be_looked_at(session, id, audience)][:AT_ONCE]


def must_be_looked_at(session: Session, report_id: int, audience: str) -> int:
    """How many replies keep it from going out: where anybody reads it, a person looks at every one."""
    return sum(one.reply.state == "new" and (one.waits or audience == ANYONE) for one in of(session, report_id))


@dataclass(frozen=True)
class GoingOut:
    """A report as it will stand for good, and the replies that it was written with."""

    document: Document
    files: dict[str, str]
    replies: dict[int, str]  # their states


def publish(database: Database, report_id: int) -> list[int]:
    """Have it go out where it may; returns the mails to those whom it is sent to.

    Set out first, and kept only where no reply came or was judged meanwhile.
    """
    while True:
        with database.reading() as session:
            report = session.get(Report, report_id)
            made = going_out(session, report) if report else None
        if made is None:
            return []
        with database.writing() as session:
            report = session.get(Report, report_id, with_for_update=True, populate_existing=True)
            if report is None or not may_go_out(session, report):
                return []
            if states(of(session, report_id)) == made.replies:
                mails = keep(session, report, made)
                session.commit()
                return mails


def may_go_out(session: Session, report: Report) -> bool:
    """Its hold is over, and a person has looked at every reply that must be looked at."""
    return reports.state_of(report) == "due" and not must_be_looked_at(session, report.id, report.audience)


def going_out(session: Session, report: Report) -> GoingOut | None:
    if not may_go_out(session, report):
        return None
    said = of(session, report.id)
    asked = report_letters.asked(session, report.id) | {one.email for one in said}
    could_reply = len(asked) if report_letters.may_be_sent(report) else None
    made = with_replies(reports.read(report), said, asked=could_reply)
    files = {kind: hash_of(rendering.rendered(made, kind)) for kind in rendering.FORMATS}
    return GoingOut(made, files, states(said))


def states(said: Sequence[Said]) -> dict[int, str]:
    return {one.reply.id: one.reply.state for one in said}


def keep(session: Session, report: Report, made: GoingOut) -> list[int]:
    report.snapshot, report.files, report.published_at = document.written(made.document), made.files, now()
    session.add(report)
    session.flush()
    return report_letters.send(session, report) if report.to_contacts else []


def with_replies(held: Document, said: Sequence[Said], *, asked: int | None) -> Document:
    """The document with its replies, each under what it is about, and a section before all others that says so.

    `asked` is how many addresses it was sent to; None where it is for staff alone, and sent to nobody.
    """
    told = () if asked is None else (Fact("Replies", sent_to(asked, said)),)
    over = {"made": (*held.made, *told), "held_until": None}
    if not said:
        return replace(held, **over)
    shown = [one for one in said if one.reply.state != DO_NOT_SHOW]
    sections = document.with_replies(
        held.sections, {line: [block_of(one.reply) for one in these] for line, these in by_line(shown).items() if line}
    )
    note = Note((Sentence(lead(shown, len(said) - len(shown)), fixed="method"),))
    whole = (block_of(one.reply) for one in shown if not one.reply.line)
    return replace(held, sections=(Section("Replies to this report", (note, *whole)), *sections), **over)


def sent_to(asked: int, said: Sequence[Said]) -> str:
    if not asked:
        return "Nobody was sent it before it went out, so nobody could reply."
    return f"It was sent to {plural(asked, 'address', 'addresses')} before it went out. {answered(said)}"


def answered(said: Sequence[Said]) -> str:
    return f"It has {plural(len(said), 'reply', 'replies')}." if said else "Nobody replied."


def lead(shown: Sequence[Said], left_out: int) -> str:
    to_lines = sum(bool(one.reply.line) for one in shown)
    told = {
        "to a line of it, shown under that line": to_lines,
        "to all of it, shown here": len(shown) - to_lines,
        "kept and not shown, to keep somebody safe": left_out,
    }
    counts = "; ".join(f"{number:,} {words}" for words, number in told.items() if number)
    return f"Those whom this report is about read it before it went out. Replies: {counts}."


def block_of(one: ReportReply) -> document.Reply:
    return document.Reply(one.text, one.name, dates.local_day(one.replied_at), one.correction)
