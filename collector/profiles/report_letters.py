"""Who a report is sent to: contacts, the letters that they get, and the browsers that the link of a letter lets in."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from collector import dates
from collector.accounts import secrets
from collector.database import batches, free, insert_once, now
from collector.findings.report_models import Report, ReportAccess, ReportContact, ReportLetter
from collector.findings.reported import mailed_about
from collector.intake.models import Invitation
from collector.mail import outbox
from collector.mail.models import Mail
from collector.profiles import reports

LONGEST_NAME = 200
MOST_CONTACTS = 50
# After it the link of the letter is asked for again, as it is for a submission.
OPEN_FOR = timedelta(hours=12)
# From the day that the hold ends, or that the letter is sent where it has ended.
LASTS = timedelta(days=90)
AT_ONCE = 500
# What a letter is sent for, and the mail that goes with it.
MAILS = {"reply": "report-held", "published": "report-published"}


# -- Contacts -------------------------------------------------------------------------------------------


def contacts_of(session: Session, kind: str, subject: str) -> list[ReportContact]:
    chosen = select(ReportContact).where(*of_subject(kind, subject))
    return list(session.exec(chosen.order_by(col(ReportContact.email))))


def any_contacts(session: Session) -> bool:
    return session.exec(select(ReportContact.id).limit(1)).first() is not None


def of_subject(kind: str, subject: str) -> tuple[bool, ...]:
    return (ReportContact.kind == kind, ReportContact.subject == subject)


def add_contact(session: Session, kind: str, subject: str, *, email: str, name: str, staff_id: int) -> None:
    """Have the reports on this subject sent there too; an address that is there already stays as it is. The caller
    commits. Raises NotAnAddress, and NoSubject where there is nothing that a report could be about."""
    reports.check_subject(session, kind, subject)
    row = {
        "kind": kind,
        "subject": subject,
        "organisation_id": int(subject) if kind == "organisation" else None,
        "email": outbox.address_of(email).lower(),
        "name": name,
        "added_by": staff_id,
        "added_at": now(),
    }
    insert_once(session, ReportContact, [row], ["kind", "subject", "email"])


def remove_contact(session: Session, kind: str, subject: str, contact_id: int) -> bool:
    """That something was sent to it stays on record, and opens nothing more. The caller commits."""
    # Reports first, as who sends or withdraws one takes them.
    of_it = select(Report.id).where(*reports.of_subject(kind, subject)).order_by(col(Report.id))
    report_ids = session.exec(of_it.with_for_update()).all()
    this = select(ReportContact).where(*of_subject(kind, subject), col(ReportContact.id) == contact_id)
    contact = session.exec(this.with_for_update()).first()
    if contact is None:
        return False
    for some in batches(report_ids):
        to_it = (col(ReportLetter.report_id).in_(some), ReportLetter.email == contact.email)
        session.exec(update(ReportLetter).where(*to_it, ReportLetter.expires_at > now()).values(expires_at=now()))
        unsent = (Mail.to_address == contact.email, Mail.state == "waiting")
        session.exec(delete(Mail).where(col(Mail.about).in_(map(mailed_about, some)), *unsent))
    session.delete(contact)
    return True


def suggested(session: Session, kind: str, subject: str) -> list[str]:
    """Addresses that this organisation was invited at and that are no contacts yet, the latest first."""
    if kind != "organisation":
        return []
    known = {one.email for one in contacts_of(session, kind, subject)}
    invited = select(Invitation.email).where(Invitation.organisation_id == int(subject))
    found = dict.fromkeys(session.exec(invited.order_by(col(Invitation.id).desc())))
    return [email for email in found if email not in known]


# -- Letters --------------------------------------------------------------------------------------------


def may_be_sent(report: Report) -> bool:
    """Not what is for staff alone."""
    return reports.made_for(report.kind, report.audience) != reports.STAFF_ALONE


def due_letter(report: Report) -> str:
    """The letter that is sent about it as it stands now: one of MAILS, or nothing."""
    return {"held": "reply", "published": "published"}.get(reports.state_of(report), "")


def send(session: Session, report: Report) -> list[int]:
    """A letter to each contact that has had none of this kind about this report; returns the mails. Caller commits.

    The secret of its link stands in the mail alone, and there until it is sent.
    """
    kind = due_letter(report)
    if not kind or not may_be_sent(report):
        return []
    # Held until the commit: who takes one off waits, and then finds its letter.
    of_it = select(ReportContact).where(*of_subject(report.kind, report.subject)).order_by(col(ReportContact.email))
    contacts = session.exec(of_it.with_for_update(read=True)).all()
    done = told(session, report.id, kind)
    return [letter_to(session, report, kind, one) for one in contacts if one.email not in done]


def told(session: Session, report_id: int, kind: str) -> set[str]:
    """The addresses that have a letter of this kind which opens it."""
    usable = (ReportLetter.report_id == report_id, ReportLetter.kind == kind, ReportLetter.expires_at > now())
    return set(session.exec(select(ReportLetter.email).where(*usable)))


def letter_to(session: Session, report: Report, kind: str, to: ReportContact) -> int:
    secret = secrets.fresh()
    ends = max(report.held_until, now()) + LASTS
    hashed = secrets.hashed(secret)
    whom = {"email": to.email, "name": to.name}
    session.add(ReportLetter(report_id=report.id, kind=kind, secret_hash=hashed, expires_at=ends, **whom))
    words = {
        "title": report.title,
        "about": reports.KINDS[report.kind],
        "name": to.name,
        "path": url(secret),
        "until": dates.in_words(dates.local_day(report.held_until)),
        "opens_until": dates.in_words(dates.local_day(ends)),
    }
    return outbox.put(session, kind=MAILS[kind], to=to.email, words=words, about=mailed_about(report.id))


def url(secret: str) -> str:
    return f"/my-report/{secret}"


@dataclass(frozen=True)
class Sent:
    letter: ReportLetter
    failed: bool  # its mail came back, or could not be sent


def sent(session: Session, report_id: int) -> list[Sent]:
    letters = session.exec(
        select(ReportLetter).where(ReportLetter.report_id == report_id).order_by(col(ReportLetter.id).desc())
    ).all()
    mails = select(Mail.to_address, Mail.kind).where(
        Mail.about == mailed_about(report_id), col(Mail.state).in_(outbox.FAILED)
    )
    lost = set(session.exec(mails).all())
    return [Sent(one, (one.email, MAILS[one.kind]) in lost) for one in letters]


def asked(session: Session, report_id: int) -> set[str]:
    """The addresses that could reply to it: it was sent there to be read, and nothing tells that it did not arrive."""
    mailed = select(Mail.to_address).where(Mail.about == mailed_about(report_id), Mail.kind == MAILS["reply"])
    left = set(session.exec(mailed))
    # Of a contact that was taken off in time the mail is gone, and so was the link. Mails are forgotten in the end.
    return {
        one.letter.email
        for one in sent(session, report_id)
        if one.letter.kind == "reply"
        and (one.letter.opened_at or not one.failed)
        and (one.letter.opened_at or one.letter.email in left or one.letter.expires_at > now())
    }


# -- Who was let in -------------------------------------------------------------------------------------


def letter_of(session: Session, secret: str) -> ReportLetter | None:
    """The letter with this link, as long as it lasts."""
    usable = (ReportLetter.secret_hash == secrets.hashed(secret), ReportLetter.expires_at > now())
    return session.exec(select(ReportLetter).where(*usable)).first()


def let_in(session: Session, visitor: str, letter: ReportLetter) -> None:
    """Let this browser see the report for some hours. The caller commits."""
    ends = min(now() + OPEN_FOR, letter.expires_at)
    this = {"letter_id": letter.id, "visitor_hash": secrets.hashed(visitor)}
    if not insert_once(session, ReportAccess, [{**this, "expires_at": ends}], list(this)):
        access = session.get_one(ReportAccess, tuple(this.values()))
        access.expires_at = ends
        session.add(access)
    letter.opened_at = letter.opened_at or now()
    session.add(letter)


def opened(session: Session, visitor: str, report_id: int) -> ReportLetter | None:
    """The letter by which this browser was let in to this report: the newest, where several did."""
    found = (
        select(ReportLetter)
        .join(ReportAccess, col(ReportAccess.letter_id) == ReportLetter.id)
        .where(
            ReportLetter.report_id == report_id,
            ReportAccess.visitor_hash == secrets.hashed(visitor),
            ReportAccess.expires_at > now(),
            ReportLetter.expires_at > now(),
        )
    )
    return session.exec(found.order_by(col(ReportLetter.id).desc())).first()


def shut_out(session: Session, visitor: str, report_id: int) -> None:
    letters = select(ReportLetter.id).where(ReportLetter.report_id == report_id)
    of_them = col(ReportAccess.letter_id).in_(letters)
    session.exec(delete(ReportAccess).where(of_them, col(ReportAccess.visitor_hash) == secrets.hashed(visitor)))


def forget_expired(session: Session) -> None:
    over = select(ReportAccess.letter_id).where(ReportAccess.expires_at <= now()).limit(AT_ONCE)
    ids = set(free(session, over))
    session.exec(delete(ReportAccess).where(col(ReportAccess.letter_id).in_(ids), ReportAccess.expires_at <= now()))
