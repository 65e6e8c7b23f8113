"""Joint returns: one submission of several organisations, in the profile of each and told as joint."""

from collections.abc import Callable
from typing import Any

import markup
import pytest
from sqlmodel import select

from collector.database import Database
from collector.intake import progress
from collector.intake.invitations import Guest
from collector.intake.invitations import add as invite
from collector.intake.models import Round, Submission, SubmissionPartner
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.privacy import erasure

PARTNERS = [
    {"id": "a", "partner-name": "Dunlaw Health Trust", "partner-kind": "health_board"},
    {"id": "b", "partner-name": "  dunlaw HEALTH trust "},
    {"id": "c", "partner-name": "Kinnaird Water Council"},  # the one that leads
    {"id": "d", "partner-name": "Ardnish Carers"},
]


@pytest.fixture
def joint(analysed: Callable) -> Any:
    return analysed(partners=PARTNERS)


def id_of(database: Database, name: str) -> int | None:
    with database.reading() as session:
        return directory.named(session, name)


def words(answer: Any) -> str:
    return " ".join(markup.words(answer).split())


def test_each_partner_is_kept_once_and_the_one_that_leads_is_none(joint: Any, database: Database) -> None:
    with database.reading() as session:
        kept = session.exec(
            select(Organisation.name, Organisation.kind)
            .join(SubmissionPartner, SubmissionPartner.organisation_id == Organisation.id)
            .order_by(Organisation.name)
        ).all()
    assert kept == [("Ardnish Carers", ""), ("Dunlaw Health Trust", "health_board")]


def test_what_is_said_jointly_stands_in_the_profile_of_each_and_is_told_as_joint(
    joint: Any, database: Database, staff_browser: Any
) -> None:
    others = {
        "Kinnaird Water Council": "Ardnish Carers, Dunlaw Health Trust",
        "Dunlaw Health Trust": "Kinnaird Water Council, Ardnish Carers",
        "Ardnish Carers": "Kinnaird Water Council, Dunlaw Health Trust",
    }
    for name, with_whom in others.items():
        shown = words(staff_browser.get(f"/staff/organisations/{id_of(database, name)}"))
        assert "Nobody funds the post after March." in shown
        assert "Sent jointly" in shown
        assert f"sent jointly with {with_whom}" in shown


def test_the_list_of_organisations_counts_it_for_each(joint: Any, staff_browser: Any) -> None:
    rows = markup.tree(staff_browser.get("/staff/organisations")).xpath("//tbody/tr")
    told = {row.xpath("string(.//a)"): row.xpath('td[@class="fl_number"]/text()') for row in rows}
    assert told == dict.fromkeys(("Ardnish Carers", "Dunlaw Health Trust", "Kinnaird Water Council"), ["1", "3"])


def test_what_one_says_alone_is_not_in_the_profile_of_another(
    joint: Any, analysed: Callable, database: Database, staff_browser: Any
) -> None:
    alone = analysed(
        "second", **{"organisation-name": "Ardnish Carers", "planning.barriers": "Nobody asks us."}, told={}
    )
    assert alone.organisation_id == id_of(database, "Ardnish Carers")
    shown = words(staff_browser.get(f"/staff/organisations/{id_of(database, 'Dunlaw Health Trust')}"))
    assert shown.count("sent jointly with") == 1
    shown = words(staff_browser.get(f"/staff/organisations/{alone.organisation_id}"))
    assert shown.count("sent jointly with") == 1
    assert shown.count("Submission") >= 2


def test_the_source_names_all_that_sent_it(joint: Any, staff_browser: Any) -> None:
    shown = words(staff_browser.get(f"/staff/sources/{joint.source_id}"))
    assert "Kinnaird Water Council, jointly with Ardnish Carers, Dunlaw Health Trust" in shown


def test_an_invited_partner_has_answered(joint: Any, open_round: Round, database: Database) -> None:
    with database.writing() as session:
        invite(session, open_round, [Guest("office@dunlaw.example.org", name="Dunlaw Health Trust")])
        invite(session, open_round, [Guest("office@other.example.org", name="Another Trust")])
        session.commit()
    with database.reading() as session:
        figures = progress.figures(session, [open_round.id])[open_round.id]
    assert (figures.invited, figures.answered) == (2, 1)


def test_a_withdrawal_takes_partners_along_that_nothing_else_leads_to(
    joint: Any, analysed: Callable, database: Database
) -> None:
    analysed("second", **{"organisation-name": "Ardnish Carers"}, told={})
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, joint.received.submission_id))
        session.commit()
    assert id_of(database, "Dunlaw Health Trust") is None
    assert id_of(database, "Ardnish Carers") is not None
    with database.reading() as session:
        assert session.exec(select(SubmissionPartner)).all() == []


def test_an_individual_has_no_partners(analysed: Callable, database: Database, answers: dict[str, Any]) -> None:
    for name in ("organisation-name", "organisation-kind"):
        answers.pop(name)
    analysed(respondent="individual")
    with database.reading() as session:
        assert session.exec(select(SubmissionPartner)).all() == []
