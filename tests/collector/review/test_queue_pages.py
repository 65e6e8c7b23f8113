"""The queue as staff see it: states, orders, filters in the address, pages, and rows that lead no one."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import markup
import pytest
import sqlalchemy as sa

from collector.database import Database, now
from collector.findings import review_items
from collector.findings.models import BlindItem, ReviewItem
from collector.intake.models import Job, Passage
from collector.review import acts, queue, rows, steps

QUEUE = "/staff/review"


@pytest.fixture
def shown(staff_browser: Any) -> Callable[..., list[str]]:
    """The rows of the queue, as it is asked for."""

    def ask(url: str = QUEUE, **query: Any) -> list[str]:
        page = staff_browser.get(url, params=query or None)
        assert page.status_code == 200
        return [" ".join(row.text_content().split()) for row in markup.tree(page).xpath("//tbody//tr")]

    return ask


@pytest.fixture
def change(database: Database) -> Callable[..., None]:
    """Makes passages differ in what the models or the rounds say of them, and brings the queue up to date."""

    def to(passage_ids: list[int], **values: Any) -> None:
        with database.writing() as session:
            if values:
                session.exec(sa.update(Passage).where(Passage.id.in_(passage_ids)).values(**values))
            review_items.refresh(session, passage_ids)
            session.commit()

    return to


def of_staff(database: Database, staff_id: int, passage_id: int, state: str, reason: str = "") -> None:
    with database.writing() as session:
        if state == "decided":
            steps.finish(session, passage_id, staff_id=staff_id)
        else:
            steps.move(session, passage_id, state, staff_id=staff_id, reason=reason)
        session.commit()


def tab(page: Any, word: str) -> str:
    words = [" ".join(one.text_content().split()) for one in markup.tree(page).xpath('//nav[@aria-label="State"]//a')]
    return next(one for one in words if word in one)


# -- States -----------------------------------------------------------------------------------------


def test_each_state_has_its_number_and_its_passages_and_a_suggestion_is_not_decided(
    analysed: Callable, receive: Callable, staff_browser: Any, sign_in: Callable, database: Database, shown: Callable
) -> None:
    one, two = analysed().passage_ids
    receive("waits")
    me = sign_in(staff_browser, "reviewer")
    of_staff(database, me, one, "set-aside", reason="Sent twice by mistake")
    page = staff_browser.get(QUEUE)
    counted = [tab(page, word).split()[-1] for word in ("Waiting", "Suggested", "In review", "Set aside", "Decided")]
    assert counted == ["2", "1", "0", "1", "0"]
    [row] = shown(state="set-aside")
    assert "Sent twice by mistake" in row
    assert "The reviewer" in row
    of_staff(database, me, two, "decided")
    [row] = shown(state="decided")
    assert "by you" in row
    assert shown() == []


def test_what_waits_tells_why_where_its_reading_was_set_aside(
    receive: Callable, database: Database, shown: Callable, staff_browser: Any
) -> None:
    receive("stuck")
    receive("waits", **{"organisation-name": "Waiting Trust"})
    with database.writing() as session:
        session.exec(sa.update(Job).where(Job.id == 1).values(state="set-aside", reason="The reading stopped 3 times"))
        session.commit()
    told = shown(state="waiting")
    assert ["The reading stopped 3 times" in row for row in told] == [True, True, False, False]
    assert "Waits its turn" in told[2]
    page = staff_browser.get(QUEUE, params={"state": "waiting"})
    assert markup.tree(page).xpath('//td[@data-heading="Passage"]/a/@href')[0] == "/staff/sources/1"
    assert shown(state="waiting", label="kinds:idea") == []
    assert len(shown(state="waiting", area="fife")) == 4
    assert shown(state="waiting", area="moray") == []


@pytest.mark.parametrize("state", list(queue.STATES))
def test_an_empty_state_says_what_will_be_there(state: str, staff_browser: Any) -> None:
    page = staff_browser.get(QUEUE, params={"state": state})
    assert page.status_code == 200
    assert markup.words(page, '//*[contains(@class, "fl_empty")]').strip()
    assert "here" in markup.words(page, '//*[contains(@class, "fl_empty")]')


def test_what_cannot_be_read_from_an_address_is_passed_over(shown: Callable, analysed: Callable) -> None:
    analysed()
    odd = {
        "state": "none",
        "order": "no",
        "area": "atlantis",
        "label": "x:y",
        "round": "-1",
        "assigned": "all",
        "below": "2",
    }
    for place in ("x~1", "nan~1", "0.5~x", "9e99~1", "~", "2026~3", "-9999999999999999999999~4"):
        for order in queue.ORDERS:
            assert len(shown(**odd | {"order": order, "after": place})) in (0, 2)


# -- Rows -------------------------------------------------------------------------------------------


def test_a_row_says_whose_words_how_certain_and_what_hangs_on_them(
    analysed: Callable, shown: Callable, change: Callable, staff_browser: Any
) -> None:
    one, two = analysed().passage_ids
    change([two], harm=True)
    first, second = sorted(shown(), key=lambda row: "Nobody" in row)
    assert "We hold a family meeting before every decision. Parents chair it." in first
    assert "Kinnaird Water Council" in first
    assert "Fairly sure" in first
    assert "75 %" in first
    assert "May tell of harm" in second
    page = staff_browser.get(QUEUE, params={"area": "fife"})
    assert f"{QUEUE}/{one}?area=fife" in markup.tree(page).xpath("//tbody//a/@href")
    assert "family meeting" not in " ".join(markup.tree(page).xpath("//a/@href"))
    assert "family meeting" not in markup.words(page, "//title")


def test_a_long_passage_is_cut_between_words() -> None:
    assert rows.excerpt("Short.") == "Short."
    cut = rows.excerpt("A child waits, and nobody calls. " * 9)
    assert len(cut) <= rows.EXCERPT + 1
    assert cut.endswith("…")
    assert cut.rstrip("…").split()[-1] in ("A", "child", "waits", "and", "nobody", "calls.")
    assert len(rows.excerpt("x" * 500)) == rows.EXCERPT + 1


def test_of_what_is_to_be_coded_blind_a_row_tells_no_label_and_no_score(
    analysed: Callable, shown: Callable, database: Database
) -> None:
    kept = analysed(told={1: {"We hold a family meeting before every decision.": {"kinds": ["commitment"]}}})
    with database.writing() as session:
        session.add(BlindItem(passage_id=kept.passage_ids[0], coders=2, chance=0.1))
        session.flush()
        acts.settle(session, kept.passage_ids)
        session.commit()
    [blind] = shown(blind="only")
    assert "To be coded blind" in blind
    assert "Commitment" not in blind
    assert "%" not in blind
    assert shown(label="kinds:commitment") == []


def test_harm_is_to_be_seen_in_each_order_and_comes_first_in_one(
    analysed: Callable, change: Callable, shown: Callable, staff_browser: Any
) -> None:
    passages = [id for key in "abc" for id in analysed(key).passage_ids]
    change(passages[-1:], harm=True)
    assert "May tell of harm" in shown(order="consequence")[0]
    for order in ("certainty", "age"):
        page = markup.words(staff_browser.get(QUEUE, params={"order": order}))
        assert "1 may tell of harm" in page
        assert "May tell of harm" in " ".join(shown(order=order))


# -- Filters, in the address ------------------------------------------------------------------------


@pytest.fixture
def two_sent(analysed: Callable) -> tuple[Any, Any]:
    """From Kinnaird (Fife and Highland) and from a trust in Moray."""
    return analysed("first"), analysed("second", **{"organisation-name": "Spey Trust", "areas": ["moray"]})


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"area": "moray"}, 2),
        ({"area": "scotland"}, 0),
        ({"label": "kinds:barrier"}, 2),
        ({"label": "actions:planning", "area": "fife"}, 1),
        ({"label": "actions:planning", "below": "0.9"}, 2),
        ({"label": "actions:planning", "below": "0.5"}, 0),
        ({"below": "0.9", "order": "age"}, 4),
        ({"below": "0.75"}, 0),
        ({"source": "submission"}, 4),
        ({"source": "meeting"}, 0),
        ({"round": "1"}, 4),
        ({"round": "7"}, 0),
        ({"organisation": "2"}, 2),
        ({"language": "pl"}, 0),
        ({"assigned": "nobody"}, 4),
        ({"assigned": "me"}, 0),
        ({"coder": "1"}, 0),
        ({"blind": "only"}, 0),
    ],
)
@pytest.mark.parametrize("order", list(queue.ORDERS))
def test_each_filter_narrows_the_queue_in_each_order(
    query: dict, number: int, order: str, two_sent: Any, shown: Callable
) -> None:
    assert len(shown(**query | {"order": order})) == number


def test_what_is_chosen_stands_as_tags_that_can_be_taken_off(
    two_sent: Any, staff_browser: Any, shown: Callable
) -> None:
    page = staff_browser.get(QUEUE, params={"area": "moray", "label": "kinds:barrier", "order": "age"})
    tags = markup.tree(page).xpath('//*[@aria-label="Chosen filters"]//li/a')
    assert ["Moray" in tags[0].text_content(), "Remove:" in tags[0].text_content(), len(tags)] == [True, True, 2]
    assert dict(parse_qsl(urlsplit(tags[0].get("href")).query)) == {"label": "kinds:barrier", "order": "age"}
    [clear] = markup.tree(page).xpath('//*[@aria-label="Chosen filters"]/a/@href')
    assert clear == f"{QUEUE}?order=age"


def test_the_form_leads_to_an_address_of_ids_and_of_nothing_else(two_sent: Any, staff_browser: Any) -> None:
    wanted = {"organisation-name": " spey  TRUST ", "area": "", "label": "kinds:barrier", "state": "suggested"}
    answer = staff_browser.get(f"{QUEUE}/filters", params=wanted)
    assert answer.headers["location"] == f"{QUEUE}?organisation=2&label=kinds%3Abarrier"
    assert staff_browser.get(f"{QUEUE}/filters").headers["location"] == QUEUE


def test_a_name_that_is_not_whole_gives_those_that_are_like_it(two_sent: Any, staff_browser: Any) -> None:
    page = staff_browser.get(f"{QUEUE}/filters", params={"organisation-name": "trust", "area": "moray"})
    assert list(markup.problems(page).values()) == ["Choose one of the names below"]
    assert markup.tree(page).xpath('//*[@class="fl_like"]//a/@href') == [f"{QUEUE}?organisation=2&area=moray"]
    none = staff_browser.get(f"{QUEUE}/filters", params={"organisation-name": "100%\x00"})
    assert list(markup.problems(none)) == ["#organisation-name"]


def test_an_address_shows_a_colleague_the_same_and_me_is_who_looks(
    two_sent: Any, staff_browser: Any, new_browser: Callable, sign_in: Callable, database: Database
) -> None:
    auditor = new_browser()
    sign_in(auditor, "auditor")
    me = sign_in(staff_browser, "reviewer")
    with database.writing() as session:
        steps.assign(session, two_sent[0].passage_ids, to=me, staff_id=me)
        session.commit()
    url = f"{QUEUE}?assigned={me}&order=age"
    mine, theirs = (
        [row.text_content() for row in markup.tree(one.get(url)).xpath("//tbody//tr/td[@data-heading='Passage']")]
        for one in (staff_browser, auditor)
    )
    assert len(mine) == len(theirs) == 2
    assert len(markup.tree(staff_browser.get(f"{QUEUE}?assigned=me")).xpath("//tbody//tr")) == 2
    assert len(markup.tree(auditor.get(f"{QUEUE}?assigned=me")).xpath("//tbody//tr")) == 0
    assert not markup.tree(auditor.get(url)).xpath("//form[contains(@action, 'bulk')]")


# -- Pages, and where to begin ----------------------------------------------------------------------


@pytest.mark.parametrize("state", ["suggested", "waiting"])
def test_a_long_queue_is_turned_without_gap_or_repeat_and_a_reload_keeps_the_place(
    state: str, analysed: Callable, receive: Callable, staff_browser: Any
) -> None:
    for number in range(27):
        (analysed if state == "suggested" else receive)(str(number))
    for order in queue.ORDERS:
        url, met, pages = f"{QUEUE}?order={order}&state={state}", [], []
        while url:
            page = markup.tree(staff_browser.get(url))
            pages.append(page.xpath("//tbody/tr/@id"))
            met += pages[-1]
            back, url = page.xpath('//a[@rel="prev"]/@href'), next(iter(page.xpath('//a[@rel="next"]/@href')), "")
        assert [len(one) for one in pages] == [25, 25, 4]
        assert len(set(met)) == 54
        assert markup.tree(staff_browser.get(back[0])).xpath("//tbody/tr/@id") == pages[1]


def test_the_place_stays_when_what_stood_there_has_moved_on(
    analysed: Callable, staff_browser: Any, sign_in: Callable, database: Database
) -> None:
    passages = [id for number in range(14) for id in analysed(str(number)).passage_ids]
    page = markup.tree(staff_browser.get(f"{QUEUE}?order=age"))
    [later] = page.xpath('//a[@rel="next"]/@href')
    before = markup.tree(staff_browser.get(later)).xpath("//tbody/tr/@id")
    of_staff(database, sign_in(staff_browser, "reviewer"), passages[24], "decided")
    assert markup.tree(staff_browser.get(later)).xpath("//tbody/tr/@id") == before


def test_reviewing_starts_at_the_first_that_nobody_has_before_them(
    analysed: Callable, staff_browser: Any, database: Database, sign_in: Callable, new_browser: Callable
) -> None:
    one, two = analysed().passage_ids
    start = f"{QUEUE}/start?order=age"
    assert staff_browser.get(start).headers["location"] == f"{QUEUE}/{one}?order=age"
    colleague = sign_in(new_browser(), "auditor")
    with database.writing() as session:
        steps.take(session, one, colleague)
        session.commit()
    assert staff_browser.get(start).headers["location"] == f"{QUEUE}/{two}?order=age"
    assert staff_browser.get(f"{QUEUE}/start?state=decided").headers["location"] == f"{QUEUE}?state=decided"
    assert "Open before The auditor" in markup.words(staff_browser.get(QUEUE))


def test_a_row_is_a_new_revision_when_it_says_something_else_and_only_then(
    analysed: Callable, database: Database, change: Callable, sign_in: Callable, new_browser: Callable
) -> None:
    kept = analysed()
    one = kept.passage_ids[0]

    def revision() -> int:
        with database.reading() as session:
            return session.get_one(ReviewItem, one).revision

    first = revision()
    change(kept.passage_ids)
    assert revision() == first
    of_staff(database, sign_in(new_browser(), "reviewer"), one, "second-look", reason="The date")
    assert revision() == first + 1
    with database.writing() as session:
        session.exec(sa.update(ReviewItem).values(taken_by=1, taken_until=now()))
        session.commit()
    change(kept.passage_ids)
    assert revision() == first + 1
