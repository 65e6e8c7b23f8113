"""The screen of one passage: what it shows, what each of its forms does, and what it never shows."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from collector.accounts import staff
from collector.database import Database, now
from collector.findings import extracts, review_items, standing
from collector.findings.models import BlindItem, Extract, ReviewItem, Statement
from collector.intake.models import Passage
from collector.organisations import directory
from collector.review import places, queue
from tests.collector.review.conftest import decide
from tests.conftest import Analysed, hold

ACCEPT = {"family": "kinds", "label": "activity", "verdict": "accept"}
PLANNING = {"family": "actions", "label": "planning"}


class Screen:
    """The screen of one passage, as one of the staff has it open."""

    def __init__(self, browser: Any, kept: Analysed, query: str = "") -> None:
        self.browser, self.kept, self.query = browser, kept, query
        self.url = f"/staff/review/{kept.passage_ids[0]}"
        self.statement = str(kept.statement_ids[0])

    def get(self, query: str = "") -> Any:
        return self.browser.get(self.url + (query or self.query))

    def words(self, where: str = "//main") -> str:
        return " ".join(markup.words(self.get(), where).split())

    def seen(self) -> str:
        return markup.tree(self.get()).xpath('//input[@name="seen"]/@value')[0]

    def post(self, verb: str, **fields: Any) -> Any:
        """As a form of the page does that was open when the last decision seen was `seen`."""
        renamed = {name.rstrip("_"): value for name, value in fields.items()}
        if renamed.get("state") == "decided" and "shown" not in renamed:
            renamed["shown"] = self.shown()
        return self.browser.submit(f"{self.url}/{verb}{self.query}", renamed)

    def shown(self) -> str:
        """The suggestions that would be accepted, as the form says; of a blind passage it has none."""
        return next(iter(markup.tree(self.get()).xpath('//form[@id="form-decided"]//input[@name="shown"]/@value')), "")

    def label(self, **fields: Any) -> Any:
        return self.post("labels", **{"statement": self.statement, **fields})


@pytest.fixture
def screen(analysed: Callable, staff_browser: Any) -> Screen:
    return Screen(staff_browser, analysed())


@pytest.fixture
def colleague(new_browser: Callable, app: Any, database: Database, two: Any) -> Any:
    """Another reviewer, Moira, in a browser of hers."""
    browser = new_browser()
    with database.writing() as session:
        secret = staff.start_session(session, two.moira)
        session.commit()
    hold(browser, "staff", secret)
    return browser


@pytest.fixture
def held(database: Database) -> Callable[[int], dict[tuple[str, str], str]]:
    def read(statement_id: int) -> dict[tuple[str, str], str]:
        with database.reading() as session:
            return {
                (one.family, one.label): one.state for one in standing.held_by(session, [statement_id])[statement_id]
            }

    return read


@pytest.fixture
def state(database: Database) -> Callable[[int], str]:
    def read(passage_id: int) -> str:
        with database.reading() as session:
            return session.get_one(ReviewItem, passage_id).state

    return read


def led_to(answer: Any) -> tuple[str, dict[str, str]]:
    """Path and query of where a form led; with the words of the page where it led nowhere."""
    assert answer.status_code == 303, markup.words(answer)
    parts = urlsplit(answer.headers["location"])
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


# -- What is shown --------------------------------------------------------------------------------------


def test_the_screen_shows_the_words_who_says_them_and_each_label_with_why(screen: Screen) -> None:
    page = screen.words()
    for shown in ("Kinnaird Water Council", "First round", "What are you doing now", "We hold a family meeting"):
        assert shown in page
    labels = screen.words('//section[@aria-labelledby="labels"]')
    for shown in ("1 ? Action Planning", "75 %", "said: We", "Suggested by model test-1"):
        assert shown in labels
    assert "0 to go" not in page
    assert "2 to go" in screen.words('//nav[@aria-label="Queue"]')


def test_all_statements_are_in_sight_with_what_would_be_accepted(screen: Screen) -> None:
    rows = [" ".join(row.text_content().split()) for row in markup.tree(screen.get()).xpath("//ol[@class]/li[@id]")]
    assert [("Planning" in row, "Parents chair it." in row) for row in rows] == [(True, False), (False, True)]
    assert "3 to decide" in rows[0]
    assert "1 to decide" in rows[1]
    assert "Accept 4 suggestions and go on" in screen.words()


def test_what_the_same_organisation_said_before_stands_beside(
    analysed: Callable, staff_browser: Any, database: Database
) -> None:
    earlier = analysed("earlier", {}, **{"planning.doing": "Last year we met twice."})
    with database.writing() as session:
        moment = now().replace(year=2024)
        session.exec(sa.text("UPDATE source SET received_at = :at").bindparams(sa.bindparam("at", moment, sa.DateTime)))
        session.commit()
    screen = Screen(staff_browser, analysed("now"))
    assert earlier.source_id != screen.kept.source_id
    assert "Last year we met twice." in screen.words('//details[@id="fold-context"]')
    second = staff_browser.get(f"/staff/review/{screen.kept.passage_ids[1]}")
    assert "We hold a family meeting" in markup.words(second, '//details[@id="fold-context"]')


def test_statements_decided_before_with_the_same_label_are_shown(analysed: Callable, staff_browser: Any) -> None:
    before, screen = Screen(staff_browser, analysed("before")), Screen(staff_browser, analysed("now"))
    assert "No other statement has been decided" in screen.words('//section[@aria-labelledby="examples"]')
    before.post("step", state="decided")
    shown = screen.words('//section[@aria-labelledby="examples"]')
    assert "Planning We hold a family meeting before every decision. Kinnaird Water Council" in shown


def test_of_what_was_decided_before_the_nearest_in_words_comes_first(
    analysed: Callable, staff_browser: Any, database: Database
) -> None:
    for number in range(4):
        Screen(staff_browser, analysed(f"before {number}")).post("step", state="decided")
    with database.writing() as session:
        first = session.exec(select(Passage).order_by(col(Passage.id)).limit(1)).one()
        others = col(Passage.position) == first.position, Passage.text == first.text, Passage.id != first.id
        session.exec(sa.update(Passage).where(*others).values(text=("Other things. " * 20)[: len(first.text)]))
        session.commit()
    shown = Screen(staff_browser, analysed("now")).words('//section[@aria-labelledby="examples"]')
    planning = shown[shown.index("Planning") :]
    assert planning.index("We hold a family meeting") < planning.index("Other things")  # though it is the oldest


def test_of_what_was_decided_before_copies_are_shown_once(
    analysed: Callable, staff_browser: Any, database: Database
) -> None:
    for number in range(4):
        Screen(staff_browser, analysed(f"before {number}")).post("step", state="decided")
    with database.writing() as session:
        first = session.exec(select(Passage).order_by(col(Passage.id)).limit(1)).one()
        oldest = sa.update(Passage).where(Passage.id == first.id)
        session.exec(oldest.values(text=("Other things. " * 20)[: len(first.text)]))
        session.commit()
    lists = markup.tree(Screen(staff_browser, analysed("now")).get()).xpath(
        "//section[@aria-labelledby='examples']//ul"
    )
    said = [[words.text_content() for words in one.xpath(".//q")] for one in lists]
    assert any(len(one) > 1 for one in said)
    assert all(len(set(one)) == len(one) for one in said)
    # The other is less like it, and yet there is more to be learned from it than from a copy.
    assert [
        "We hold a family meeting before every decision.",
        "Other things. Other things. Other things. Other",
    ] in said


def test_the_place_in_the_queue_stays_in_every_address(analysed: Callable, staff_browser: Any) -> None:
    screen = Screen(staff_browser, analysed(), "?state=suggested&order=age&language=")
    links = markup.tree(screen.get("?order=age&label=kinds:activity")).xpath("//a[@data-goes]/@href")
    assert links
    assert all("order=age&label=kinds%3Aactivity" in link for link in links)
    _, query = led_to(
        screen.browser.submit(f"{screen.url}/labels?order=age", {"statement": screen.statement, **ACCEPT})
    )
    assert query["order"] == "age"


def test_a_passage_that_is_not_there_is_not_found(staff_browser: Any, open_round: Any) -> None:
    assert staff_browser.get("/staff/review/99").status_code == 404
    for verb in ("labels", "words", "cut", "notes", "step"):
        assert staff_browser.submit(f"/staff/review/99/{verb}", {}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "?statement=x&at=y&seen=-1",
        "?change=kind.1.x&done=999999&undone=5",
        "?at=nan",
        "?order=consequence&at=99999999999999999999",
        "?order=age&at=2026-11-21",
    ],
)
def test_an_address_that_makes_no_sense_still_shows_the_passage(query: str, screen: Screen) -> None:
    page = screen.get(query)
    assert page.status_code == 200
    assert "hold a family meeting" in page.text


@pytest.mark.parametrize("order", list(queue.ORDERS))
def test_what_waits_to_be_read_is_shown_noted_on_and_gone_on_from(
    order: str, receive: Callable, staff_browser: Any, database: Database
) -> None:
    receive()
    with database.reading() as session:
        ids = session.exec(select(Passage.id)).all()
    page = staff_browser.get(f"/staff/review/{ids[0]}?state=waiting&order={order}")
    rail = markup.tree(page).xpath('//nav[@aria-label="Queue"]//a/@href')
    assert [staff_browser.get(url).status_code for url in rail] == [200] * len(rail)
    [form, *_] = markup.tree(page).xpath('//form[contains(@action, "/notes")]/@action')
    noted = staff_browser.submit(form, {"kind": "comment", "text": "A long one"})
    assert "A long one" in markup.words(staff_browser.get(noted.headers["location"]))


def test_an_auditor_looks_and_finds_no_buttons_and_no_keys(
    screen: Screen, new_browser: Callable, sign_in: Callable
) -> None:
    auditor = new_browser()
    sign_in(auditor, "auditor")
    page = auditor.get(screen.url)
    assert "hold a family meeting" in page.text
    assert markup.tree(page).xpath("//main//form | //main//*[@data-key]") == []
    for verb in ("labels", "words", "cut", "notes", "step"):
        assert auditor.submit(f"{screen.url}/{verb}", ACCEPT).status_code == 403
    assert auditor.submit("/staff/review/undo", {"act": "1"}).status_code == 403


def test_the_cost_of_the_screen_does_not_grow_with_what_is_in_store(
    analysed: Callable, staff_browser: Any, database: Database
) -> None:
    screen = Screen(staff_browser, analysed("first"))
    screen.label(**ACCEPT)
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    screen.get()
    few = len(asked)
    for number in range(12):
        analysed(str(number))
    asked.clear()
    screen.get()
    assert len(asked) == few
    assert few <= 40


# -- Coded blind ------------------------------------------------------------------------------------------


def test_of_a_passage_that_is_coded_blind_nothing_is_shown_that_a_machine_or_a_colleague_gave(
    analysed: Callable, staff_browser: Any, colleague: Any, database: Database, two: Any
) -> None:
    others = Screen(staff_browser, analysed("others"))
    others.post("step", state="decided")
    kept = analysed("blind")
    screen, theirs = Screen(staff_browser, kept), Screen(colleague, kept)
    theirs.label(add="actions:brothers-and-sisters", why="secret reason")
    theirs.post("notes", kind="comment", text="secret comment")
    with database.writing() as session:
        session.add(Extract(passage_id=kept.passage_ids[0], kind="need", start=0, end=7, model="test-1", details={}))
        session.add(BlindItem(passage_id=kept.passage_ids[0], coders=2, chance=0.1))
        session.flush()
        standing.settle(session, kept.statement_ids)
        review_items.refresh(session, kept.passage_ids)
        session.commit()
    page = screen.get()
    assert page.status_code == 200
    main = markup.words(page)
    assert "This is coded blind" in main
    assert "We hold a family meeting before every decision." in main
    given = ("Planning", "Activity", "Brothers and Sisters", "What Matters", "secret", "test-1", "Asked for", "Moira")
    assert [words for words in given if words in main] == []
    current = markup.tree(page).xpath('//li[contains(@class, "fl_rail__item--current")]')[0].text_content()
    assert "%" not in current
    assert "to decide" not in main
    assert markup.tree(page).xpath('//*[contains(@class, "fl_ev")]') == []
    of_it = {"statement": screen.statement}
    refused = [screen.post(verb, **of_it, **fields) for verb, fields in DECIDING.items()]
    assert [answer.status_code for answer in refused] == [422, 422, 422, 422]
    assert [words for words in given for answer in refused if words in markup.words(answer)] == []


# What would tell of labels, or decide on them.
DECIDING = {
    "labels": ACCEPT,
    "cut": {"at": "25"},
    "step": {"state": "decided"},
    "words": {"what": "need", "from": "0", "to": "2"},
}


def test_words_of_a_blind_passage_can_be_kept_from_being_published(screen: Screen, database: Database) -> None:
    passage_id = screen.kept.passage_ids[0]
    with database.writing() as session:
        session.add(BlindItem(passage_id=passage_id, coders=1, chance=0.1))
        session.commit()
    led_to(screen.post("words", what="redaction", from_="0", to="7", reason="child"))
    with database.reading() as session:
        assert [one.kind for one in extracts.held_by(session, [passage_id])[passage_id]] == ["redaction"]


# -- Labels -----------------------------------------------------------------------------------------------


def test_a_label_is_accepted_rejected_and_added_and_the_page_says_what_was_saved(
    screen: Screen, held: Callable
) -> None:
    id = int(screen.statement)
    for fields, said, found in (
        (ACCEPT, "accepted Activity", {("kinds", "activity"): "accepted"}),
        ({**ACCEPT, "verdict": "reject", "why": "No."}, "rejected Activity", {("kinds", "activity"): "rejected"}),
        ({"add": "actions:support"}, "added Support", {("actions", "support"): "added"}),
    ):
        path, query = led_to(screen.label(**fields))
        assert path == screen.url
        page = screen.browser.get(f"{path}?done={query['done']}")
        assert said in markup.words(page, "//*[@data-saved]")
        assert held(id).items() >= found.items()
    assert "Why: No." in screen.words('//section[@aria-labelledby="labels"]')


def test_rows_keep_their_places_and_keys_whatever_is_decided(screen: Screen) -> None:
    def rows() -> list[str]:
        return markup.tree(screen.get()).xpath("//form[@data-label-key]/@id")

    before = rows()
    screen.label(**ACCEPT)
    screen.label(**PLANNING, verdict="reject")
    screen.label(add="priority_areas:good-childhood")
    assert rows() == [*before, "label-priority_areas-good-childhood"]


def test_the_statement_that_is_open_stays_open_when_its_last_label_is_decided_and_when_it_is_cut(
    screen: Screen,
) -> None:
    def current() -> str:
        return markup.words(screen.browser.get(there), '//li[contains(@class, "fl_said-row--current")]//p')

    for label in ("actions:planning", "fundamentals:what-matters", "kinds:activity"):
        action = markup.tree(screen.get()).xpath(f'//form[@id="label-{label.replace(":", "-")}"]/@action')[0]
        family, _, id = label.partition(":")
        fields = {"statement": screen.statement, "family": family, "label": id, "verdict": "accept"}
        answer = screen.browser.submit(action, fields)
        there = answer.headers["location"]
        assert "We hold a family meeting" in " ".join(current().split())
    answer = screen.browser.submit(action.replace("/labels", "/cut"), {"statement": screen.statement, "at": "25"})
    there = answer.headers["location"]
    assert "hold a family meeting" in current()
    assert "before every decision" not in current()


def test_who_works_on_a_passage_has_it_open_and_not_any_more_when_they_went_on(
    analysed: Callable, staff_browser: Any, colleague: Any
) -> None:
    screen, _ = Screen(staff_browser, analysed("one")), analysed("two")
    theirs, told = Screen(colleague, screen.kept), "The reviewer has this open too"
    assert told not in theirs.words()
    screen.label(**ACCEPT)
    assert told in theirs.words()
    assert told not in screen.words()
    led_to(screen.post("step", state="decided"))
    assert told not in theirs.words()


def test_the_same_form_sent_twice_is_done_once(screen: Screen, dump: Callable) -> None:
    for verb, fields in (
        ("labels", {"statement": screen.statement, **ACCEPT}),
        ("notes", {"kind": "comment", "text": "Once."}),
        ("words", {"what": "need", "from": "0", "to": "2"}),
        ("cut", {"statement": str(screen.kept.statement_ids[1]), "at": "57"}),
        ("step", {"state": "set-aside", "reason": "Not about it"}),
    ):
        answers = [led_to(screen.post(verb, key=f"key of {verb}", **fields)) for _ in range(2)]
        assert answers[0][1]["done"] == answers[1][1]["done"]
    found = dump()
    assert [len(found[name]) for name in ("note", "extract_decision", "cut", "step")] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("verb", "fields", "words"),
    [
        ("labels", {"add": "", "why": "typed before"}, "Choose a label from the list"),
        ("labels", {"statement": "9999", "verdict": "accept"}, "Choose a statement of this passage"),
        ("labels", {**ACCEPT, "label": "offer"}, "This label is not on the statement"),
        ("words", {"what": "need", "from": "", "to": "", "why": "typed before"}, "Choose the first and the last word"),
        ("words", {"what": "need", "from": "9", "to": "2", "why": "typed before"}, "The last word stands before"),
        ("words", {"what": "redaction", "from": "0", "to": "2", "why": "typed before"}, "Choose why these words"),
        ("words", {"what": "organisation", "from": "0", "to": "2", "organisation": "typed before"}, "No organisation"),
        ("words", {"what": "commitment", "from": "0", "to": "2", "due-from": "x", "who": "typed before"}, "a date"),
        ("words", {"what": "nothing", "from": "0", "to": "2"}, "Choose what these words are"),
        ("words", {"what": "need", "first": "x", "verdict": "accept"}, "not picked out any more"),
        ("cut", {"at": "0"}, "Choose a place with words on both sides"),
        ("cut", {"at": "x"}, "Choose the word"),
        ("notes", {"kind": "comment", "text": ""}, "Write what you want to say"),
        ("notes", {"kind": "question", "text": "typed before"}, "Choose the colleague"),
        ("notes", {"kind": "answer", "text": "x", "answers": "5"}, "This question is not there"),
        ("step", {"state": "set-aside", "reason": ""}, "Say why it is set aside"),
        ("step", {"state": "second-look", "reason": "typed before" * 200}, "Shorten this by"),
        ("step", {"state": "send-back", "reason": "typed before"}, "Nobody has coded this yet"),
        ("step", {"state": "published", "reason": "typed before"}, "Choose a state from the list"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_with_what_was_typed(
    verb: str, fields: dict[str, str], words: str, screen: Screen, dump: Callable
) -> None:
    before = dump()
    answer = screen.browser.submit(f"{screen.url}/{verb}", {"statement": screen.statement, **fields})
    assert answer.status_code == 422
    assert words in markup.words(answer, '//*[@id="error-summary"]')
    if "typed before" in fields.values() and fields.get("state") not in ("send-back", "published"):
        typed = markup.tree(answer).xpath("//main//input/@value | //main//textarea/text()")
        assert any(value.strip() == "typed before" for value in typed)
    assert dump() == before


# -- Words --------------------------------------------------------------------------------------------------


def test_a_commitment_is_marked_with_who_and_by_when_then_changed_and_rejected(
    screen: Screen, database: Database
) -> None:
    passage_id = screen.kept.passage_ids[0]
    fields = {"what": "commitment", "who": "we", "due": "soon", "due-from": "", "due-to": "2027-03-31"}
    led_to(screen.browser.submit(f"{screen.url}/words", {**fields, "from": "0", "to": "21"}))
    picked = '//section[@aria-labelledby="picked"]'
    assert "Commitment by the respondent, soon (until 31 March 2027) We hold a family meet" in screen.words(picked)
    change = {**fields, "first": "0-21", "verdict": "accept", "from": "3", "to": "21", "who": "Fife Council"}
    led_to(screen.browser.submit(f"{screen.url}/words", change))
    assert "by Fife Council, soon (until 31 March 2027) hold a family meet" in screen.words(picked)
    form = screen.get("?change=commitment.0.21")
    assert markup.tree(form).xpath('//*[@id="change-who"]/@value') == ["Fife Council"]
    led_to(screen.post("words", what="commitment", first="0-21", verdict="reject"))
    with database.reading() as session:
        [one] = extracts.held_by(session, [passage_id])[passage_id]
        assert (one.state, one.details["who"]) == ("rejected", "Fife Council")


def test_what_the_machine_picked_out_is_accepted_with_all_that_it_told(screen: Screen, database: Database) -> None:
    passage_id, told = screen.kept.passage_ids[1], {"themes": ["funding"], "actions": ["support"]}
    with database.writing() as session:
        session.add(Extract(passage_id=passage_id, kind="barrier", start=0, end=6, model="test-1", details=told))
        session.commit()
    url = f"/staff/review/{passage_id}/words"
    led_to(screen.browser.submit(url, {"what": "barrier", "first": "0-6", "verdict": "accept"}))
    with database.reading() as session:
        [one] = extracts.held_by(session, [passage_id])[passage_id]
        assert (one.state, one.details) == ("accepted", told)
    change = {"what": "barrier", "first": "0-6", "verdict": "accept", "from": "0", "to": "6"}
    led_to(screen.browser.submit(url, {**change, "themes": ["leadership-and-culture", "funding"][1:]}))
    with database.reading() as session:
        [one] = extracts.held_by(session, [passage_id])[passage_id]
        assert one.details == told


@pytest.mark.parametrize(
    ("kind", "told"), [("organisation", {"links": []}), ("barrier", {"themes": ["gone-from-the-codebook"]})]
)
def test_words_of_which_the_machine_tells_what_is_in_no_list_can_be_rejected(
    kind: str, told: dict[str, Any], screen: Screen, database: Database
) -> None:
    passage_id = screen.kept.passage_ids[1]
    with database.writing() as session:
        session.add(Extract(passage_id=passage_id, kind=kind, start=0, end=6, model="test-1", details=told))
        session.commit()
    url = f"/staff/review/{passage_id}/words"
    led_to(screen.browser.submit(url, {"what": kind, "first": "0-6", "verdict": "reject"}))
    with database.reading() as session:
        [one] = extracts.held_by(session, [passage_id])[passage_id]
        assert (one.state, one.details) == ("rejected", told)


def test_a_barrier_whose_theme_has_gone_from_the_codebook_can_be_accepted(screen: Screen, database: Database) -> None:
    passage_id, told = screen.kept.passage_ids[1], {"themes": ["gone-from-the-codebook"]}
    with database.writing() as session:
        session.add(Extract(passage_id=passage_id, kind="barrier", start=0, end=6, model="test-1", details=told))
        session.commit()
    url = f"/staff/review/{passage_id}/words"
    led_to(screen.browser.submit(url, {"what": "barrier", "first": "0-6", "verdict": "accept"}))
    more = {"what": "barrier", "first": "0-6", "verdict": "accept", "from": "0", "to": "6", "themes": "never-there"}
    assert "Choose a barrier theme from the list" in markup.words(screen.browser.submit(url, more))


def test_an_organisation_is_linked_by_its_name_and_those_like_it_are_offered(
    screen: Screen, database: Database
) -> None:
    with database.writing() as session:
        directory.find_or_add(session, name="Loch Ossian Advocacy")
        session.commit()
    fields = {"what": "organisation", "from": "0", "to": "2"}
    like = screen.browser.submit(f"{screen.url}/words", {**fields, "organisation": "ossian"})
    assert "Type one of these: Loch Ossian Advocacy" in markup.words(like)
    led_to(screen.browser.submit(f"{screen.url}/words", {**fields, "organisation": " loch ossian  advocacy"}))
    assert "Loch Ossian Advocacy" in screen.words('//section[@aria-labelledby="picked"]')


def test_the_words_that_a_label_is_about_are_moved_by_who_says_that_it_is_right(screen: Screen, held: Callable) -> None:
    fields = {"what": "label:actions:planning", "statement": screen.statement, "from": "10", "to": "24"}
    led_to(screen.browser.submit(f"{screen.url}/words", fields))
    assert "said: family meeting" in screen.words('//section[@aria-labelledby="labels"]')
    assert held(int(screen.statement))["actions", "planning"] == "accepted"
    outside = screen.browser.submit(f"{screen.url}/words", {**fields, "from": "10", "to": "60"})
    assert "outside it" in markup.words(outside)


def test_a_statement_is_split_and_merged_and_both_are_undone(screen: Screen, database: Database) -> None:
    def cut() -> list[str]:
        with database.reading() as session:
            rows = session.exec(select(Statement).where(Statement.stands).order_by(Statement.start)).all()
            text = session.get_one(Passage, screen.kept.passage_ids[0]).text
            return [text[one.start : one.end] for one in rows if one.passage_id == screen.kept.passage_ids[0]]

    before = cut()
    led_to(screen.post("cut", statement=screen.statement, at="25"))
    assert cut() == ["We hold a family meeting", "before every decision.", "Parents chair it."]
    undo(screen)
    assert cut() == before
    led_to(screen.post("cut", statement=screen.statement, merge="yes"))
    assert cut() == ["We hold a family meeting before every decision. Parents chair it."]
    last = screen.post("cut", statement=str(statement_now(database, screen)), merge="yes")
    assert "This is the last statement" in markup.words(last)


def statement_now(database: Database, screen: Screen) -> int:
    with database.reading() as session:
        here = (Statement.passage_id == screen.kept.passage_ids[0], Statement.stands)
        return session.exec(select(Statement.id).where(*here)).one()


def undo(screen: Screen) -> tuple[str, dict[str, str]]:
    """Press the button that the page has now."""
    act = markup.tree(screen.get()).xpath('//input[@name="act"]/@value')[0]
    fields = {"act": act, "passage": str(screen.kept.passage_ids[0])}
    return led_to(screen.browser.submit("/staff/review/undo", fields))


# -- Moving on ----------------------------------------------------------------------------------------------


def test_a_passage_that_is_done_with_leads_to_the_next_of_the_queue_as_it_was_sorted(
    analysed: Callable, staff_browser: Any, database: Database, state: Callable
) -> None:
    """What is decided becomes more certain: the next one is the next of before."""
    kept = [analysed(str(number)) for number in range(3)]
    with database.writing() as session:
        for one, score in zip(kept, (0.3, 0.5, 0.7), strict=True):
            session.exec(
                sa.update(ReviewItem).where(ReviewItem.passage_id == one.passage_ids[0]).values(certainty=score)
            )
            session.exec(
                sa.update(ReviewItem).where(ReviewItem.passage_id == one.passage_ids[1]).values(state="set-aside")
            )
        session.commit()
    first = Screen(staff_browser, kept[0])
    place = markup.tree(first.get()).xpath('//form[@id="form-decided"]/@action')[0]
    assert "at=0.3" in place
    led_to(first.browser.submit(place.replace("/step", "/labels"), {"statement": first.statement, **ACCEPT}))
    path, query = led_to(first.browser.submit(place, {"state": "decided", "shown": first.shown()}))
    assert path == f"/staff/review/{kept[1].passage_ids[0]}"
    assert query["at"] == "0.5"
    assert state(kept[0].passage_ids[0]) == "decided"
    assert "Saved" in markup.words(staff_browser.get(f"{path}?done={query['done']}"), "//*[@data-saved]")


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"state": "second-look", "reason": "Is it a promise?"}, "second-look"),
        ({"state": "set-aside", "reason": "Not about it"}, "set-aside"),
        ({"state": "decided"}, "decided"),
    ],
)
def test_each_state_is_reached_undone_and_told_in_the_timeline(
    fields: dict[str, str], found: str, screen: Screen, state: Callable
) -> None:
    passage_id = screen.kept.passage_ids[0]
    led_to(screen.post("step", **fields))
    assert state(passage_id) == found
    led_to(screen.post("step", state="in-review"))
    assert state(passage_id) == "in-review"
    undo(screen)
    path, query = undo(screen)
    assert (path, "undone" in query) == (screen.url, True)
    assert state(passage_id) == "suggested"
    timeline = screen.words('//details[@id="fold-timeline"]')
    assert timeline.count(", undone") == 2
    assert fields.get("reason", "The reviewer") in timeline


def test_who_cuts_a_statement_is_not_said_to_have_decided_what_goes_along(screen: Screen, colleague: Any) -> None:
    led_to(Screen(colleague, screen.kept).label(**ACCEPT))
    led_to(screen.post("cut", statement=screen.statement, at="25"))
    told = [row.text_content() for row in markup.tree(screen.get()).xpath('//details[@id="fold-timeline"]//li')]
    [cut] = [one for one in told if "split a statement" in one]
    assert "accepted" not in cut
    assert any("Moira" in one and "accepted Activity" in one for one in told)


def test_what_is_sent_back_is_the_work_of_who_coded_it(
    screen: Screen, colleague: Any, two: Any, database: Database
) -> None:
    Screen(colleague, screen.kept).label(**ACCEPT)
    assert "Send back to Moira" in screen.words()
    led_to(screen.post("step", state="send-back", reason="Look at the date"))
    with database.reading() as session:
        item = session.get_one(ReviewItem, screen.kept.passage_ids[0])
        assert (item.state, item.assigned_to) == ("second-look", two.moira)
    undo(screen)
    with database.reading() as session:
        item = session.get_one(ReviewItem, screen.kept.passage_ids[0])
        assert (item.state, item.assigned_to) == ("in-review", None)


def test_a_question_to_a_colleague_is_shown_with_its_answer(screen: Screen, colleague: Any, two: Any) -> None:
    led_to(screen.post("notes", kind="question", text="Whose money?", to=str(two.moira)))
    theirs = Screen(colleague, screen.kept)
    [form] = markup.tree(theirs.get()).xpath('//form[.//input[@name="answers"]]')
    question = form.xpath('.//input[@name="answers"]/@value')[0]
    led_to(theirs.post("notes", kind="answer", text="The fund’s.", answers=question))
    notes = screen.words('//section[@aria-labelledby="notes"]')
    assert "Question for Moira" in notes
    assert "The fund’s." in notes
    assert markup.tree(theirs.get()).xpath('//input[@name="answers"]') == []


# -- Undo, and two at once ------------------------------------------------------------------------------------


def test_undo_says_what_it_takes_back_and_leads_to_where_that_was(analysed: Callable, staff_browser: Any) -> None:
    first, second = (Screen(staff_browser, analysed(key)) for key in ("first", "second"))
    assert markup.tree(first.get()).xpath('//form[@id="form-undo"]') == []
    first.label(**ACCEPT)
    assert "Undo: accepted Activity, " in second.words()
    path, query = undo(second)
    assert path == first.url
    page = staff_browser.get(f"{path}?undone={query['undone']}")
    assert "Undone" in markup.words(page, "//*[@data-saved]")
    again = staff_browser.submit("/staff/review/undo", {"act": query["undone"], "passage": "1"})
    assert led_to(again)[1]["undone"] == query["undone"]


def test_undo_of_what_is_not_ones_own_or_not_the_last_is_refused(screen: Screen, colleague: Any) -> None:
    _, first = led_to(screen.label(**ACCEPT))
    led_to(screen.label(**PLANNING, verdict="accept"))
    fields = {"act": first["done"], "passage": str(screen.kept.passage_ids[0])}
    assert "done something since" in markup.words(screen.browser.submit("/staff/review/undo", fields))
    assert "by somebody else" in markup.words(colleague.submit("/staff/review/undo", fields))
    assert screen.browser.submit("/staff/review/undo", {"act": "x"}).status_code == 404


def test_what_a_colleague_decided_meanwhile_is_told_and_both_are_kept(
    screen: Screen, colleague: Any, dump: Callable, state: Callable
) -> None:
    seen = screen.seen()
    led_to(Screen(colleague, screen.kept).label(**ACCEPT))
    path, query = led_to(screen.label(**PLANNING, verdict="accept", seen=seen))
    told = markup.words(screen.browser.get(f"{path}?seen={query['seen']}"), '//p[@role="status"]')
    assert "Changed by Moira at " in told
    assert "accepted Activity." in told
    assert "Planning" not in told
    assert state(screen.kept.passage_ids[0]) == "in-review"
    assert len(dump()["decision"]) == 2
    assert "seen" not in led_to(screen.label(**PLANNING, verdict="reject", seen=screen.seen()))[1]


def test_what_goes_along_with_a_cut_is_not_told_as_decided_meanwhile(screen: Screen, colleague: Any) -> None:
    led_to(screen.label(**ACCEPT))
    seen, other = screen.seen(), str(screen.kept.statement_ids[1])
    led_to(Screen(colleague, screen.kept).post("cut", statement=screen.statement, at="25"))
    _, query = led_to(screen.label(**ACCEPT | {"statement": other}, seen=seen))
    assert "seen" not in query


def test_the_opposite_of_what_a_colleague_decided_unseen_calls_for_a_second_look_undone_with_it(
    screen: Screen, colleague: Any, state: Callable, held: Callable
) -> None:
    passage_id, seen = screen.kept.passage_ids[0], screen.seen()
    led_to(Screen(colleague, screen.kept).label(**ACCEPT))
    led_to(screen.label(**{**ACCEPT, "verdict": "reject"}, seen=seen))
    assert state(passage_id) == "second-look"
    assert "Two people decided otherwise on Activity" in screen.words('//details[@id="fold-timeline"]')
    undo(screen)
    assert state(passage_id) == "in-review"
    assert held(int(screen.statement))["kinds", "activity"] == "accepted"
    led_to(screen.label(**{**ACCEPT, "verdict": "reject"}, seen=screen.seen()))
    assert state(passage_id) == "in-review", "what was seen is no contradiction"


def test_who_marks_as_decided_what_a_colleague_changed_meanwhile_stays_and_is_told(
    analysed: Callable, staff_browser: Any, colleague: Any
) -> None:
    screen, _ = Screen(staff_browser, analysed("one")), analysed("two")
    seen = screen.seen()
    led_to(Screen(colleague, screen.kept).label(**{**ACCEPT, "verdict": "reject"}))
    path, query = led_to(screen.post("step", state="decided", seen=seen))
    assert path == screen.url
    assert "Changed by Moira" in markup.words(staff_browser.get(f"{path}?seen={query['seen']}"))


# -- Places in an address -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(queue.ORDERS))
def test_a_place_comes_back_from_its_address(order: str, screen: Screen, database: Database) -> None:
    wanted = queue.Wanted(order=order)
    with database.reading() as session:
        place = queue.place_of(session, wanted, screen.kept.passage_ids[0])
    assert places.Place(wanted, at=places.at(place)).sorted_at(screen.kept.passage_ids[0]) == place


def test_nobody_accepts_what_was_suggested_after_they_opened_the_page_or_is_suggested_no_more(
    screen: Screen, record_findings: Callable, database: Database, standing_of: Callable
) -> None:
    shown, id = screen.shown(), screen.kept.statement_ids[0]
    words, found = "We hold a family meeting before every decision.", {"kinds": ["activity"], "actions": ["planning"]}
    more = {**found, "kinds": ["activity", "idea"], "fundamentals": ["what-matters"]}
    for model, told in (("test-2", more), ("test-3", found)):
        record_findings(screen.kept.source_id, {1: {words: told, "Parents chair it.": {"kinds": ["activity"]}}}, model)
        answer = screen.post("step", state="decided", shown=shown)
        assert answer.status_code == 422
        assert "Other labels are suggested here since you opened it" in answer.text
        assert set(standing_of(id).values()) == {"suggested"}
    assert screen.post("step", state="decided", shown="").status_code == 422
    assert screen.post("step", state="decided", shown=screen.shown()).status_code == 303
    assert set(standing_of(id).values()) == {"accepted"}


def test_what_a_colleague_decided_meanwhile_does_not_stop_who_finishes(
    screen: Screen, database: Database, two: Any, standing_of: Callable
) -> None:
    shown, id = screen.shown(), screen.kept.statement_ids[0]
    decide(database, id, two.ewan, "reject")
    assert screen.post("step", state="decided", shown=shown).status_code == 303
    assert standing_of(id)["kinds", "activity"] == "rejected"
