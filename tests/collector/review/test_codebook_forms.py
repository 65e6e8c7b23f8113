"""The forms that the codebook is changed by: what is typed, what comes back, and what becomes of what is coded."""

from collections.abc import Callable
from typing import Any

import pytest
from lxml import html
from sqlmodel import col, select

from collector.accounts.access import Person
from collector.database import Database
from collector.findings.models import StandingLabel
from collector.frameworks import codebooks, plan
from collector.frameworks.models import CodebookVersion, Walk
from collector.queue import Queue
from collector.review import codebook_forms, steps
from forms.codebook import Code, CodeRef
from forms.codebook_changes import Add, Retire, Reword, Unsettle
from tests.collector.review.conftest import Two, decide, words
from worker import tasks, walking

pytestmark = pytest.mark.usefixtures("plan_as_shipped")

CHANGE = "/staff/codebook/change"
ADD = f"{CHANGE}/add?family=barrier_themes"
ADD_ACTION = f"{CHANGE}/add?family=actions"
MOVE = f"{CHANGE}/move?family=actions&code=planning"
SPLIT = f"{CHANGE}/split?family=barrier_themes&code=funding"
SPLIT_ACTION = f"{CHANGE}/split?family=actions&code=planning"
RETIRE = f"{CHANGE}/retire?family=barrier_themes&code=funding"
REWORD = f"{CHANGE}/reword?family=barrier_themes&code=funding"
SETTLE = f"{CHANGE}/settle"
SETTLE_ANEW = f"{CHANGE}/settle?family=hard-case&code=finding"
UNSETTLE = f"{CHANGE}/unsettle?family=hard-case&code=finding"
TAKE_BACK = f"{CHANGE}/take-back"
FUNDING = CodeRef("barrier_themes", "funding")

WEATHER = {
    "title": "Weather",
    "for-the-public": "Rain and snow",
    "takes-in": "Rain stops it.",
    "leaves-out": "Money for boots -> Funding",
    "examples": "Nobody came, it snowed.\nThe road was under water.",
}
MOVED = {"area": "good-childhood"}
FOUR = {
    "part-1-title": "Grants end",
    "part-1-takes-in": "A grant ends.",
    "part-1-examples": "Nobody funds the post after March.\nThe pilot ended.",
    "part-2-title": "Costs rise",
    "part-2-takes-in": "What is done costs more.",
    "part-3-code": "commissioning",
    "part-4-title": "Money comes late",
    "part-4-takes-in": "It is paid when it is too late.",
    "part-4-examples": "The letter came in May.",
}
TWO_PARTS = {name: FOUR[name] for name in FOUR if name.startswith(("part-1-t", "part-2-"))}
QUESTION = {
    "title": "Is a budget an activity?",
    "settled": "One that is spent is.",
    "codes": "Activity\nsupport needed.",
}
EVERY = {
    "add": (ADD, WEATHER),
    "move": (MOVE, MOVED),
    "split": (SPLIT, FOUR),
    "retire": (RETIRE, {}),
    "settle": (SETTLE, QUESTION),
    "unsettle": (UNSETTLE, {}),
}


