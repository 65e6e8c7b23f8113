"""The broker dies, or forgets everything; who asks for something is answered at once, and it is done later."""

import base64
import json
from collections import Counter

import invited
import pytest
import redis
import told
from desk import Desk
from measuring import Measured
from smtp import MailServer
from systems import System, wait_for

pytestmark = pytest.mark.slow

QUEUED = 30
LOST = 10  # what may be on its way to a worker that stands still
MAILED = 60  # mails, of some hundred
DOMAIN = "forgotten"
SPREADSHEET = f'What gets in the way?\n"{told.BARRIERS}"\n'.encode()


def test_who_submits_while_the_broker_is_away_gets_a_receipt_and_is_read_when_it_is_back(
    system: System, measured: Measured
) -> None:
    system.program("submitter").close()  # its token is made beforehand
    with system.broker_away():
        with measured("from a submit without a broker to its receipt", at_most=2):
            reference = system.submit(told.by_organisation("Patient Trust"))
        assert receipt_is_shown(system, reference)
    with measured("from the broker's return to the text read"):
        system.wait_until_read([reference], within=60)


def receipt_is_shown(system: System, reference: str) -> bool:
    with system.program("submitter") as program:
        shown = program.get(f"/api/submissions/{reference}").json()
        return shown["state"] == "received" and reference in program.get(shown["receipt"]).text


def test_a_broker_that_forgets_all_it_was_told_loses_no_submission(system: System, measured: Measured) -> None:
    with system.worker_away():
        sent = [system.submit(told.by_organisation(f"Forgotten Trust {number}")) for number in range(QUEUED)]
        wait_for(lambda: number_told(system.broker) >= QUEUED - LOST, within=10, why="the broker was told of them")
        system.broker.flushall()
    with measured(f"from the worker's return to {QUEUED} forgotten submissions read"):
        system.wait_until_read(sent, within=90)


def number_told(broker: redis.Redis) -> int:
    """How many jobs the messages name that wait in the broker."""
    messages = (one for queue in broker.keys("celery*") for one in broker.lrange(queue, 0, -1))  # one a priority
    bodies = (json.loads(base64.b64decode(json.loads(one)["body"])) for one in messages)
    return sum(len(ids) for arguments, *_ in bodies for ids in arguments)


def test_mails_and_an_import_whose_broker_dies_and_forgets_are_each_taken_up_once(
    system: System, desk: Desk, mail_server: MailServer, measured: Measured
) -> None:
    url = invited.invite(system, desk, DOMAIN)
    invited.mark_as_invited(system, DOMAIN)
    mail_server.kept.clear()
    mail_server.answers = {"RCPT": invited.refused_where_unknown}
    desk.press(f"{url}/reminders")
    wait_for(lambda: len(mail_server.kept) >= MAILED, within=30, why="the worker is in the middle", every=0.01)
    system.broker.flushall()
    with system.broker_away():
        assert any(one.state == "waiting" for one in invited.mails_to(system, DOMAIN).values())
        with measured("from a file without a broker to its page", at_most=5):
            url = desk.press("/staff/imports/new", files={"file": ("answers.csv", SPREADSHEET, "text/csv")})
        assert "Being read" in desk.words(url)
    with measured("from the broker's return to the last mail, and to the file read"):
        invited.wait_until_ended(system, DOMAIN)
        wait_for(lambda: "Check every row" in desk.words(url), within=60, why="the file is read")
    assert Counter(one["To"] for one in mail_server.mails()) == Counter(invited.known(DOMAIN))
    rows = invited.mails_to(system, DOMAIN).values()
    assert Counter(one.state for one in rows) == Counter(
        sent=invited.INVITED - invited.UNKNOWN, bounced=invited.UNKNOWN
    )
    assert not any(one.in_doubt for one in rows)
