"""The worker dies while hundreds of mails are on their way: none is lost, and what may have arrived twice is told."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import invited
import pytest
from desk import Desk
from measuring import Measured
from respondents import Respondent
from smtp import GOOD, MailServer
from systems import System

pytestmark = pytest.mark.slow

MIDDLE = 100  # mails
DOMAIN = "killed"


def test_mails_whose_worker_is_killed_all_arrive_and_the_one_in_doubt_is_told(
    system: System, desk: Desk, mail_server: MailServer, measured: Measured
) -> None:
    respondents = [Respondent(system, f"Written Trust {number}") for number in range(2)]
    for one in respondents:
        one.go_through()
    url = invited.invite(system, desk, DOMAIN)
    with dying_at(MIDDLE, system, mail_server) as died:
        desk.press(f"{url}/invitations")
        receipts = [f"receipt-{number}@{DOMAIN}.example.org" for number in range(len(respondents))]
        for one, email in zip(respondents, receipts, strict=True):
            one.ask_for_receipt(email)
        assert died.wait(invited.WITHIN), "the worker was not in the middle of the mails"
        in_doubt = mail_server.mails()[-1]["To"]
        assert in_doubt in desk.words("/staff/mail?state=sending")
        assert "1 mail" in desk.words("/staff/mail?state=sending")
        system.worker_ended()
        with measured("from the death of the worker to the last mail"):
            invited.wait_until_ended(system, DOMAIN)
    arrived = Counter(one["To"] for one in mail_server.mails())
    assert arrived == Counter([*invited.known(DOMAIN), *receipts, in_doubt])
    assert len({one["Message-ID"] for one in mail_server.mails() if one["To"] == in_doubt}) == 1
    rows = invited.mails_to(system, DOMAIN)
    sent = invited.INVITED - invited.UNKNOWN + len(receipts)
    assert Counter(one.state for one in rows.values()) == Counter(sent=sent, bounced=invited.UNKNOWN)
    assert [to for to, one in rows.items() if one.in_doubt] == [in_doubt]
    assert "May have arrived twice" in desk.words(f"/staff/mail/{rows[in_doubt].id}")
    assert f"gone-0@{DOMAIN}.example.org" in desk.words("/staff/mail?state=bounced")


@contextmanager
def dying_at(number: int, system: System, server: MailServer) -> Iterator[threading.Event]:
    """The worker dies when the server has taken so many mails, and before it hears that the last of them was taken."""
    worker, died = system.worker_pid(), threading.Event()
    server.kept.clear()

    def end(_: str) -> str:
        if len(server.kept) + 1 == number:
            os.killpg(worker, signal.SIGKILL)
            threading.Timer(0.2, died.set).start()
        return GOOD["end"]

    server.answers = {"RCPT": invited.refused_where_unknown, "end": end}
    yield died
    server.answers.clear()
