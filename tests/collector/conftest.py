"""What the tests of the web service's rooms share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import Session

from collector.accounts import staff
from collector.accounts.models import StaffMember
from collector.database import Database


@dataclass(frozen=True)
class World:
    """Something at every address that takes an id, and addresses of the same shape with nothing there."""

    existing: dict[str, Any]
    missing: dict[str, Any]


@pytest.fixture
def world(analysed: Callable[..., Any], database: Database) -> World:
    """One submission of everything, read, and a link that has not been used."""
    kept = analysed()
    with database.writing() as session:
        link = staff.link_for(session, member(session))
        session.commit()
    existing = {
        "slug": "keeping-the-promise",
        "page_id": "respondent",
        "key": kept.received.receipt_key,
        "reference": kept.received.reference,
        "secret": link,
        "source_id": kept.source_id,
        "statement_id": kept.statement_ids[0],
        "organisation_id": kept.organisation_id,
        "file_path": "css/site.css",
        "path": "nothing",
    }
    missing = {name: 999_999 if name.endswith("_id") and name != "page_id" else "no-such" for name in existing}
    return World(existing, missing)


def member(session: Session) -> StaffMember:
    return staff.add(session, email="someone@example.org", name="Someone", role="auditor")
