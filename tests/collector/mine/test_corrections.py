"""Other answers in the place of those that were sent: with the same checks, with history, and followed by all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from analysis import findings as found
from collector.database import Database
from collector.findings.models import StandingLabel, Statement
from collector.findings.record import record
from collector.intake import given, jobs
from collector.intake.models import Job, Passage, Round, Submission
from collector.mine import corrections
from collector.organisations.models import Organisation

DOING = "planning.doing"
PAGE = "/answers/planning-doing"


@pytest.fixture
def answer_of(database: Database) -> Callable[[Any, str], Any]:
    def ask(mine: Any, question_id: str) -> Any:
        with database.reading() as session:
            return given.answers_of(session, mine.submission_id).get(question_id)

    return ask


@pytest.fixture
def passages(database: Database) -> Callable[[], list[tuple[str, int, bool]]]:
    """The passages that stand, by position."""

    def ask() -> list[tuple[str, int, bool]]:
        with database.reading() as session:
            rows = session.exec(select(Passage).where(col(Passage.retired_at).is_(None)).order_by(Passage.position))
            return [(one.question_id, one.position, one.text) for one in rows]

    return ask


@pytest.fixture
def change(browser: Any, mine: Any) -> Callable[..., Any]:
    """Posts a page of answers as its form does, with what the form knew."""

    def post(page_id: str, fields: dict[str, Any], form: Any = None) -> Any:
        form = form or browser.get(f"{mine.url}/answers/{page_id}")
        return browser.submit(f"{mine.url}/answers/{page_id}", {**hidden(form), **fields})

    return post


def hidden(form: Any) -> dict[str, str]:
    fields = markup.tree(form).xpath('//form[@class="fl_form"]//input[@type="hidden"]')
    return {one.get("name"): one.get("value") for one in fields if one.get("name") != "_csrf"}


def words(answer: Any) -> str:
    return " ".join(markup.words(answer).split())


# -- An answer in words ------------------------------------------------------------------------------


def test_all_answers_are_shown_with_the_way_to_change_or_add(mine: Any, browser: Any, answers: dict) -> None:
    page = browser.get(f"{mine.url}/answers")
    assert answers[DOING] in markup.words(page)
    links = {one.get("href"): one.text for one in markup.tree(page).xpath('//a[contains(@href, "/answers/")]')}
    assert links[f"{mine.url}{PAGE}"] == "Change"
    assert links[f"{mine.url}/answers/planning-plans"] == "Answer"
    assert all(browser.get(url).status_code == 200 for url in links)


def test_an_answer_is_corrected_and_what_was_found_in_the_earlier_one_stands_no_longer(
    mine: Any, browser: Any, staff_browser: Any, change: Callable, answer_of: Callable, passages: Callable
) -> None:
    answer = change("planning-doing", {DOING: "We hold <b>two</b> meetings.\r\nParents come.", "_why": "It was wrong"})
    assert answer.headers["location"] == f"{mine.url}/answers?saved=yes"
    assert "Your change is saved" in browser.get(answer.headers["location"]).text
    assert answer_of(mine, DOING) == "We hold <b>two</b> meetings.\nParents come."
    assert [row[:2] for row in passages()] == [(DOING, 1), ("planning.barriers", 2)]
    profile = staff_browser.get("/staff/organisations/1").text
    assert "family meeting" not in profile
    assert "Nobody funds the post" in profile
    listed = markup.tree(staff_browser.get("/staff/sources")).xpath('//td[@data-heading="Statements"]')[0]
    assert listed.text_content().strip() == "1"
    assert "family meeting" not in browser.get(f"{mine.url}/understood").text


def test_no_label_is_left_standing_of_what_was_changed(mine: Any, change: Callable, database: Database) -> None:
    change("planning-doing", {DOING: "Other words."})
    with database.reading() as session:
        standing = session.exec(
            select(StandingLabel.label)
            .join(Statement, col(Statement.id) == StandingLabel.statement_id)
            .join(Passage, col(Passage.id) == Statement.passage_id)
            .where(col(Passage.retired_at).is_not(None))
        ).all()
        left = session.exec(select(StandingLabel.label).where(StandingLabel.family == "kinds")).all()
    assert (standing, left) == ([], ["barrier"])


def test_the_new_words_are_asked_to_be_read_and_only_those(
    mine: Any, change: Callable, database: Database, browser: Any
) -> None:
    change("planning-doing", {DOING: "Other words."})
    with database.reading() as session:
        job = session.exec(select(Job).order_by(col(Job.id).desc())).first()
        unread = session.exec(select(Passage.text).where(col(Passage.analysed_by).is_(None))).all()
    assert (job.state, job.total) == ("waiting", 2)
    assert unread == ["Other words."]
    assert "It is being read" in browser.get(mine.url).text


def test_a_second_correction_before_the_first_is_read_needs_no_second_job(
    mine: Any, change: Callable, dump: Callable
) -> None:
    for text in ("First.", "Second.", "Third."):
        change("planning-doing", {DOING: text})
    assert len(dump()["job"]) == 2  # the one that read it as it was sent, and one that waits


def test_both_wordings_stay_in_the_history_for_respondent_and_staff(
    mine: Any, browser: Any, staff_browser: Any, change: Callable, answers: dict
) -> None:
    change("planning-doing", {DOING: "Other words.", "_why": "We have changed since"})
    for page in (browser.get(f"{mine.url}/history"), staff_browser.get(f"/staff/sources/{mine.source_id}")):
        told = words(page)
        assert "changed the answer to “What are you doing now to keep the promise?” (Planning)" in told
        assert "Why: We have changed since" in told
        assert f"Before{answers[DOING]}AfterOther words." in told.replace("Before ", "Before").replace(
            "After ", "After"
        )
    assert words(browser.get(f"{mine.url}/history")).index("You changed") < words(
        browser.get(f"{mine.url}/history")
    ).index("You sent the answers")


def test_statements_of_the_earlier_wording_stay_for_staff_with_what_was_decided_and_are_decided_no_more(
    mine: Any, staff_browser: Any, change: Callable, dump: Callable
) -> None:
    verdict = {"family": "kinds", "label": "activity", "verdict": "accept"}
    staff_browser.submit("/staff/statements/1/decisions", verdict)
    change("planning-doing", {DOING: "Other words."})
    page = staff_browser.get("/staff/statements/1")
    assert "These words stand no longer" in words(page)
    assert "Accepted Activity" in words(page)
    assert not markup.tree(page).xpath("//main//form")
    assert "/staff/statements/1" in staff_browser.get(f"/staff/sources/{mine.source_id}").text
    before = dump()["decision"]
    late = staff_browser.submit("/staff/statements/1/decisions", verdict | {"verdict": "reject"})  # from an old page
    assert late.status_code == 422
    assert "changed or withdrawn it since" in words(late)
    assert dump()["decision"] == before


def test_a_worker_that_is_reading_the_earlier_words_keeps_nothing_of_them(
    mine: Any, change: Callable, database: Database, dump: Callable
) -> None:
    with database.reading() as session:
        old = session.exec(select(Passage.id).where(Passage.question_id == DOING)).one()
    change("planning-doing", {DOING: "Other words."})
    before = dump()
    late = found.Findings(id=str(old), statements=(found.Statement(0, 5, ()),), model="test-2")
    with database.writing() as session:
        record(session, {old: late})
        session.commit()
    assert dump() == before


def test_a_model_that_reads_all_again_leaves_the_earlier_words_alone(
    mine: Any, change: Callable, record_findings: Callable, browser: Any, database: Database
) -> None:
    change("planning-doing", {DOING: "Other words."})
    record_findings(mine.source_id, {1: {"Other words.": {"kinds": ["idea"]}}}, model="test-2")
    page = words(browser.get(f"{mine.url}/understood"))
    assert "an idea for what should change" in page
    assert "family meeting" not in page


def test_whatever_comes_first_of_reading_deciding_and_correcting_nothing_stands_of_words_that_are_gone(
    mine: Any, browser: Any, staff_browser: Any, record_findings: Callable, database: Database
) -> None:
    """Many at once; on PostgreSQL they truly are."""
    token, staff_token = browser.form_token(), staff_browser.form_token()

    def correct(number: int) -> int:
        fields = {"_csrf": token, "_seen": "999999", DOING: f"Wording {number}."}
        return browser.post(mine.url + PAGE, data=fields).status_code

    def read(number: int) -> int:
        record_findings(mine.source_id, {}, model=f"model-{number}")
        return 303

    def decide(number: int) -> int:
        fields = {"_csrf": staff_token, "add": ("kinds:idea", "fundamentals:listening")[number % 2]}
        return staff_browser.post("/staff/statements/1/decisions", data=fields).status_code

    with ThreadPoolExecutor(6) as pool:
        done = [pool.submit(act, number) for number in range(6) for act in (correct, read, decide)]
    assert {one.result() for one in done} <= {303, 404, 422}
    with database.reading() as session:
        standing = select(StandingLabel).join(Statement, col(Statement.id) == StandingLabel.statement_id)
        gone = standing.join(Passage, col(Passage.id) == Statement.passage_id).where(
            col(Passage.retired_at).is_not(None)
        )
        assert session.exec(gone).all() == []
        live = session.exec(select(Passage.question_id).where(col(Passage.retired_at).is_(None))).all()
    assert sorted(live) == ["planning.barriers", DOING]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("x" * 20_001, "Shorten your answer by 1 character"), ("bell \x07", "has a character that cannot be kept")],
)
def test_a_correction_is_checked_as_the_answer_was(
    typed: str, problem: str, mine: Any, change: Callable, dump: Callable
) -> None:
    before = dump()
    answer = change("planning-doing", {DOING: typed})
    assert answer.status_code == 422
    assert markup.words(answer, "//title").startswith("Error: ")
    assert any(problem in line for line in markup.problems(answer).values())
    assert markup.typed(answer, DOING)[:4] == typed[:4]
    assert dump() == before


def test_the_same_once_more_changes_nothing(mine: Any, change: Callable, browser: Any, dump: Callable) -> None:
    form = browser.get(mine.url + PAGE)
    change("planning-doing", {DOING: "Other words."}, form)
    once = dump()
    again = change("planning-doing", {DOING: "Other words."}, form)
    assert again.headers["location"] == f"{mine.url}/answers"
    assert dump() == once


def test_pressed_at_once_it_is_changed_once(mine: Any, browser: Any, dump: Callable) -> None:
    token = browser.form_token()
    fields = {"_csrf": token, "_seen": "0", DOING: "Other words."}
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(browser.post, mine.url + PAGE, data=fields) for _ in "1234"]
    assert {one.result().status_code for one in sent} == {303}
    assert (len(dump()["submission_change"]), len(dump()["passage"])) == (1, 3)


def test_a_form_that_was_open_in_another_tab_shows_both_answers_and_loses_none(
    mine: Any, browser: Any, change: Callable, answer_of: Callable
) -> None:
    stale = browser.get(mine.url + PAGE)
    change("planning-doing", {DOING: "From one tab."})
    conflict = change("planning-doing", {DOING: "From the other."}, stale)
    assert conflict.status_code == 409
    assert "From one tab." in words(conflict)
    assert markup.typed(conflict, DOING) == "From the other."
    assert answer_of(mine, DOING) == "From one tab."
    change("planning-doing", {DOING: "From the other."}, conflict)
    assert answer_of(mine, DOING) == "From the other."
    assert "From one tab." in words(browser.get(f"{mine.url}/history"))


def test_a_change_of_another_answer_is_no_conflict(mine: Any, browser: Any, change: Callable) -> None:
    stale = browser.get(mine.url + PAGE)
    change("planning-barriers", {"planning.barriers": "Other things."})
    assert change("planning-doing", {DOING: "Other words."}, stale).status_code == 303


# -- Adding and taking out ---------------------------------------------------------------------------


def test_what_was_left_out_is_added_in_its_place(mine: Any, change: Callable, passages: Callable) -> None:
    change("planning-plans", {"planning.plans": "We will train all carers by May 2027."})
    assert [row[:2] for row in passages()] == [(DOING, 1), ("planning.plans", 2), ("planning.barriers", 3)]


def test_an_answer_is_taken_out_and_needs_no_reading(
    mine: Any, change: Callable, passages: Callable, dump: Callable, browser: Any
) -> None:
    change("planning-barriers", {"planning.barriers": " "})
    assert [row[:2] for row in passages()] == [(DOING, 1)]
    assert len(dump()["job"]) == 1
    assert "You took out the answer to “What is getting in the way?”" in words(browser.get(f"{mine.url}/history"))


def test_the_last_answer_in_words_is_not_taken_out(mine: Any, change: Callable, dump: Callable) -> None:
    change("planning-barriers", {"planning.barriers": ""})
    before = dump()
    answer = change("planning-doing", {DOING: ""})
    assert answer.status_code == 422
    assert "Answer at least one question about a part of the plan that you chose" in words(answer)
    assert dump() == before


def test_a_part_of_the_plan_is_added_and_its_questions_can_be_answered(
    mine: Any, browser: Any, change: Callable, passages: Callable
) -> None:
    assert change("priority-areas", {"priority-areas": ["good-childhood", "planning"]}).status_code == 303
    page = browser.get(f"{mine.url}/answers/good-childhood-offers")
    assert page.status_code == 200
    change("good-childhood-offers", {"good-childhood.offers": "A place to meet."})
    assert [row[0] for row in passages()] == ["good-childhood.offers", DOING, "planning.barriers"]


def test_a_choice_that_takes_answers_out_says_so_first(
    mine: Any, browser: Any, change: Callable, answer_of: Callable, answers: dict
) -> None:
    change("priority-areas", {"priority-areas": ["good-childhood", "planning"]})
    change("good-childhood-offers", {"good-childhood.offers": "A place to meet."})
    warned = change("priority-areas", {"priority-areas": ["good-childhood"]})
    assert warned.status_code == 422
    assert "2 more answers are taken out" in words(warned)
    assert answer_of(mine, DOING) == answers[DOING]
    assert change("priority-areas", {"priority-areas": ["good-childhood"]}, warned).status_code == 303
    assert answer_of(mine, DOING) is None
    assert answers[DOING] in words(browser.get(f"{mine.url}/history"))


def test_a_choice_that_makes_other_answers_necessary_asks_for_them_on_the_same_page(
    send: Callable, browser: Any, database: Database
) -> None:
    alone = {"respondent": "individual", "your-name": "Ailsa"}
    kept = send(**alone)
    url = f"{kept.url}/answers/respondent"
    asked = browser.submit(url, {"respondent": "organisation"})
    assert asked.status_code == 422
    assert "Enter the name of your organisation" in words(asked)
    typed = {"respondent": "organisation", "organisation-name": "Bunavon Trust"}
    again = browser.submit(url, typed)
    assert markup.typed(again, "organisation-name") == "Bunavon Trust"
    warned = browser.submit(url, {**typed, "organisation-kind": "third_sector"})
    assert "one more answer is taken out" in words(warned)  # the person's own name
    done = browser.submit(url, {**typed, "organisation-kind": "third_sector", **hidden(warned)})
    assert done.status_code == 303
    with database.reading() as session:
        assert session.exec(select(Organisation.name).join(Submission)).all() == ["Bunavon Trust"]


# -- What else follows ---------------------------------------------------------------------------------


def test_another_name_moves_all_of_it_to_the_other_organisation(
    mine: Any, change: Callable, staff_browser: Any, database: Database
) -> None:
    fields = {"organisation-name": "Aberbeag Council", "organisation-kind": "local_authority"}
    assert change("organisation", fields).status_code == 303
    listed = staff_browser.get("/staff/organisations").text
    assert "Aberbeag Council" in listed
    assert "Kinnaird" not in listed
    with database.reading() as session:
        [organisation] = session.exec(select(Organisation.id)).all()
    assert "family meeting" in staff_browser.get(f"/staff/organisations/{organisation}").text


def test_an_organisation_that_others_answered_for_stays_with_the_areas_they_said(
    mine: Any, receive: Callable, change: Callable, staff_browser: Any
) -> None:
    receive("other", areas=["fife"])
    change("areas", {"areas": ["moray", "fife"]})
    page = markup.words(staff_browser.get("/staff/organisations"), "//table")
    assert "Fife, Moray" in page
    assert "Highland" not in page
    change("organisation", {"organisation-name": "Aberbeag Council", "organisation-kind": "local_authority"})
    assert "Kinnaird Water Council" in staff_browser.get("/staff/organisations").text


@pytest.mark.parametrize("permission", ["with-name", "do-not-publish"])
def test_what_may_be_published_is_changed_at_once_and_kept_in_the_history(
    permission: str, mine: Any, browser: Any, change: Callable, database: Database
) -> None:
    assert "May we publish your answers?" in browser.get(f"{mine.url}/answers/permission").text
    change("permission", {"permission": permission})
    with database.reading() as session:
        assert session.get_one(Submission, mine.submission_id).permission == permission
    assert "May we publish your answers?" in words(browser.get(f"{mine.url}/history"))


def test_permission_is_not_left_unsaid(mine: Any, change: Callable) -> None:
    assert change("permission", {}).status_code == 422


def test_answers_are_corrected_after_the_round_has_closed(
    mine: Any, change: Callable, database: Database, answer_of: Callable
) -> None:
    with database.writing() as session:
        session.exec(sa.update(Round).values(closes_on=date(2020, 1, 1)))
        session.commit()
    assert change("planning-doing", {DOING: "Other words."}).status_code == 303
    assert answer_of(mine, DOING) == "Other words."


def test_a_page_that_is_not_asked_gives_back_what_was_typed(mine: Any, browser: Any, dump: Callable) -> None:
    before = dump()
    answer = browser.submit(f"{mine.url}/answers/good-childhood-doing", {"good-childhood.doing": "My words"})
    assert answer.status_code == 410
    assert "My words" in words(answer)
    assert dump() == before


def test_a_correction_that_is_not_committed_leaves_nothing(mine: Any, database: Database, dump: Callable) -> None:
    from collector.intake import rounds

    before = dump()
    with database.writing() as session:
        submission = session.get_one(Submission, mine.submission_id)
        form = rounds.questionnaire_of(session, submission.questionnaire_id)
        answers = {**given.answers_of(session, submission.id), DOING: "Other words."}
        assert corrections.correct(session, submission, form, answers)
    assert dump() == before


def test_a_job_that_waits_is_asked_again_and_one_that_runs_is_not(receive: Callable, database: Database) -> None:
    job_id = receive().job_id
    with database.writing() as session:
        assert jobs.ask_again(session, 1, total=9) == job_id
        jobs.leases.claim(session, job_id)
        assert jobs.ask_again(session, 1, total=9) != job_id
        session.commit()
