"""Of an area its page and its report tell who was asked and is silent, what is due, and what changed since before."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from collector import dates
from collector.database import Database, now
from collector.findings.report_models import Report
from collector.intake import rounds
from collector.intake.models import Invitation, ListedItem, Passage, Round, Source, Submission
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.profiles import document, kept, reports
from collector.profiles.kept import Subject
from forms import questionnaire
from tests.collector import markup
from worker import reporting

pytestmark = pytest.mark.usefixtures("worker_here")

HOMES = "We will open two more homes."
MEETING = "We hold a family meeting before every decision."


@pytest.fixture
def section_of(database: Database, staff_id: int) -> Callable[..., str]:
    """Has a report on Fife made; returns all words of a section of it."""

    def made(title: str, **how: Any) -> str:
        with database.writing() as session:
            id = reports.ask(session, "area", "fife", staff_id=staff_id, **how)
            session.commit()
        reporting.make_reports([id])
        with database.reading() as session:
            sections = document.walked(reports.read(session.get_one(Report, id)).sections)
        found = []
        for block in (block for one in sections if one.title == title for block in one.blocks):
            found += [sentence.text for sentence in document.sentences_of(block)]
            found += [" | ".join((row.heading, *row.cells)) for row in getattr(block, "rows", ())]
        return "\n".join(found)

    return made


@pytest.fixture
def part_of(database: Database, staff_browser: Any) -> Callable[[str], str]:
    """The words of a part of the page of Fife, as the worker has just rebuilt it."""

    def words(part: str) -> str:
        with database.reading() as session:
            ids = list(session.exec(select(Organisation.id)))
        for subject in (*map(Subject, ids), Subject(area="fife")):
            kept.rebuild(database, subject)
        return " ".join(markup.words(staff_browser.get("/staff/areas/fife"), f'//*[@id="{part}"]').split())

    return words


def change(database: Database, do: Callable[[Session], Any]) -> Any:
    with database.writing() as session:
        done = do(session)
        session.commit()
    return done


# -- Who was heard ------------------------------------------------------------------------------------------


def invite(session: Session, round_: Round, name: str) -> None:
    id = directory.find_or_add(session, name=name, kind="third_sector", areas=["fife"])
    session.add(Invitation(round_id=round_.id, organisation_id=id, email="a@example.org", invited_at=now()))


def test_who_is_silent_is_told_from_who_was_never_asked(
    analysed: Callable, database: Database, part_of: Callable, section_of: Callable, open_round: Round
) -> None:
    analysed()
    directory_of = {"kind": "third_sector", "areas": ["fife"]}
    change(database, lambda session: directory.find_or_add(session, name="Never Trust", **directory_of))
    change(database, lambda session: invite(session, open_round, "Silent Trust"))
    heard = part_of("heard")
    assert "heard from 0 of 2; 1 asked and silent; 1 never asked" in heard
    assert "Silent Trust Asked, and not heard yet" in heard
    assert "Never Trust Never asked, and not heard yet" in heard
    told = section_of("Who has been heard, and who has not")
    assert "1 was asked and not heard; 1 never asked." in told
    assert "Silent Trust | Third sector organisation | Not yet | Asked, and silent" in told
    assert "Never Trust | Third sector organisation | Not yet | Never asked" in told
    for_anybody = section_of("Who has been heard", audience="anyone")
    assert "asked" not in for_anybody
    assert "Silent Trust" not in for_anybody


def test_whom_a_round_asks_shows_before_the_profile_is_rebuilt(
    analysed: Callable, database: Database, part_of: Callable, staff_browser: Any, open_round: Round
) -> None:
    analysed()
    change(database, lambda session: directory.find_or_add(session, name="Abbey Trust", kind="other", areas=["fife"]))
    assert "Abbey Trust Never asked" in part_of("heard")
    change(database, lambda session: invite(session, open_round, "Abbey Trust"))
    assert "Abbey Trust Asked, and not heard yet" in " ".join(
        markup.words(staff_browser.get("/staff/areas/fife"), '//*[@id="heard"]').split()
    )


def test_each_kind_of_source_has_its_own_day(
    analysed: Callable, database: Database, part_of: Callable, section_of: Callable
) -> None:
    who = analysed().organisation_id
    day = datetime(2025, 3, 1, 12, tzinfo=UTC)
    plan = {"kind": "document", "title": "Plan", "organisation_id": who, "received_at": day}
    change(database, lambda session: session.add(Source(**plan)))
    today = dates.in_words(dates.local_day(now()))
    both = f"Document, 1 March 2025; Submission, {today}"
    assert both in part_of("heard")
    assert both in section_of("Who has been heard, and who has not")
    assert "Plan | Document | 1 March 2025" in section_of("Sources")


# -- Commitments ----------------------------------------------------------------------------------------------


def promise(database: Database, analysed: Callable, due: date, **more: Any) -> Any:
    item = {"id": "a", "commitment": HOMES, "commitment-due": "then", "commitment-action": "planning"}
    said = {3: {HOMES: {"kinds": ["commitment"], "actions": ["planning"]}}}
    sent = analysed(told=said, **{"more-lists": ["work"], "commitments": [item], **more})
    day = sa.update(ListedItem).values(due_to=due, due_from=due, due_read=True)
    change(database, lambda session: session.exec(day))
    return sent


def test_commitments_past_their_day_and_to_come_are_listed(
    analysed: Callable, database: Database, part_of: Callable, section_of: Callable
) -> None:
    due = dates.local_day(now()) - timedelta(days=1)
    promise(database, analysed, due)
    shown = part_of("due")
    assert "1 commitment is past its day and not reported done; 0 are to come." in shown
    assert f"{HOMES}Kinnaird Water Council{dates.in_words(due)}" in shown  # cells
    told = section_of("Commitments with a day")
    assert "1 commitment is past its day and not reported done; 0 are to come." in told
    assert f"{HOMES} | Kinnaird Water Council | {dates.in_words(due)}" in told


def test_a_commitment_to_come_is_no_late_one_and_one_that_tells_of_harm_is_not_quoted(
    analysed: Callable, database: Database, part_of: Callable, section_of: Callable
) -> None:
    promise(database, analysed, dates.local_day(now()) + timedelta(days=30))
    assert "0 commitments are past their day and not reported done; 1 is to come." in part_of("due")
    change(database, lambda session: session.exec(sa.update(Passage).values(harm=True)))
    told = section_of("Commitments with a day")
    assert "1 is to come." in told
    assert "1 of them is counted and not shown here." in told
    assert HOMES not in told


def test_for_anybody_commitments_stand_without_their_number(
    analysed: Callable, database: Database, section_of: Callable
) -> None:
    promise(database, analysed, dates.local_day(now()) + timedelta(days=30), permission="with-name")
    told = section_of("Commitments with a day", audience="anyone")
    assert told.startswith(f"{HOMES} | Kinnaird Water Council |")
    change(database, lambda session: session.exec(sa.update(Submission).values(permission="without-name")))
    assert HOMES not in section_of("Commitments with a day", audience="anyone")


# -- What changed -----------------------------------------------------------------------------------------------


def test_what_changed_is_told_of_those_that_were_heard_in_two_rounds(
    analysed: Callable, database: Database, part_of: Callable, section_of: Callable
) -> None:
    analysed()
    analysed("second", told={}, **{"organisation-name": "Zeta Trust"})
    assert "Nobody here was heard in two rounds yet" in part_of("since")
    form = questionnaire.load("keeping-the-promise")
    later = change(database, lambda session: rounds.open_round(session, form, slug="later", title="Later").id)
    again = analysed("third", told={1: {MEETING: {"actions": ["planning", "support"]}}})
    moved = sa.update(Submission).where(Submission.id == again.received.submission_id).values(round_id=later)
    change(database, lambda session: session.exec(moved))
    shown = part_of("since")
    assert "Of the 1 organisation heard in two rounds or more" in shown
    assert "listed one by one" not in shown
    assert shown.endswith("Support01Funding10")  # cells
    told = section_of("What changed since the round before")
    assert "Support | 0 | 1" in told
    assert "Funding | 1 | 0" in told
    assert section_of("What changed since the round before", audience="anyone") == ""
