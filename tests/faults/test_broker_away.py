"""The broker dies, or forgets everything; who sends is thanked at once, and what was sent is read later."""

import base64
import json

import pytest
import redis
import told
from measuring import Measured
from systems import System, wait_for

pytestmark = pytest.mark.slow

QUEUED = 30
LOST = 10  # what may be on its way to a worker that stands still


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
