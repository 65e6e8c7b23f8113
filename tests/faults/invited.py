"""Hundreds of organisations that are invited to a round, and the mails to them."""

from datetime import timedelta

import sqlalchemy as sa
from desk import Desk
from smtp import GOOD
from sqlmodel import col, select
from systems import System, wait_for

from collector.database import now
from collector.intake.models import Invitation, Round
from collector.mail import outbox
from collector.mail.models import Mail

INVITED = 240
UNKNOWN = 2  # addresses that the mail server does not know
WITHIN = 90


def invite(system: System, desk: Desk, domain: str) -> str:
    """Put organisations on the list of the round; returns the address of its page."""
    with system.database.reading() as session:
        round_id = session.exec(select(Round.id).where(col(Round.closed_at).is_(None))).first()
    url = f"/staff/rounds/{round_id}"
    lines = "\n".join(f"The {number}th {domain} Trust, {email}" for number, email in enumerate(addresses(domain)))
    desk.press(f"{url}/paste", {"list": lines})
    return url


def addresses(domain: str) -> list[str]:
    return [*known(domain), *(f"gone-{number}@{domain}.example.org" for number in range(UNKNOWN))]


def known(domain: str) -> list[str]:
    return [f"person-{number}@{domain}.example.org" for number in range(INVITED - UNKNOWN)]


def refused_where_unknown(line: str) -> str:
    return "550 5.1.1 No such user" if "gone-" in line else GOOD["RCPT"]


def mark_as_invited(system: System, domain: str) -> None:
    """As if they had been invited two days ago."""
    theirs = col(Invitation.email).endswith(f"@{domain}.example.org")
    with system.database.writing() as session:
        session.exec(sa.update(Invitation).where(theirs).values(invited_at=now() - timedelta(days=2)))
        session.commit()


def mails_to(system: System, domain: str) -> dict[str, Mail]:
    with system.database.reading() as session:
        rows = session.exec(select(Mail).where(col(Mail.to_address).endswith(f"@{domain}.example.org"))).all()
    assert len({one.to_address for one in rows}) == len(rows)
    return {one.to_address: one for one in rows}


def wait_until_ended(system: System, domain: str) -> None:
    def ended() -> bool:
        return all(one.state in outbox.ENDED for one in mails_to(system, domain).values())

    wait_for(ended, within=WITHIN, why="every mail has ended", every=0.2)
