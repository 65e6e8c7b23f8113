"""What the brief of a profile says besides its questions: what changed, what others say, where they were asked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import select

from analysis.findings import Commitment, Due, Findings, Link, Mention
from collector.accounts import staff
from collector.database import Database, now
from collector.findings import record
from collector.findings.models import BlindItem
from collector.findings.profile_models import NamedIn
from collector.intake import item_states, rounds
from collector.intake.models import Invitation, ListedItem, Passage, Round, Source, Submission
from collector.organisations import directory
from collector.privacy import erasure
from collector.review import heard, picked
from forms import organisations

PLANNING = {"kinds": ["activity"], "actions": ["planning"]}
BARRIER = {"kinds": ["barrier"], "barrier_themes": ["funding"]}
ADVOCACY = {"kinds": ["activity"], "actions": ["advocacy"]}


def page(browser: Any, organisation_id: int, part: str) -> str:
    answer = browser.get(f"/staff/organisations/{organisation_id}")
    assert answer.status_code == 200
    return " ".join(markup.words(answer, f'//*[@id="{part}"]').split())


@pytest.fixture
def earlier_round(database: Database, open_round: Round) -> Callable[[int], None]:
    """Moves a submission to a round before the one that is open."""

    def move(submission_id: int) -> None:
        with database.writing() as session:
            row = session.get_one(Round, open_round.id)
            before = Round(
                slug="before",
                title="The round before",
                questionnaire_id=row.questionnaire_id,
                opened_at=row.opened_at - timedelta(days=300),
                closes_on=(row.opened_at - timedelta(days=200)).date(),
            )
            session.add(before)
            session.flush()
            session.exec(sa.update(Submission).where(Submission.id == submission_id).values(round_id=before.id))
            session.commit()

    return move


def test_what_is_new_was_said_again_and_was_not_since_the_round_before(
    analysed: Callable, earlier_round: Callable, staff_browser: Any
) -> None:
    first = analysed(
        "first",
        told={1: {"We hold a family meeting before every decision.": PLANNING, "Parents chair it.": ADVOCACY}},
    )
    earlier_round(first.received.submission_id)
    again = analysed(
        "second", told={1: {"We hold a family meeting before every decision.": PLANNING, "Parents chair it.": BARRIER}}
    )
    assert again.organisation_id == first.organisation_id
    words = page(staff_browser, first.organisation_id, "since")
    assert words.startswith("What changed since the round before First round, beside The round before.")
    assert "Said for the first time: 1 action or barrier In the way: Funding Parents chair it." in words
    assert "Said again: 1 action or barrier Action: Planning We hold a family meeting" in words
    assert "Not said again: 1 action or barrier Action: Advocacy Parents chair it." in words


def test_what_was_kept_as_it_is_was_said_again(
    analysed: Callable, earlier_round: Callable, database: Database, staff_browser: Any
) -> None:
    hub = {"id": "hub", "commitment": "We will open a hub."}
    words = {3: {"We will open a hub.": {"kinds": ["commitment"], "actions": ["planning"]}}}
    first = analysed("first", told=words, commitments=[hub])
    earlier_round(first.received.submission_id)
    again = analysed("second", told={}, commitments=[hub])
    with database.writing() as session:
        kept = item_states.Said("commitments", "hub", item_states.KEPT)
        item_states.keep(session, again.received.submission_id, first.received.submission_id, [kept])
        session.commit()
    told = page(staff_browser, first.organisation_id, "since")
    assert "Said again: 1 action or barrier Action: Planning We will open a hub." in told
    assert "Not said again" not in told


def test_who_was_heard_in_one_round_has_nothing_to_be_set_beside(analysed: Callable, staff_browser: Any) -> None:
    assert page(staff_browser, analysed().organisation_id, "since") == ""


def test_silence_is_told_from_never_having_been_asked(
    analysed: Callable, database: Database, open_round: Round, staff_browser: Any
) -> None:
    answered = analysed().organisation_id
    with database.writing() as session:
        asked = directory.find_or_add(session, name="Asked Trust", kind="other")
        never = directory.find_or_add(session, name="Never Trust", kind="other")
        row = Invitation(round_id=open_round.id, organisation_id=asked, email="a@example.org", invited_at=now())
        session.add(row)
        session.commit()
    assert "First round Answered on" in page(staff_browser, answered, "asked")
    assert "No answer yet" in page(staff_browser, asked, "asked")
    assert "First round Not asked yet" in page(staff_browser, never, "asked")
    with database.writing() as session:
        session.exec(sa.update(Round).values(closed_at=now()))
        session.commit()
    assert "Did not answer" in page(staff_browser, asked, "asked")
    assert "First round Was not asked" in page(staff_browser, never, "asked")


# -- Commitments ----------------------------------------------------------------------------------------

HUB, TRAIN = "We will open a hub.", "We will train ten people."


def committed(browser: Any, organisation_id: int) -> list[list[str]]:
    answer = browser.get(f"/staff/organisations/{organisation_id}")
    rows = markup.tree(answer).xpath('//*[@id="commitments"]//tbody/tr')
    return [[" ".join(cell.text_content().split()) for cell in row.xpath("td")] for row in rows]


def test_commitments_stand_by_the_day_they_are_due_with_their_state_and_open_their_statements(
    analysed: Callable, database: Database, staff_browser: Any
) -> None:
    items = [{"id": id, "commitment": words} for id, words in (("later", TRAIN), ("hub", HUB))]
    told = {position: {words: {"kinds": ["commitment"]}} for position, words in ((3, TRAIN), (4, HUB))}
    kept = analysed(told=told, **{"more-lists": ["work"], "commitments": items})
    today = rounds.local_date()
    with database.writing() as session:
        late = sa.update(ListedItem).where(ListedItem.item_id == "hub")
        session.exec(late.values(due_to=today - timedelta(days=1), due="spring", due_read=True))
        session.commit()
    rows = committed(staff_browser, kept.organisation_id)
    assert [(row[0].startswith(words), row[2]) for row, words in zip(rows, (HUB, TRAIN), strict=True)] == [
        (True, "▲ Past its day"),
        (True, "– Without a day"),
    ]
    assert rows[0][1].startswith("spring")
    page = markup.tree(staff_browser.get(f"/staff/organisations/{kept.organisation_id}"))
    links = page.xpath('//*[@id="commitments"]//tbody//a/@href')
    assert links == [f"/staff/statements/{id}" for id in reversed(kept.statement_ids)]


def test_a_day_that_a_document_promises_is_a_commitment(says: Callable, id_of: Callable, staff_browser: Any) -> None:
    text = "We will open a hub by May 2031."
    due = Due("by May 2031", None, "2031-05-31")
    promised = Commitment(0, len(text), text, who="we", due=due)
    says("Loch Trust", {text: {"kinds": ["commitment"]}}, commitments=(promised,))
    [[words, day, state]] = committed(staff_browser, id_of("Loch Trust"))
    assert (words.startswith(text), day, state) == (True, "by 31 May 2031", "○ To come")


def test_of_many_commitments_the_first_are_shown_and_the_rest_unfolds(analysed: Callable, staff_browser: Any) -> None:
    items = [{"id": f"i{number}", "commitment": f"We will do {number}."} for number in range(12)]
    kept = analysed(told={}, **{"more-lists": ["work"], "commitments": items})
    assert len(committed(staff_browser, kept.organisation_id)) == 12
    assert "4 more commitments" in page(staff_browser, kept.organisation_id, "commitments")


def test_who_promised_nothing_is_told_what_would_appear(analysed: Callable, staff_browser: Any) -> None:
    words = page(staff_browser, analysed().organisation_id, "commitments")
    assert "Nothing with a day was promised, and nothing was listed as a commitment." in words
    assert "A commitment appears here" in words


# -- Their summary --------------------------------------------------------------------------------------


def summed_up(database: Database, organisation_id: int, *points: tuple[str, list[int]]) -> None:
    with database.writing() as session:
        someone = staff.add(session, email=f"{now().timestamp()}@example.org", name="Moira", role="reviewer").id
        subject = heard.Subject("organisation", str(organisation_id))
        claim = heard.leases.claim(session, heard.ask(session, subject, staff_id=someone))
        made = [heard.Made(way, True, [heard.Cited(id, id, (0, 2)) for id in ids]) for way, ids in points]
        number = sum(len(ids) for _, ids in points)
        assert heard.finish(session, claim, made, model="test-1", statements=number, more=False)
        session.commit()


def test_the_first_points_of_the_summary_stand_on_the_profile_with_who_answers_for_them(
    analysed: Callable, database: Database, staff_browser: Any
) -> None:
    kept = analysed()
    id, (first, second, third) = kept.organisation_id, kept.statement_ids
    assert page(staff_browser, id, "summary") == ""
    summed_up(database, id, ("named", [first, second]), ("rest", [third]))
    words = page(staff_browser, id, "summary")
    assert "Written by a machine." in words
    assert "Kinnaird Water Council spoke of We, in 2 statements. Open its statements" in words
    assert "stand by themselves" not in words
    assert words.endswith("All points of the summary")
    summed_up(database, id, ("quoted", [first]), ("quoted", [second]), ("quoted", [third]))
    words = page(staff_browser, id, "summary")
    assert "“Nobody funds the post after March.” Open statement" in words
    url = f"/staff/heard/organisations/{id}"
    with database.reading() as session:
        revision = heard.find(session, heard.Subject("organisation", str(id))).revision
    assert staff_browser.submit(url, {"do": "sign", "revision": str(revision)}).status_code == 303
    assert "Signed off by" in page(staff_browser, id, "summary")
    analysed("more", told={1: {"Parents chair it.": ADVOCACY}})
    assert "Sign-off outdated: newer evidence since." in page(staff_browser, id, "summary")


# -- What others say ------------------------------------------------------------------------------------

COUNCIL = "Fife Council"
TEXT = "Fife Council shares its plan with us. We are glad of it."


@pytest.fixture
def somebody_names(says: Callable, database: Database) -> Callable[..., int]:
    """Has a trust name the council as a model reads it, with this certainty; gives the passage."""

    def name(score: float = 0.9, by: str = "Loch Trust") -> int:
        links = (Link(organisations.id_spelled(COUNCIL), score),)
        mention = Mention(0, len(COUNCIL), COUNCIL, links)
        ids = says(by, {TEXT: {"kinds": ["activity"]}}, organisations=(mention,))
        with database.reading() as session:
            return session.exec(select(Passage.id).where(Passage.text == TEXT, len(ids) > 0)).all()[-1]

    return name


@pytest.fixture
def council(database: Database) -> int:
    with database.writing() as session:
        id = directory.find_or_add(session, name=COUNCIL, kind="local_authority", areas=["fife"])
        session.commit()
        return id


def test_what_others_say_of_them_stands_in_their_profile_and_what_they_say_themselves_does_not(
    somebody_names: Callable, council: int, staff_browser: Any
) -> None:
    somebody_names()
    words = page(staff_browser, council, "named")
    assert "1 statement of others names this organisation." in words
    assert "Fife Council shares its plan with us." in words
    assert "Loch Trust" in words
    somebody_names(by=COUNCIL)
    assert "1 statement of others names" in page(staff_browser, council, "named")
    somebody_names(by="")
    assert "2 statements of others name this organisation." in page(staff_browser, council, "named")


def test_what_nobody_s_organisation_says_of_them_stands_there_too(
    somebody_names: Callable, council: int, analysed: Callable, jointly: Callable, staff_browser: Any
) -> None:
    jointly(analysed().received.submission_id, council)
    somebody_names(by="")
    somebody_names(by="Loch Trust")
    assert "2 statements of others name this organisation." in page(staff_browser, council, "named")


def test_a_name_that_may_mean_another_is_not_taken_for_theirs_until_a_person_says_so(
    somebody_names: Callable, council: int, staff_browser: Any, database: Database, staff_id: int
) -> None:
    passage_id = somebody_names(score=0.3)
    assert page(staff_browser, council, "named") == ""
    with database.writing() as session:
        place = (0, len(COUNCIL))
        picked.decide(
            session,
            passage_id=passage_id,
            kind="organisation",
            first=place,
            place=place,
            verdict="accept",
            details={"organisation_id": council},
            staff_id=staff_id,
        )
        session.commit()
    assert "1 statement of others names" in page(staff_browser, council, "named")


def test_what_is_coded_blind_names_nobody_yet(
    somebody_names: Callable, council: int, staff_browser: Any, database: Database
) -> None:
    passage_id = somebody_names()
    with database.writing() as session:
        session.add(BlindItem(passage_id=passage_id, coders=1, chance=0.1))
        session.flush()
        links = (Link(organisations.id_spelled(COUNCIL), 0.9),)
        again = Findings(id=str(passage_id), model="test-2", organisations=(Mention(0, len(COUNCIL), COUNCIL, links),))
        record.record(session, {passage_id: again})
        assert session.exec(select(NamedIn)).all() == []
        session.commit()
    assert page(staff_browser, council, "named") == ""


def test_names_go_with_the_words(somebody_names: Callable, council: int, database: Database) -> None:
    somebody_names()
    with database.writing() as session:
        erasure.erase_sources(session, select(Source.id))
        session.commit()
        assert session.exec(select(NamedIn)).all() == []


# -- What they lead -------------------------------------------------------------------------------------


def test_a_lead_needs_an_action_and_a_reason_and_keeps_what_was_typed(analysed: Callable, staff_browser: Any) -> None:
    url = f"/staff/organisations/{analysed().organisation_id}/leads"
    answer = staff_browser.submit(url, {"action": "no-such", "why": "The Act says so."})
    assert answer.status_code == 422
    assert markup.problems(answer) == {"#action": "Choose the action that they lead"}
    assert "The Act says so." in answer.text
    answer = staff_browser.submit(url, {"action": "advocacy", "why": "x" * 501})
    assert markup.problems(answer) == {"#why": "Shorten the reason by 1 character"}
    assert staff_browser.submit(url, {"action": "advocacy", "why": " "}).status_code == 422


def test_a_lead_is_entered_once_and_ended(analysed: Callable, staff_browser: Any) -> None:
    id = analysed().organisation_id
    url = f"/staff/organisations/{id}/leads"
    for why in ("The Act says so.", "Section 2 of the Act."):
        assert staff_browser.submit(url, {"action": "advocacy", "why": why}).status_code == 303
    words = page(staff_browser, id, "leads")
    assert "Section 2 of the Act." in words
    assert "The Act says so." not in words
    [end] = markup.tree(staff_browser.get(f"/staff/organisations/{id}")).xpath(
        '//form[contains(@action, "/end")]/@action'
    )
    assert staff_browser.submit(end).status_code == 303
    assert "No action that they lead has been entered." in page(staff_browser, id, "leads")
    assert staff_browser.submit(f"{url}/999/end").status_code == 404
    assert staff_browser.submit(end.replace(f"/{id}/", "/999/")).status_code == 404
