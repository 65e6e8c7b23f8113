"""A respondent whose submission has been read, and whose browser their own link has let in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import select

from collector.database import Database
from collector.intake import references
from collector.intake.models import Source, Submission

CHECK = "/questionnaires/keeping-the-promise/check"


@dataclass(frozen=True)
class Mine:
    """What one respondent sent, by the addresses and ids that pages go by."""

    submission_id: int
    source_id: int
    url: str  # of the pages about it
    receipt_url: str
    link: str
    reference: str


@pytest.fixture
def send(browser: Any, fill_in: Callable, database: Database, answers: dict) -> Callable[..., Mine]:
    """Sends answers from a browser, and lets it in by the link that its receipt shows."""

    def keep(other: Any = None, **changes: Any) -> Mine:
        sender = other or browser
        fill_in(sender, {**answers, **changes})
        receipt_url = sender.submit(CHECK).headers["location"]
        link = link_on(sender.get(receipt_url))
        url = sender.submit(link).headers["location"]
        with database.reading() as session:
            submission = session.exec(
                select(Submission).where(Submission.reference == references.read(url.rsplit("/", 1)[1]))
            ).one()
            source_id = session.exec(
                select(Source.id).where(Source.submission_id == submission.id, Source.kind == "submission")
            ).one()
            return Mine(submission.id, source_id, url, receipt_url, link, references.shown(submission.reference))

    return keep


def link_on(receipt: Any) -> str:
    """The path of the own link that a receipt shows; nothing where it shows none."""
    _, _, rest = receipt.text.partition('href="http://127.0.0.1:8000/my-submission/')
    return f"/my-submission/{rest.partition(chr(34))[0]}" if rest else ""


@pytest.fixture
def mine(send: Callable[..., Mine], record_findings: Callable, told: dict) -> Mine:
    kept = send()
    record_findings(kept.source_id, told)
    return kept


@pytest.fixture
def told() -> dict[int, Any]:
    return {
        1: {
            "We hold a family meeting before every decision.": {
                "actions": ["planning"],
                "fundamentals": ["what-matters"],
                "kinds": ["activity"],
            },
            "Parents chair it.": {},
        },
        2: {"Nobody funds the post after March.": {"kinds": ["barrier"], "barrier_themes": ["funding"]}},
    }
