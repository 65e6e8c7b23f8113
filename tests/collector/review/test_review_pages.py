"""What staff see of sources and statements."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import markup
import pytest
import sqlalchemy as sa

from analysis.languages import READ
from collector.database import Database, now
from collector.findings.models import Extract
from collector.intake import references
from collector.intake.models import Job, Passage, Submission
from collector.review import reading


@pytest.fixture
def listed(staff_browser: Any) -> Callable[..., list[str]]:
    """The respondents on the list of sources, as it is asked for."""

    def ask(**query: Any) -> list[str]:
        page = staff_browser.get("/staff/sources", params=query)
        assert page.status_code == 200
        names = markup.tree(page).xpath("//tbody//tr")
        return [row.text_content() for row in names]

    return ask


@pytest.fixture
def three(receive: Callable, database: Database) -> None:
    """Three submissions, the latest received last."""
    for number, name in enumerate(["Aberbeag Council", "Bunavon 100% Trust", "Craigmore_Centre"]):
        receive(name, **{"organisation-name": name, "planning.doing": f"secret words {number}"})
        with database.writing() as session:
            latest = sa.select(sa.func.max(Submission.id)).scalar_subquery()
            moment = now() - timedelta(days=3 - number)
            source = sa.text(
                "UPDATE source SET received_at = :moment WHERE submission_id = (SELECT max(id) FROM submission)"
            ).bindparams(sa.bindparam("moment", moment, type_=sa.DateTime(timezone=True)))
            session.connection().execute(source)
            session.exec(sa.update(Submission).where(Submission.id == latest).values(reference=f"AAAA{number}222"))
            session.commit()


@pytest.mark.usefixtures("three")
def test_sources_are_listed_newest_first(listed: Callable) -> None:
    rows = listed()
    assert [name in row for row, name in zip(rows, ["Craigmore", "Bunavon", "Aberbeag"], strict=True)] == [True] * 3


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("search", "number"),
    [("craigmore", 1), ("100%", 1), ("%", 1), ("_", 1), ("aaaa-1222", 1), ("AAAA", 3), ("keeping the", 3), ("-", 0)],
)
def test_the_search_finds_names_titles_and_references_and_takes_signs_as_they_are(
    search: str, number: int, listed: Callable
) -> None:
    assert len(listed(search=search)) == number


@pytest.mark.usefixtures("three")
def test_the_search_does_not_look_into_what_was_said(listed: Callable) -> None:
    assert listed(search="secret words") == []


@pytest.mark.usefixtures("three")
def test_filters_narrow_the_list_and_tell_how_many_there_are(
    listed: Callable, staff_browser: Any, database: Database
) -> None:
    with database.writing() as session:
        session.exec(sa.update(Job).where(Job.id == 1).values(state="set-aside", reason="The reading stopped"))
        session.commit()
    assert (len(listed(state="set-aside")), len(listed(state="waiting")), len(listed(state="no-such"))) == (1, 2, 3)
    assert (len(listed(kind="document")), len(listed(kind="submission"))) == (0, 3)
    words = markup.words(staff_browser.get("/staff/sources"), '//*[@aria-label="State"]//a')
    assert "Set aside 1" in " ".join(words.split())


def test_a_long_list_is_turned_page_by_page_without_gap_or_repeat(
    receive: Callable, listed: Callable, staff_browser: Any
) -> None:
    for number in range(28):
        receive(str(number), **{"organisation-name": f"Council {number:02}"})
    first, second = listed(page=1), listed(page=2)
    assert (len(first), len(second), len({*first, *second})) == (25, 3, 28)
    assert listed(page=99) == second
    assert "Page 2 of 2" in staff_browser.get("/staff/sources?page=2").text


def test_a_source_shows_every_character_of_what_was_said(analysed: Callable, answers: dict, staff_browser: Any) -> None:
    kept = analysed()
    text = markup.words(staff_browser.get(f"/staff/sources/{kept.source_id}"), '//*[@id="passages"]')
    for statement in ("We hold a family meeting before every decision.", "Parents chair it.", "Nobody funds the post"):
        assert statement in text
    assert "What is getting in the way?" in text


def test_evidence_is_marked_where_it_stands_also_behind_wide_characters(analysed: Callable, staff_browser: Any) -> None:
    kept = analysed(
        told={1: {"Zürich 💙 pays.": {"actions": ["planning"]}}},
        **{"planning.doing": "💙👩‍👩‍👧 first. Zürich 💙 pays. Last."},
    )
    page = staff_browser.get(f"/staff/statements/{kept.statement_ids[0]}")
    assert markup.words(page, '//*[contains(@class, "fl_here")]//*[contains(@class, "fl_ev--actions")]') == "Zürich"
    assert markup.words(page, "//blockquote//p") == "💙👩‍👩‍👧 first. Zürich 💙 pays. Last."


def test_a_source_set_aside_says_why(receive: Callable, staff_browser: Any, database: Database) -> None:
    receive()
    with database.writing() as session:
        session.exec(sa.update(Job).values(state="set-aside", reason="The reading stopped 3 times without an end"))
        session.commit()
    page = markup.words(staff_browser.get("/staff/sources/1"))
    assert "The reading stopped 3 times without an end" in page
    assert "What was sent is kept whole" in page


def test_a_source_shows_who_sent_it_and_what_may_be_published(receive: Callable, staff_browser: Any) -> None:
    kept = receive(permission="do-not-publish")
    page = markup.words(staff_browser.get("/staff/sources/1"))
    for shown in ("Kinnaird Water Council", "Do not publish", references.shown(kept.reference), "Fife", "Highland"):
        assert shown in page


# -- What was picked out, and what to know before reading ------------------------------------------


@pytest.fixture
def extracted(analysed: Callable, database: Database) -> Callable[..., Any]:
    """A submission whose first passage holds this extract of its first statement."""

    def keep(kind: str, details: dict[str, Any]) -> Any:
        kept = analysed()
        with database.writing() as session:
            session.add(
                Extract(passage_id=kept.passage_ids[0], kind=kind, start=0, end=21, model="test-1", details=details)
            )
            session.commit()
        return kept

    return keep


@pytest.mark.parametrize(
    ("kind", "details", "shown"),
    [
        ("need", {}, "Asked for: We hold a family meet"),
        ("offer", {}, "Offered: We hold a family meet"),
        ("commitment", {"who": "we", "due": None}, "Promised: We hold a family meet by the respondent"),
        (
            "commitment",
            {"who": "Fife Council", "due": {"text": "in 2027", "from": "2027-01-01", "to": "2027-12-31"}},
            "by Fife Council, in 2027 (1 January 2027 to 31 December 2027)",
        ),
        ("commitment", {"who": "", "due": {"text": "from May", "from": "2027-05-01", "to": None}}, "(from 1 May 2027)"),
        (
            "commitment",
            {"who": "", "due": {"text": "on 5 May", "from": "2027-05-05", "to": "2027-05-05"}},
            "on 5 May (5 May 2027)",
        ),
        ("commitment", {"who": "", "due": {"text": "in due course", "from": None, "to": None}}, "in due course"),
    ],
)
def test_what_was_picked_out_is_quoted_beside_its_statement(
    kind: str, details: dict, shown: str, extracted: Callable, staff_browser: Any
) -> None:
    kept = extracted(kind, details)
    for address in (f"/staff/sources/{kept.source_id}", f"/staff/statements/{kept.statement_ids[0]}"):
        assert shown in " ".join(markup.tree(staff_browser.get(address)).text_content().split())


def test_what_an_earlier_model_picked_out_is_history(
    extracted: Callable, database: Database, staff_browser: Any
) -> None:
    kept = extracted("need", {})
    with database.writing() as session:
        session.exec(sa.update(Extract).values(model="test-0"))
        session.commit()
    assert "Asked for" not in staff_browser.get(f"/staff/sources/{kept.source_id}").text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"harm": True}, "Somebody may be at risk or tell of harm here. Read this first."),
        ({"language": "gd"}, "This is in Gaelic. The machine cannot read it"),
        ({"language": "th"}, "This is in another language. The machine cannot read it"),
    ],
)
def test_a_passage_that_needs_a_person_says_so(
    values: dict, said: str, analysed: Callable, database: Database, staff_browser: Any
) -> None:
    kept = analysed()
    address = f"/staff/sources/{kept.source_id}"
    assert said not in staff_browser.get(address).text
    with database.writing() as session:
        session.exec(sa.update(Passage).where(Passage.id == kept.passage_ids[0]).values(**values))
        session.commit()
    assert staff_browser.get(address).text.count(said) == 1


def test_a_source_that_may_tell_of_harm_is_marked_in_the_list_and_on_its_page(
    analysed: Callable, database: Database, staff_browser: Any
) -> None:
    kept, mark = analysed(), "May tell of harm"
    addresses = ("/staff/sources", f"/staff/sources/{kept.source_id}")
    assert [mark in staff_browser.get(address).text for address in addresses] == [False, False]
    with database.writing() as session:
        session.exec(sa.update(Passage).where(Passage.id == kept.passage_ids[-1]).values(harm=True))
        session.commit()
    assert [mark in staff_browser.get(address).text for address in addresses] == [True, True]


def test_pages_and_models_agree_on_which_languages_are_read() -> None:
    assert set(reading.READ_LANGUAGES) == set(READ)


def test_personal_details_are_named_by_their_kind_and_not_repeated(extracted: Callable, staff_browser: Any) -> None:
    kept = extracted("personal-detail", {"kind": "date-of-birth"})
    assert "It may name a private person (date of birth)." in staff_browser.get(f"/staff/sources/{kept.source_id}").text
