"""Many post at once, twice, or into a web service that dies; what was confirmed is kept, whole and once."""

import os
import secrets
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import httpx
import kept
import pytest
import systems
import told
from measuring import Measured
from systems import System, wait_for

from collector.intake.models import Submission

pytestmark = pytest.mark.slow

POSTS = 60
AT_ONCE = 20


def test_the_same_post_twice_is_one_submission(system: System) -> None:
    before, key = kept.number_of(system.database, Submission), secrets.token_hex(8)
    answers = told.by_organisation("Twice Trust")
    with system.program("submitter") as program:
        first, second = (systems.post(program, answers, key) for _ in range(2))
        other = systems.post(program, told.by_organisation("Another Trust"), key)
    assert (first.status_code, second.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["reference"] == second.json()["reference"]
    assert kept.number_of(system.database, Submission) == before + 1


def test_twenty_posts_at_once_with_one_key_at_two_web_services_are_one_submission(
    system: System, measured: Measured
) -> None:
    before, key = kept.number_of(system.database, Submission), secrets.token_hex(8)
    answers = told.by_organisation("Parallel Trust")
    with system.second_web() as second, measured(f"{AT_ONCE} posts at once"), ThreadPoolExecutor(AT_ONCE) as posting:
        addresses = [system.address, second] * (AT_ONCE // 2)
        replies = list(posting.map(lambda address: sent_to(system, address, answers, key), addresses))
    assert sorted(reply.status_code for reply in replies) == [200] * (AT_ONCE - 1) + [201]
    assert len({reply.json()["reference"] for reply in replies}) == 1
    assert kept.number_of(system.database, Submission) == before + 1


def sent_to(system: System, address: str, answers: dict[str, Any], key: str) -> httpx.Response:
    with system.program("submitter", address) as program:
        return systems.post(program, answers, key)


def test_a_web_service_killed_in_the_middle_of_posts_has_kept_all_that_it_confirmed(
    system: System, measured: Measured
) -> None:
    posts = {secrets.token_hex(8): told.by_organisation(f"Hasty Trust {number}") for number in range(POSTS)}
    before = kept.number_of(system.database, Submission)
    with (
        measured(f"{POSTS} posts through two deaths of the web service"),
        killed_twice(system, from_=before),
        ThreadPoolExecutor(8) as posting,
    ):
        tries = dict(zip(posts, posting.map(lambda post: persistent(system, *post), posts.items()), strict=True))
    assert any(number > 1 for _, number in tries.values()), "no post met a dead web service"
    assert kept.number_of(system.database, Submission) == before + POSTS
    assert not any(kept.orphans(system.database).values()), kept.orphans(system.database)
    for key, (reference, _) in tries.items():
        assert kept.whole(system.database, reference) == as_sent(posts[key])
    system.wait_until_read([reference for reference, _ in tries.values()], within=120)


@contextmanager
def killed_twice(system: System, *, from_: int) -> Iterator[None]:
    """Kill the web service when a quarter, and again when half of the posts have been kept."""

    def kill() -> None:
        for number in (POSTS // 4, POSTS // 2):
            enough = from_ + number
            wait_for(lambda: kept.number_of(system.database, Submission) >= enough, within=60, why="posts are kept")  # noqa: B023
            os.kill(system.web_pid(), signal.SIGKILL)

    with ThreadPoolExecutor(1) as killing:
        done = killing.submit(kill)
        yield
        done.result()


def persistent(system: System, key: str, answers: dict[str, Any]) -> tuple[str, int]:
    """Post until there is a receipt, as a program should; returns the reference and how many tries it took."""
    until = time.monotonic() + 60
    for number in count(1):
        with suppress(httpx.TransportError), system.program("submitter") as program:
            reply = systems.post(program, answers, key)
            assert reply.status_code in (200, 201), reply.text
            return reply.json()["reference"], number
        assert time.monotonic() < until, "the web service did not come back"
        time.sleep(0.1)
    raise AssertionError


def as_sent(answers: dict[str, Any]) -> dict[str, object]:
    return {"answers": answers, "texts": [told.BARRIERS], "jobs": 1}