@pytest.fixture
def walk(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """The worker does what a change left to do; returns how many statements it went through."""
    queue = Queue("memory://")
    monkeypatch.setattr(tasks, "database", lambda: database)
    monkeypatch.setattr(tasks, "queue", lambda: queue)

    def go() -> int:
        with database.reading() as session:
            ids = list(session.exec(select(Walk.id).where(Walk.state == "waiting")))
        walking.walk(ids)
        with database.reading() as session:
            walks = session.exec(select(Walk).where(col(Walk.id).in_(ids))).all()
            assert {one.state for one in walks} <= {"done"}
            return sum(one.done for one in walks)

    return go


@pytest.fixture
def ask(staff_browser: Any) -> Callable[..., Any]:
    """Sends a form, as it was opened on the version that is in use unless told otherwise."""

    def send(url: str, typed: dict[str, Any], step: str = "preview", **own: Any) -> Any:
        fields = {f"_{name}": value for name, value in own.items()}
        return staff_browser.submit(url, {**typed, "_on": str(plan.book().version), **fields, "_step": step})

    return send


@pytest.fixture
def apply(staff_browser: Any, database: Database) -> Callable[..., Any]:
    """Presses the button of a page that shows what a change would do; a reason is given unless it is told."""

    def press(preview: Any, url: str, why: str = "Coders asked for it") -> Any:
        assert preview.status_code in (200, 409), words(preview.text)
        answer = staff_browser.submit(url, {**fields_of(preview), "_why": why, "_step": "apply"})
        plan.look(database)
        return answer

    return press


@pytest.fixture
def change(ask: Callable, apply: Callable) -> Callable[..., str]:
    """Types a change, looks at it and makes it; returns what the page said that it would do."""

    def make(url: str, typed: dict[str, Any]) -> str:
        preview = ask(url, typed)
        made = apply(preview, url)
        assert made.status_code == 303, words(made.text)
        return words(preview.text)

    return make


def fields_of(page: Any) -> dict[str, list[str]]:
    """What a browser would send of the form."""
    form = next(one for one in html.fromstring(page.text).forms if "fl_form" in one.get("class", ""))
    found: dict[str, list[str]] = {}
    for name, value in form.form_values():
        found.setdefault(name, []).append(value.removeprefix("\n"))
    return found


def typed_on(page: Any) -> dict[str, str]:
    """What stands in the fields that somebody has filled in."""
    return {name: given[0] for name, given in fields_of(page).items() if given[0] and not name.startswith("_")}


def problem_on(page: Any) -> tuple[str, str]:
    """The field that has a problem and what is said of it: at the field, and at the top with a link to the field."""
    assert page.status_code == 422
    tree = html.fromstring(page.text)
    (link,) = tree.xpath("//*[@id='error-summary']//a")
    id = link.get("href").removeprefix("#")
    (field,) = tree.xpath(f"//*[@id='{id}'][self::input or self::textarea or self::select]")
    (told,) = tree.xpath(f"//*[@id='error-{id}']")
    assert f"error-{id}" in " ".join(field.xpath("ancestor-or-self::*/@aria-describedby")).split()
    assert told.text_content().strip().endswith(link.text_content())
    return id, link.text_content()


def versions(database: Database) -> list[CodebookVersion]:
    with database.reading() as session:
        return codebooks.rows(session)


def stands(database: Database, family: str = "barrier_themes") -> list[tuple[str, str]]:
    with database.reading() as session:
        chosen = select(StandingLabel.label, StandingLabel.state).where(
            StandingLabel.family == family, StandingLabel.state != "asked"
        )
        return sorted(session.exec(chosen).all())


# -- Opening --------------------------------------------------------------------------------------------


def test_nothing_stands_in_a_form_but_where_an_action_is_now(staff_browser: Any) -> None:
    for url in (ADD, ADD_ACTION, MOVE, SPLIT, SPLIT_ACTION, SETTLE):
        page = staff_browser.get(url)
        assert page.status_code == 200, url
        assert typed_on(page) == ({"area": "planning"} if url == MOVE else {}), url
        assert "Nothing is changed yet" in page.text


def test_only_an_action_is_asked_for_its_priority_area(staff_browser: Any) -> None:
    assert "area" in fields_of(staff_browser.get(ADD_ACTION))
    assert "area" not in fields_of(staff_browser.get(ADD))
    assert "part-4-area" in fields_of(staff_browser.get(SPLIT_ACTION))
    assert "part-4-area" not in fields_of(staff_browser.get(SPLIT))


def test_a_hard_case_is_settled_anew_from_how_it_stands(staff_browser: Any) -> None:
    typed = typed_on(staff_browser.get(SETTLE_ANEW))
    assert typed["title"] == "A finding"
    assert typed["settled"].startswith("An effect that was seen")
    assert "Learning (practice)" in typed["codes"].split("\n")


def test_where_nothing_is_to_be_typed_what_it_would_do_is_shown_at_once(staff_browser: Any) -> None:
    for url in (RETIRE, UNSETTLE):
        page = staff_browser.get(url)
        assert "What it would do" in words(page.text)
        assert "Change what I typed" not in page.text


NOT_THERE = (
    "add?family=sun",
    "add",
    "merge?family=sun",
    "move?family=actions&code=sun",
    "move?family=kinds&code=idea",
    "split?family=sun&code=funding",
    "split?family=barrier_themes&code=%00",
    "retire?family=barrier_themes",
    "delete?family=barrier_themes&code=funding",
)
# There may have been one when the form was opened, so that what was typed is shown again.
NO_HARD_CASE = ("unsettle?family=hard-case&code=sun", "settle?family=hard-case&code=sun")


def test_what_is_not_there_cannot_be_changed(staff_browser: Any, ask: Callable) -> None:
    for of in (*NOT_THERE, *NO_HARD_CASE):
        assert staff_browser.get(f"{CHANGE}/{of}").status_code == 404, of
    for of in NOT_THERE:
        assert ask(f"{CHANGE}/{of}", {}).status_code == 404, of
        assert ask(f"{CHANGE}/{of}", {}, "apply", why="It is not there").status_code == 404, of


def test_a_name_that_is_too_long_for_any_code_is_no_fault_of_the_service(staff_browser: Any) -> None:
    assert staff_browser.get(f"{CHANGE}/retire?family=kinds&code={'a' * 10_000}").status_code == 400


def test_an_auditor_cannot_open_any(as_person: Callable) -> None:
    auditor = as_person(Person.AUDITOR)
    for url, typed in EVERY.values():
        assert auditor.get(url).status_code == 403
        assert auditor.submit(url, {**typed, "_step": "apply", "_why": "Because"}).status_code == 403


def test_a_kind_that_the_service_needs_is_refused_before_anything_is_typed(staff_browser: Any) -> None:
    code = staff_browser.get("/staff/codebook/kinds/barrier").text
    assert f"{CHANGE}/reword" in code
    for what in ("split", "retire"):
        assert f"{CHANGE}/{what}" not in code
        page = staff_browser.get(f"{CHANGE}/{what}?family=kinds&code=barrier")
        assert page.status_code == 422
        assert "the service needs this kind" in page.text


def test_an_area_with_actions_is_neither_retired_nor_split(staff_browser: Any) -> None:
    for what in ("retire", "split"):
        page = staff_browser.get(f"{CHANGE}/{what}?family=priority_areas&code=planning")
        assert page.status_code == 422
        assert "Move these actions to another priority area first" in page.text


# -- What is typed wrong ----------------------------------------------------------------------------------

LONG = "a" * 10_000
BELL = "It rains\x07 on the roof"


WRONG = [
    (ADD, {"title": ""}, "title", "Write a title"),
    (ADD, {"title": "\u200b\u2060"}, "title", "Write a title"),
    (ADD, {"title": "?!"}, "title", "Write a title"),
    (ADD, {"title": "FUNDING"}, "title", "“FUNDING” is taken"),
    (ADD, {"title": LONG}, "title", "Shorten this to 120 characters: it has 10,000"),
    (ADD, {"title": BELL}, "title", "a character that cannot be kept"),
    (ADD, {"for-the-public": LONG}, "for-the-public", "Shorten this to 500 characters"),
    (ADD, {"takes-in": ""}, "takes-in", "Write what “Weather” takes in"),
    (ADD, {"takes-in": LONG}, "takes-in", "Shorten this to 2,000 characters"),
    (ADD, {"takes-in": BELL}, "takes-in", "a character that cannot be kept"),
    (ADD, {"leaves-out": f"Snow\n{LONG}"}, "leaves-out", "Shorten line 2 to 2,000 characters"),
    (ADD, {"leaves-out": "Snow\n" * 5_000}, "leaves-out", "Write 20 lines or fewer: there are 5,000"),
    (ADD, {"leaves-out": "Snow → Sun"}, "leaves-out", "“Sun” is no code of this codebook"),
    (ADD, {"leaves-out": "Snow → Funding or Sun"}, "leaves-out", "“Sun” is no code of this codebook"),
    (ADD, {"leaves-out": "Snow ->"}, "leaves-out", "Write after the arrow"),
    (ADD, {"leaves-out": "→ Funding"}, "leaves-out", "Write before the arrow"),
    (ADD, {"leaves-out": BELL}, "leaves-out", "a character that cannot be kept"),
    (ADD, {"examples": f"Snow\n\n{LONG}"}, "examples", "Shorten line 2 to 1,000 characters"),
    (ADD, {"examples": "It snows\n" * 21}, "examples", "Write 20 lines or fewer: there are 21"),
    (ADD_ACTION, {"area": ""}, "area", "Name the priority area that “Weather” belongs to"),
    (ADD_ACTION, {"area": "Sun"}, "area", "Choose again"),
    (REWORD, {"title": "  "}, "title", "Write a title"),
    (REWORD, {"title": "Commissioning"}, "title", "“Commissioning” is taken"),
    (REWORD, {"leaves-out": "Grants → Funding"}, "leaves-out", "names this one"),
    (MOVE, {"area": ""}, "area", "Choose the priority area"),
    (MOVE, {"area": "planning"}, "area", "is in this one already"),
    (MOVE, {"area": "../sun"}, "area", "Choose again"),
    (SETTLE, {"title": ""}, "title", "Write the question"),
    (SETTLE, {"title": "a finding"}, "title", "“a finding” is settled already"),
    (SETTLE, {"title": LONG}, "title", "Shorten this to 120 characters"),
    (SETTLE, {"settled": ""}, "settled", "Write how it is settled"),
    (SETTLE, {"settled": LONG}, "settled", "Shorten this to 2,000 characters"),
    (SETTLE, {"settled": BELL}, "settled", "a character that cannot be kept"),
    (SETTLE, {"codes": "Activity\nSun"}, "codes", "“Sun” is no code of this codebook"),
    (SETTLE, {"codes": LONG}, "codes", "Shorten line 1"),
    (SETTLE_ANEW, {"title": "A bare list of what someone will do"}, "title", "is settled already"),
]


def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(ask: Callable) -> None:
    for url, typed, field, told in WRONG:
        before = {SETTLE: QUESTION, SETTLE_ANEW: QUESTION, MOVE: {}}.get(url, WEATHER)
        own = {ADD_ACTION: {"area": "planning"}, REWORD: {"leaves-out": "Snow"}}.get(url, {})
        given = {**before, **own, **typed}
        page = ask(url, given, why="Told before")
        at, said = problem_on(page)
        assert (at, told in said) == (field, True), (url, field, told, said)
        kept = fields_of(page)
        # What is not in a list cannot be shown as chosen from it.
        shown = [name for name in given if name != "area" or given[name] == "planning"]
        assert [kept[name][0].strip() for name in shown] == [given[name].strip() for name in shown]
        assert kept["_why"] == ["Told before"]


WRONG_PARTS = [
    ({"part-1-title": ""}, "part-1-title", "Write a title"),
    ({"part-2-takes-in": ""}, "part-2-takes-in", "Write what “Costs rise” takes in"),
    ({"part-2-takes-in": LONG}, "part-2-takes-in", "Shorten this to 2,000 characters"),
    ({"part-2-title": "Commissioning"}, "part-2-title", "“Commissioning” is taken"),
    ({"part-4-title": "grants end"}, "part-4-title", "is taken"),
    ({"part-4-title": BELL}, "part-4-title", "a character that cannot be kept"),
    ({"part-4-title": "", "part-4-takes-in": ""}, "part-4-title", "Write a title"),  # it has examples
    ({"part-3-code": "funding"}, "part-3-code", "this is the one that is split"),
    ({"part-3-code": "sun"}, "part-3-code", "Choose again"),
    ({"part-3-title": "Bids"}, "part-3-code", "not both"),
    ({"part-4-examples": LONG}, "part-4-examples", "Shorten line 1"),
]


def test_what_is_wrong_with_a_part_is_told_at_that_part(ask: Callable) -> None:
    for typed, field, told in WRONG_PARTS:
        given = {**FOUR, **typed}
        page = ask(SPLIT, given)
        at, said = problem_on(page)
        assert (at, told in said) == (field, True), (typed, said)
        lost = {"part-3-code"} if typed.get("part-3-code") == "sun" else set()
        assert typed_on(page) == {name: one for name, one in given.items() if one and name not in lost}


def test_what_is_folded_away_is_open_where_something_stands_in_it(ask: Callable) -> None:
    assert '<details class="fl_details fl_part-more">' in ask(SPLIT, TWO_PARTS, "edit").text
    assert '<details class="fl_details fl_part-more" open>' in ask(SPLIT, FOUR, "edit").text


def test_a_part_that_is_there_is_chosen_once(ask: Callable) -> None:
    page = ask(SPLIT, {"part-1-code": "commissioning", "part-2-code": "commissioning"})
    assert problem_on(page) == ("part-2-code", "Choose another code: this one is a part already")


def test_one_part_is_no_split(ask: Callable) -> None:
    told = "Write at least two parts"
    assert problem_on(ask(SPLIT, {})) == ("part-1-title", told)
    assert problem_on(ask(SPLIT, {"part-1-code": "commissioning"})) == ("part-2-title", told)
    assert problem_on(ask(SPLIT, {"part-2-code": "commissioning"})) == ("part-1-title", told)


WRONG_MERGES = [
    ({"merged": []}, "merged", "Choose the codes that become one"),
    ({"merged": ["sun"]}, "merged", "Choose again"),
    ({"merged": ["planning"], "stays": "planning"}, "merged", "at least two codes"),
    ({"stays": ""}, "stays", "Choose what they become"),
    ({"stays": "sun"}, "stays", "Choose again"),
    ({"stays": "support"}, "area", "Name the priority area that stays"),
    ({"stays": "new", "new-title": ""}, "new-title", "Write a title"),
    ({"stays": "new", "new-title": "Advocacy"}, "new-title", "“Advocacy” is taken"),
    ({"stays": "new", "new-takes-in": ""}, "new-takes-in", "Write what “Both” takes in"),
    ({"stays": "new"}, "area", "Name the priority area that “Both” belongs to"),
]


def test_what_is_wrong_with_a_merge_is_told_at_its_field(ask: Callable) -> None:
    both = {"merged": ["support", "planning"], "stays": "planning", "new-title": "Both", "new-takes-in": "Either."}
    for typed, field, told in WRONG_MERGES:
        given = {**both, **typed}
        page = ask(f"{CHANGE}/merge?family=actions", given)
        at, said = problem_on(page)
        assert (at, told in said) == (field, True), (typed, at, said)
        kept = fields_of(page)
        assert (kept["new-title"], kept["new-takes-in"]) == ([given["new-title"]], [given["new-takes-in"]])
        assert kept.get("merged", []) == [one for one in given["merged"] if one != "sun"]


# -- What it would do, and going back to the form ---------------------------------------------------------


def test_going_back_from_what_it_would_do_nothing_of_the_four_parts_is_lost_nor_the_reason(
    ask: Callable, staff_browser: Any
) -> None:
    preview = ask(SPLIT, FOUR)
    sent = {**fields_of(preview), "_why": "Three are one too few", "_step": "edit"}
    form = staff_browser.submit(SPLIT, sent)
    assert form.status_code == 200
    assert typed_on(form) == FOUR
    again = staff_browser.submit(SPLIT, {**fields_of(form), "_step": "preview"})
    assert "Three are one too few" in again.text
    assert typed_on(again) == FOUR


def test_some_changes_concern_nothing_that_is_coded(analysed: Callable, ask: Callable) -> None:
    analysed()
    for what in ("add", "settle", "unsettle"):
        page = words(ask(*EVERY[what]).text)
        assert "Nothing that is coded changes." in page
        assert "would change" not in page


def test_a_preview_tells_what_becomes_of_what_with_examples(
    analysed: Callable, ask: Callable, two: Two, database: Database
) -> None:
    read = analysed()
    decide(database, read.statement_ids[2], two.moira, family="barrier_themes", label="funding")
    split = words(ask(SPLIT, FOUR).text)
    assert "1 statement would change: 1 decided by people, 0 suggested." in split
    assert "Need a second look 1 statement" in split
    assert "“Funding” is split into “Grants end”, “Costs rise”, “Commissioning” and “Money comes late”" in split
    assert "Nobody funds the post after March." in split
    retired = words(ask(RETIRE, {}).text)
    assert "“Funding” stands no more" in retired
    assert "Nobody funds the post after March." in retired
    area = plan.title("priority_areas", "good-childhood")
    moved = words(ask(MOVE, MOVED).text)
    assert "1 statement would change: 0 decided by people, 1 suggested." in moved
    assert f"goes to the priority area “{area}”" in moved


def test_a_reason_that_cannot_be_kept_is_asked_for_again(ask: Callable, apply: Callable, database: Database) -> None:
    for why, wanted in ((" ", "Say why"), ("a" * 1_001, "Shorten this by 1"), (BELL, "cannot be kept")):
        answer = apply(ask(SPLIT, FOUR), SPLIT, why)
        at, told = problem_on(answer)
        assert (at, wanted in told) == ("_why", True)
        assert typed_on(answer) == FOUR
    assert versions(database) == []


# -- Doing it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", EVERY)
def test_a_change_that_is_sent_twice_is_made_once(
    staff_browser: Any, ask: Callable, database: Database, analysed: Callable, what: str
) -> None:
    analysed()
    url, typed = EVERY[what]
    sent = {**fields_of(ask(url, typed)), "_why": "Because", "_step": "apply"}
    first, second = (staff_browser.submit(url, sent) for _ in range(2))
    assert first.headers["location"] == second.headers["location"] == "/staff/codebook/versions/2?done=true"
    assert [row.number for row in versions(database)] == [2, 1]
    assert staff_browser.get(first.headers["location"]).status_code == 200


@pytest.mark.parametrize("what", EVERY)
def test_who_is_second_loses_nothing_and_can_go_on(
    ask: Callable, apply: Callable, other_change: Callable, database: Database, what: str
) -> None:
    url, typed = EVERY[what]
    preview = ask(url, typed)
    other_change()
    told = apply(preview, url, "They asked for it")
    assert told.status_code == 409
    assert "Version 2 by Ewan" in words(told.text)
    assert typed_on(told) == typed
    assert fields_of(told)["_why"] == ["They asked for it"]
    made = apply(told, url, "They asked for it")
    assert made.headers["location"] == "/staff/codebook/versions/3?done=true"
    assert plan.known("barrier_themes", "rain")


def test_who_is_second_by_a_moment_is_told_all_the_same(
    ask: Callable, apply: Callable, other_change: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview, read = ask(SPLIT, FOUR), codebook_forms.read

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(codebook_forms, "read", read)
        other_change()
        return read(*given)

    monkeypatch.setattr(codebook_forms, "read", overtaken)
    told = apply(preview, SPLIT, "They are four")
    assert told.status_code == 409
    assert "Version 2 by Ewan" in words(told.text)
    assert typed_on(told) == FOUR
    assert apply(told, SPLIT).headers["location"] == "/staff/codebook/versions/3?done=true"


def test_what_is_added_is_a_code_with_all_that_was_typed(
    change: Callable, staff_browser: Any, analysed: Callable, database: Database, walk: Callable
) -> None:
    analysed()
    assert "New: “Weather”." in change(ADD, WEATHER)
    code = plan.book().code(CodeRef("barrier_themes", "weather"))
    assert (code.title, code.summary, code.takes_in) == ("Weather", "Rain and snow", "Rain stops it.")
    assert [(one.what, one.instead) for one in code.leaves_out] == [("Money for boots", (FUNDING,))]
    assert code.examples == ("Nobody came, it snowed.", "The road was under water.")
    assert "Labels are being brought" not in staff_browser.get("/staff/codebook/versions/2").text
    assert walk() == 0
    assert stands(database) == [("funding", "suggested")]
    page = words(staff_browser.get("/staff/codebook/barrier_themes/weather").text)
    assert "Added “Weather”" in page


def test_a_title_is_one_line(change: Callable) -> None:
    change(ADD, {**WEATHER, "title": "Weather\r\nand \t roads"})
    assert plan.book().code(CodeRef("barrier_themes", "weather-and-roads")).title == "Weather and roads"


def test_an_action_that_moves_takes_what_is_coded_with_it_along(
    change: Callable, analysed: Callable, database: Database, walk: Callable
) -> None:
    analysed()
    change(MOVE, MOVED)
    assert walk() == 1
    assert stands(database, "priority_areas") == [("good-childhood", "suggested")]
    assert stands(database, "actions") == [("planning", "suggested")]


def test_what_was_suggested_as_a_split_code_is_suggested_as_each_part_and_what_was_decided_is_asked_again(
    change: Callable,
    analysed: Callable,
    database: Database,
    walk: Callable,
    two: Two,
    item_of: Callable,
    staff_browser: Any,
) -> None:
    decided, other = analysed("first"), analysed("second")
    decide(database, decided.statement_ids[2], two.moira, family="barrier_themes", label="funding")
    with database.writing() as session:
        steps.finish(session, decided.passage_ids[1], staff_id=two.moira)
        session.commit()
    change(SPLIT, FOUR)
    version = words(staff_browser.get("/staff/codebook/versions/2").text)
    assert "Split “Funding” into “Grants end”, “Costs rise”, “Commissioning” and “Money comes late”" in version
    assert "0 of 2 statements done" in version
    assert walk() == 2
    parts = ("commissioning", "costs-rise", "grants-end", "money-comes-late")
    assert stands(database) == sorted((part, "suggested") for part in parts for _ in range(2))
    assert item_of(decided.passage_ids[1]).state == "second-look"
    assert item_of(other.passage_ids[1]).state == "suggested"


def test_what_was_coded_with_a_retired_code_stands_no_more(
    change: Callable, analysed: Callable, database: Database, walk: Callable, two: Two, staff_browser: Any
) -> None:
    first, _ = analysed("first"), analysed("second")
    decide(database, first.statement_ids[2], two.moira, family="barrier_themes", label="funding")
    change(RETIRE, {})
    assert walk() == 2
    assert stands(database) == []
    assert "It was retired" in staff_browser.get("/staff/codebook/barrier_themes/funding").text
    change(TAKE_BACK, {})
    walk()
    assert stands(database) == [("funding", "accepted"), ("funding", "suggested")]


def test_a_hard_case_stands_beside_its_codes_until_it_is_taken_out(change: Callable, staff_browser: Any) -> None:
    code = "/staff/codebook/kinds/activity"
    change(SETTLE, QUESTION)
    assert "Is a budget an activity? One that is spent is." in words(staff_browser.get(code).text)
    own = "family=hard-case&code=is-a-budget-an-activity"
    typed = typed_on(staff_browser.get(f"{SETTLE}?{own}"))
    assert typed == {**QUESTION, "codes": "Activity\nSupport needed"}
    change(f"{SETTLE}?{own}", {**typed, "title": "Is money an activity?", "settled": "Never."})
    anew = words(staff_browser.get(code).text)
    assert "Is money an activity? Never." in anew
    assert "Is a budget" not in anew
    change(f"{CHANGE}/unsettle?{own}", {})
    assert "Is money an activity?" not in words(staff_browser.get(code).text)
    assert "Took out “Is money an activity?”" in words(staff_browser.get("/staff/codebook/versions").text)


def test_a_new_action_of_a_split_one_is_in_its_priority_area_unless_another_is_chosen(change: Callable) -> None:
    change(SPLIT_ACTION, {**TWO_PARTS, "part-2-area": "good-childhood"})
    areas = {id: code.priority_area for id, code in plan.by_id("actions").items() if id in ("grants-end", "costs-rise")}
    assert areas == {"grants-end": "planning", "costs-rise": "good-childhood"}


# -- Somebody else was quicker, with the same ---------------------------------------------------------------


def test_a_code_that_a_colleague_retired_meanwhile_is_not_retired_again(
    ask: Callable, apply: Callable, other_change: Callable, database: Database
) -> None:
    preview = ask(RETIRE, {})
    other_change(Retire(code=FUNDING, why="It said too little"))
    told = apply(preview, RETIRE, "Nobody uses it")
    assert told.status_code == 422
    page = words(told.text)
    assert "Version 2 by Ewan" in page
    assert "“Funding” is not in the codebook any more since version 2" in page
    assert "You had written as the reason: Nobody uses it" in page
    assert "Check it, then apply it" not in page
    assert len(versions(database)) == 2


@pytest.mark.parametrize(("url", "typed"), [(SPLIT, FOUR), (REWORD, WEATHER)])
def test_what_was_typed_on_a_code_that_is_gone_meanwhile_is_not_lost(
    ask: Callable, apply: Callable, other_change: Callable, url: str, typed: dict[str, str]
) -> None:
    typed = {name: one for name, one in typed.items() if name != "leaves-out"}
    preview = ask(url, typed)
    other_change(Retire(code=FUNDING, why="It said too little"))
    told = apply(preview, url, "They are two")
    assert told.status_code == 422
    assert "“Funding” is not in the codebook any more since version 2" in words(told.text)
    assert typed_on(told) == typed
    assert fields_of(told)["_why"] == ["They are two"]


def test_a_part_that_is_gone_meanwhile_is_to_be_chosen_again(
    ask: Callable, apply: Callable, other_change: Callable
) -> None:
    preview = ask(SPLIT, FOUR)
    other_change(Retire(code=CodeRef("barrier_themes", "commissioning"), why="Unused"))
    told = apply(preview, SPLIT)
    assert problem_on(told)[0] == "part-3-code"
    assert typed_on(told) == {name: one for name, one in FOUR.items() if name != "part-3-code"}


def test_a_title_that_a_colleague_has_taken_meanwhile(ask: Callable, apply: Callable, other_change: Callable) -> None:
    preview = ask(ADD, {**WEATHER, "title": "Rain"})
    other_change()
    assert problem_on(apply(preview, ADD)) == ("title", "Choose another title: “Rain” is taken")


def test_a_hard_case_that_a_colleague_took_out_meanwhile(
    ask: Callable, apply: Callable, other_change: Callable, staff_browser: Any
) -> None:
    typed = typed_on(staff_browser.get(SETTLE_ANEW)) | {"settled": "It is learning."}
    anew, out = ask(SETTLE_ANEW, typed), ask(UNSETTLE, {})
    other_change(Unsettle(case="finding"))
    told = apply(out, UNSETTLE)
    assert told.status_code == 422
    assert "Version 2 by Ewan" in words(told.text)
    asked = apply(anew, SETTLE_ANEW)
    assert asked.status_code == 409
    assert apply(asked, SETTLE_ANEW).status_code == 303
    assert [case.settled for case in plan.book().hard_cases if case.title == "A finding"] == ["It is learning."]


def test_which_change_is_taken_back_is_said_and_when_it_is_another_one_since(
    change: Callable, staff_browser: Any, apply: Callable, other_change: Callable
) -> None:
    change(RETIRE, {})
    preview = staff_browser.get(TAKE_BACK)
    assert "Version 2: Retired “Funding”" in words(preview.text)
    other_change()
    told = apply(preview, TAKE_BACK)
    assert told.status_code == 409
    assert "Version 3: Added “Rain”" in words(told.text)
    assert "It would now be their change that is taken back" in words(told.text)


# -- Odd input ------------------------------------------------------------------------------------------------


def test_what_was_typed_on_no_version_that_there_is_is_looked_at_first(ask: Callable, database: Database) -> None:
    for on in ("", "²", "-1", "9" * 40, "7", "one"):
        answer = ask(ADD, WEATHER, "apply", on=on, why="Because")
        assert answer.status_code == 200, on
        assert fields_of(answer)["_on"] == ["1"]
    assert versions(database) == []


def test_a_title_that_was_that_of_a_code_which_is_gone_means_nothing_of_what_was_coded_then(
    change: Callable, analysed: Callable, database: Database, walk: Callable, staff_browser: Any
) -> None:
    analysed()
    change(RETIRE, {})
    walk()
    change(ADD, {**WEATHER, "title": "Funding", "leaves-out": ""})
    walk()
    assert stands(database) == []
    assert plan.book().code(CodeRef("barrier_themes", "funding-2")).title == "Funding"
    assert "not in the codebook any more" in staff_browser.get("/staff/codebook/barrier_themes/funding").text
    change(ADD, {**WEATHER, "title": "New"})  # which is also what the form for merging calls another code
    assert CodeRef("barrier_themes", "new-2") in plan.book().codes


def test_parts_whose_titles_look_alike_are_told_apart(change: Callable) -> None:
    change(SPLIT, {**TWO_PARTS, "part-1-title": "Grants end", "part-2-title": "Grants (end)"})
    assert {CodeRef("barrier_themes", id) for id in ("grants-end", "grants-end-2")} <= set(plan.book().codes)


def test_a_part_may_keep_the_title_of_the_code_that_is_split(change: Callable) -> None:
    change(SPLIT, {**TWO_PARTS, "part-1-title": "Funding"})
    assert plan.book().code(CodeRef("barrier_themes", "funding-2")).title == "Funding"


TITLES = ("Bread or butter", "“Home”", "Is it so?", "A → B", "Money etc.", "Aig an taigh", "家", "Or so")


def test_a_form_can_be_sent_as_it_was_opened_whatever_the_titles_in_it(
    ask: Callable, staff_browser: Any, other_change: Callable
) -> None:
    url, support = f"{CHANGE}/reword?family=actions&code=support", CodeRef("actions", "support")
    odd = [
        Code(id=f"odd-{number}", title=title, takes_in="Any.", priority_area="planning")
        for number, title in enumerate(TITLES)
    ]
    named = (*(CodeRef("actions", code.id) for code in odd), CodeRef("actions", "planning"))
    other_change(
        *(Add(family="actions", code=code) for code in odd),
        Reword(code=support, leaves_out=({"what": "Lunch", "instead": named},)),
    )
    typed = typed_on(staff_browser.get(url))
    assert typed["leaves-out"].startswith(f"Lunch → {' or '.join(TITLES)} or ")
    assert "they are the same as before" in problem_on(ask(url, typed))[1]
    assert ask(url, {**typed, "title": "Helping"}).status_code == 200
    assert ask(SETTLE, {**QUESTION, "codes": "\n".join(TITLES)}).status_code == 200


def test_what_was_typed_is_shown_as_it_is_and_is_no_markup(ask: Callable) -> None:
    typed = {**WEATHER, "title": "<b>Rain</b> & “snow”", "examples": "</textarea><script>alert(1)</script>"}
    preview = ask(ADD, typed)
    assert "<script>alert" not in preview.text
    assert "<b>Rain" not in preview.text
    assert typed_on(preview) == typed
    assert typed_on(ask(ADD, typed, "edit")) == typed
