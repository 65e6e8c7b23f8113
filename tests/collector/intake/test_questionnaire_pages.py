"""The questionnaire in a browser: page by page, back and forth, to a receipt."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import docx
import markup
import pypdf
import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database, now
from collector.intake import check_pages, paper, references, rounds
from collector.intake.models import Answers, Draft, DraftHolder, Job, Passage, Round, Source, Submission
from collector.intake.paper import Block, Paper
from collector.organisations.models import Organisation, OrganisationArea
from collector.queue import Queue
from forms import questionnaire
from forms.questionnaire import Questionnaire

START = "/questionnaires/keeping-the-promise"
CHECK = f"{START}/check"
FIRST = f"{START}/pages/respondent"
ASKED = ["doing", "plans", "barriers", "needs", "offers", "voice"]

INDIVIDUAL = {
    "respondent": "individual",
    "areas": ["scotland"],
    "priority-areas": ["good-childhood", "planning"],
    "good-childhood.needs": "Somebody who knows the forms.",
    "planning.voice": "They asked me, and it changed the plan.",
    "permission": "with-name",
    "contact-permission": "no",
}


def rows(database: Database, *columns: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.exec(select(*columns)))


def draft_of(database: Database) -> dict[str, Any]:
    return rows(database, Draft)[-1].answers


def kept_answers(database: Database) -> dict[str, Any]:
    [kept] = rows(database, Answers)
    return kept.given


def url_of(page: str) -> str:
    return f"{START}/pages/{page}"


# -- From the first page to the receipt -------------------------------------------------------------


def test_an_organisation_answers_page_by_page_checks_sends_and_has_a_receipt(
    browser: Any, walk_through: Callable, answers: dict, database: Database
) -> None:
    assert walk_through(browser) == [
        *("respondent", "organisation", "partners", "areas", "priority-areas"),
        *(f"planning-{asked}" for asked in ASKED),
        *("commitments", "more-lists"),
        *("documents", "permission", "follow-up", "email"),
    ]
    assert "not sent until you press Submit" in markup.words(browser.get(CHECK))
    receipt = browser.get(browser.submit(CHECK).headers["location"])
    assert receipt.status_code == 200
    assert "Kinnaird Water Council" in markup.words(receipt)
    shown = markup.words(receipt, '//*[contains(@class, "fl_reference")]')
    assert re.fullmatch(f"[{references.ALPHABET}]{{4}}-[{references.ALPHABET}]{{4}}", shown)
    [submission] = rows(database, Submission)
    assert references.shown(submission.reference) == shown
    assert kept_answers(database) == answers


def test_what_is_kept_of_a_submission_is_ready_to_be_read(
    browser: Any, fill_in: Callable, answers: dict, database: Database
) -> None:
    fill_in(browser)
    browser.submit(CHECK)
    passages = rows(database, Passage)
    assert [(one.question_id, one.concern, one.text) for one in passages] == [
        (f"planning.{asked}", "planning", answers[f"planning.{asked}"]) for asked in ("doing", "barriers")
    ]
    assert passages[1].question == "What is getting in the way?"
    [job] = rows(database, Job)
    assert (job.state, job.total, job.source_id) == ("waiting", 2, passages[0].source_id)
    [organisation] = rows(database, Organisation)
    assert (organisation.name, organisation.kind) == ("Kinnaird Water Council", "local_authority")
    assert {row.area for row in rows(database, OrganisationArea)} == {"fife", "highland"}


def test_a_person_answers_for_themselves_and_is_not_asked_about_an_organisation(
    browser: Any, walk_through: Callable, database: Database
) -> None:
    met = walk_through(browser, INDIVIDUAL)
    assert "you" in met
    assert "organisation" not in met
    receipt = browser.get(browser.submit(CHECK).headers["location"])
    assert receipt.status_code == 200
    assert kept_answers(database) == INDIVIDUAL
    assert rows(database, Organisation) == []
    [source] = rows(database, Source)
    assert source.organisation_id is None


def test_an_organisation_that_answers_twice_is_one_organisation_however_it_is_written(
    browser: Any, new_browser: Callable, fill_in: Callable, answers: dict, database: Database
) -> None:
    fill_in(browser)
    browser.submit(CHECK)
    other = new_browser()
    fill_in(other, {**answers, "organisation-name": "  kinnaird  WATER council", "areas": ["moray"]})
    other.submit(CHECK)
    assert [one.name for one in rows(database, Organisation)] == ["Kinnaird Water Council"]
    assert {row.area for row in rows(database, OrganisationArea)} == {"fife", "highland", "moray"}
    assert len(rows(database, Submission)) == 2


def test_the_start_page_tells_what_is_asked_and_leads_to_the_first_question(browser: Any) -> None:
    assert "Keeping the promise" in browser.get("/").text
    start = browser.get(START)
    assert markup.tree(start).xpath(f'//a[@href="{FIRST}"]')
    assert "What is getting in the way?" in browser.get(f"{START}/questions").text


def test_all_the_questions_can_be_downloaded_as_a_word_document_before_starting(browser: Any) -> None:
    page = markup.tree(browser.get(f"{START}/questions"))
    [_, url] = page.xpath("//a[@download]/@href")
    answer = browser.get(url)
    assert answer.headers["content-disposition"] == 'attachment; filename="keeping-the-promise-questions.docx"'
    document = docx.Document(BytesIO(answer.content))
    asked = [line.text for line in document.paragraphs if line.style.name == "Heading 2"]
    steps = questionnaire.load("keeping-the-promise").steps
    assert [words.removesuffix(" (optional)") for words in asked] == [
        question.label for step in steps for question in step.page.questions
    ]
    assert len(asked) > 30
    assert document.core_properties.language == "en-GB"
    said = [line.text for line in document.paragraphs]
    who = ["The Promise Scotland", f"http://127.0.0.1:8000{START}", "Get in touch: feedback-loop@example.org"]
    assert said[1:4] == who
    assert "☐\tAn organisation: You speak for a council, a charity, a health board, a group or any other body." in said
    assert browser.get("/questionnaires/none/questions.docx").status_code == 404


def test_a_word_document_is_set_out_for_a4_and_has_nothing_of_the_look_that_its_library_brings(browser: Any) -> None:
    document = docx.Document(BytesIO(browser.get(f"{START}/questions.docx").content))
    assert (round(document.sections[0].page_width.mm), round(document.sections[0].page_height.mm)) == (210, 297)
    used = [line.style for line in document.paragraphs]
    assert {style.font.name for style in used} == {"Arial"}
    assert {str(style.font.color.rgb) for style in used} == {"000000", "595959"}
    assert not any("Theme" in name for style in used for name in style.element.rPr.rFonts.attrib)
    # What stands for room to write is a rule, and nothing that is read out sign by sign.
    lines = [line for line in document.paragraphs if line.style.name == "Line"]
    assert len(lines) > 50
    assert {line.text for line in lines} == {""}
    assert len(lines[0].style.element.findall(".//{*}pBdr/{*}bottom")) == 1
    assert document.sections[0].footer._element.xpath("//w:fldSimple/@w:instr") == ["PAGE"]


def test_all_the_questions_can_be_downloaded_as_a_pdf_that_a_screen_reader_can_follow(browser: Any) -> None:
    page = markup.tree(browser.get(f"{START}/questions"))
    [url, _] = page.xpath("//a[@download]/@href")
    answer = browser.get(url)
    assert answer.headers["content-disposition"] == 'attachment; filename="keeping-the-promise-questions.pdf"'
    document = pypdf.PdfReader(BytesIO(answer.content))
    printed = "".join("".join(page.extract_text() for page in document.pages).split())
    steps = questionnaire.load("keeping-the-promise").steps
    assert all("".join(question.label.split()) in printed for step in steps for question in step.page.questions)
    assert document.root_object["/MarkInfo"]["/Marked"]
    assert document.root_object["/Lang"] == "en-GB"
    assert document.metadata.title == "Keeping the promise"
    assert browser.get(url).content == answer.content
    assert browser.get("/questionnaires/none/questions.pdf").status_code == 404


@pytest.mark.parametrize(
    "words", ['#read("/etc/passwd")', "$x$ *b* _i_ `c` \\ @a <l> [z]", "a\nb", "= é ŵ", "// Żółw, Ёлка"]
)
def test_words_on_paper_are_never_read_as_layout(words: str) -> None:
    printed = paper.as_pdf(Paper("T", (Block("words", words), Block("choice", words))))
    text = "".join(pypdf.PdfReader(BytesIO(printed)).pages[0].extract_text().split())
    assert text.count("".join(words.split())) == 2


def test_who_asks_for_a_pdf_of_what_its_fonts_cannot_show_gets_the_word_document(
    browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "all_questions", lambda *_: Paper("وعدہ", (Block("words", "وعدہ"),)))
    answer = browser.get(f"{START}/questions.pdf")
    assert answer.headers["location"] == f"{START}/questions.docx"
    assert browser.get(answer.headers["location"]).status_code == 200


def test_a_date_and_a_number_are_typed_on_a_page_shown_back_when_wrong_and_checked_in_words(
    new_browser: Callable, database: Database
) -> None:
    browser, counts = new_browser(), "/questionnaires/counts"
    with database.writing() as session:
        rounds.open_round(session, Questionnaire.from_definition(COUNTS), slug="counts", title="Counts")
        session.commit()
    wrong = browser.submit(f"{counts}/pages/first", {"begun": ["31", "", "2027"], "children": ["many"]})
    assert wrong.status_code == 422
    tree = markup.tree(wrong)
    assert tree.xpath('//input[@name="begun"]/@value') == ["31", "", "2027"]
    assert tree.xpath('//input[@id="begun"]')
    assert tree.xpath('//a[@href="#begun"]')
    assert tree.xpath('//input[@name="children"]/@value') == ["many"]
    assert "Add the month to the date" in wrong.text
    good = browser.submit(f"{counts}/pages/first", {"begun": ["31", "March", "2027"], "children": ["1,200"]})
    assert good.headers["location"].endswith("/check")
    checked = browser.get(f"{counts}/check").text
    assert "31 March 2027" in checked
    assert "1,200 children" in checked
    again = markup.tree(browser.get(f"{counts}/pages/first"))
    assert again.xpath('//input[@name="begun"]/@value') == ["31", "3", "2027"]


COUNTS = {
    "slug": "counts",
    "version": 1,
    "title": "Counts",
    "summary": "What we count.",
    "audience": "Anyone.",
    "framework": "plan-21-24",
    "minutes": 2,
    "pages": [
        {
            "id": "first",
            "title": "About the work",
            "questions": [
                {"id": "begun", "type": "date", "label": "When did it begin?", "missing": "Enter the day it began"},
                {"id": "children", "type": "number", "label": "How many?", "unit": "children", "optional": True},
            ],
        }
    ],
}


# -- Problems ---------------------------------------------------------------------------------------


def test_a_page_with_a_problem_comes_back_with_all_that_was_typed_and_leads_to_the_field(
    browser: Any, database: Database
) -> None:
    browser.submit(FIRST, {"respondent": "organisation"})
    answer = browser.submit(url_of("organisation"), {"organisation-name": "", "organisation-kind": "health_board"})
    assert answer.status_code == 422
    assert markup.problems(answer) == {"#organisation-name": "Enter the name of your organisation"}
    assert markup.chosen(answer, "organisation-kind") == ["health_board"]
    assert markup.tree(answer).xpath('//input[@id="organisation-name"][@aria-invalid="true"]')
    assert markup.words(answer, "//title").startswith("Error: ")
    assert draft_of(database) == {"respondent": "organisation"}


def test_an_answer_that_is_too_long_comes_back_whole(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    long = "wörter 💙 " * 2500
    answer = browser.submit(url_of("planning-plans"), {"planning.plans": long})
    assert answer.status_code == 422
    assert "Shorten your answer by 2,500 characters" in markup.problems(answer)["#planning.plans"]
    assert markup.typed(answer, "planning.plans") == long
    assert "planning.plans" not in draft_of(database)


@pytest.mark.parametrize(
    ("page", "field", "sent"),
    [
        ("respondent", "respondent", []),
        ("respondent", "respondent", ["a stranger"]),
        ("respondent", "respondent", ["organisation", "individual"]),
        ("areas", "areas", ["scotland", "fife"]),
        ("priority-areas", "priority-areas", []),
        ("email", "email", ["not an address"]),
        ("permission", "permission", [""]),
    ],
)
def test_a_choice_that_makes_no_sense_is_said_so(
    page: str, field: str, sent: list[str], browser: Any, fill_in: Callable, dump: Callable
) -> None:
    fill_in(browser)
    before = dump()
    answer = browser.submit(url_of(page), {field: sent})
    assert (answer.status_code, list(markup.problems(answer))) == (422, [f"#{field}"])
    assert dump() == before


def test_answers_that_are_not_complete_are_not_sent_and_each_gap_leads_to_its_page(
    browser: Any, fill_in: Callable, database: Database
) -> None:
    browser.submit(FIRST, {"respondent": "individual"})
    answer = browser.submit(CHECK)
    assert answer.status_code == 422
    gaps = markup.problems(answer)
    assert gaps[f"{url_of('permission')}?check=1"] == "Choose whether we may publish your answers"
    assert f"{url_of('areas')}?check=1" in gaps
    assert rows(database, Submission) == []


def test_at_least_one_question_about_a_part_of_the_plan_must_be_answered(browser: Any, fill_in: Callable) -> None:
    fill_in(browser, {key: value for key, value in INDIVIDUAL.items() if "." not in key})
    answer = browser.submit(CHECK)
    assert answer.status_code == 422
    assert "Answer at least one question about a part of the plan that you chose" in markup.words(answer)


# -- Back, forth and change -------------------------------------------------------------------------


def test_back_leads_through_the_pages_in_reverse_and_finds_what_was_typed(
    browser: Any, walk_through: Callable, answers: dict
) -> None:
    met = walk_through(browser)
    url, seen = CHECK, []
    while (url := markup.back(browser.get(url))) != START:
        seen.append(url)
    assert [one.rpartition("/")[2] for one in seen] == met[::-1]
    assert markup.typed(browser.get(url_of("planning-doing")), "planning.doing") == answers["planning.doing"]
    assert markup.chosen(browser.get(url_of("areas")), "areas") == ["fife", "highland"]


def test_change_leads_to_the_page_and_straight_back_to_the_check(browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    change = f"{url_of('planning-plans')}?check=1"
    assert markup.tree(browser.get(CHECK)).xpath(f'//a[@href="{change}"]')
    assert markup.back(browser.get(change)) == CHECK
    assert browser.submit(change, {"planning.plans": "By June 2027."}).headers["location"] == CHECK
    assert "By June 2027." in markup.words(browser.get(CHECK))


def test_a_change_that_brings_new_questions_leads_to_them_and_not_past_them(browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    change = f"{url_of('priority-areas')}?check=1"
    answer = browser.submit(change, {"priority-areas": ["good-childhood", "planning"]})
    assert answer.headers["location"] == url_of("good-childhood-doing")


def test_answers_under_a_choice_taken_back_are_kept_in_the_draft_and_not_sent(
    browser: Any, fill_in: Callable, database: Database
) -> None:
    fill_in(browser, INDIVIDUAL)
    browser.submit(url_of("priority-areas"), {"priority-areas": ["planning"]})
    assert "Somebody who knows the forms." not in browser.get(CHECK).text
    assert draft_of(database)["good-childhood.needs"] == "Somebody who knows the forms."
    browser.submit(url_of("priority-areas"), {"priority-areas": ["good-childhood", "planning"]})
    page = browser.get(url_of("good-childhood-needs"))
    assert markup.typed(page, "good-childhood.needs") == "Somebody who knows the forms."
    browser.submit(url_of("priority-areas"), {"priority-areas": ["planning"]})
    assert browser.submit(CHECK).status_code == 303
    assert set(kept_answers(database)) == set(INDIVIDUAL) - {"good-childhood.needs"}


def test_an_answer_that_is_blanked_is_gone(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    browser.submit(url_of("email"), {"email": ""})
    assert "email" not in draft_of(database)


def test_pages_ahead_cannot_be_opened_before_the_first(browser: Any) -> None:
    for url in (url_of("permission"), url_of("organisation"), url_of("planning-doing"), CHECK):
        assert browser.get(url).headers["location"] == START
        assert browser.submit(url).headers["location"] == START


def test_fields_that_are_not_of_the_page_are_passed_over(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    extra = {"respondent": "individual", "permission": "with-name", "submission_id": "1", "sample": "1", "id": "7"}
    before = draft_of(database)
    browser.submit(url_of("email"), {"email": before["email"], **extra})
    assert draft_of(database) == before
    [draft] = rows(database, Draft)
    assert draft.submission_id is None
    browser.submit(CHECK, {"permission": "with-name", "token_id": "1", "organisation_id": "99", "reference": "AAAA"})
    [submission] = rows(database, Submission)
    assert (submission.permission, submission.token_id) == ("without-name", None)


def test_a_file_in_place_of_an_answer_is_no_answer(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    answer = browser.submit(url_of("planning-plans"), files={"planning.plans": ("plan.txt", b"what we plan")})
    assert answer.status_code == 303
    assert "planning.plans" not in draft_of(database)


# -- Drafts -----------------------------------------------------------------------------------------


def test_a_draft_is_out_of_reach_of_every_other_browser(
    browser: Any, new_browser: Callable, staff_browser: Any, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    [draft] = rows(database, Draft)
    forger = new_browser()
    forger.cookies.set("visitor", rows(database, DraftHolder)[0].secret_hash, domain="127.0.0.1")
    for stranger in (new_browser(), staff_browser, forger):
        assert stranger.get(CHECK).headers["location"] == START
        assert stranger.get(url_of("planning-doing")).headers["location"] == START
        assert "answers that are not sent yet" not in stranger.get(START).text
        assert "Kinnaird" not in stranger.get(FIRST).text
    assert browser.cookies["visitor"] not in repr(draft)


def test_a_draft_is_kept_for_four_weeks_after_the_last_page_and_then_forgotten(
    browser: Any, new_browser: Callable, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    [draft] = rows(database, Draft)
    assert timedelta(days=27) < draft.expires_at - now() <= timedelta(days=28)
    set_all(database, Draft, expires_at=now())
    assert browser.get(CHECK).headers["location"] == START
    new_browser().submit(FIRST, {"respondent": "individual"})  # somebody else begins
    assert [one.answers for one in rows(database, Draft)] == [{"respondent": "individual"}]


def set_all(database: Database, table: Any, **values: Any) -> None:
    with database.writing() as session:
        session.exec(sa.update(table).values(**values))
        session.commit()


def test_two_pages_saved_at_once_are_both_kept(browser: Any, fill_in: Callable, database: Database) -> None:
    """Two windows of one browser."""
    fill_in(browser, INDIVIDUAL)
    token = browser.form_token()
    for round_ in range(5):
        texts = {"plans": f"plan {round_}", "offers": f"offer {round_}", "needs": f"need {round_}"}
        with ThreadPoolExecutor(3) as pool:
            posts = [
                pool.submit(browser.post, url_of(f"planning-{asked}"), data={"_csrf": token, f"planning.{asked}": text})
                for asked, text in texts.items()
            ]
        assert {post.result().status_code for post in posts} == {303}
        draft = draft_of(database)
        assert {asked: draft[f"planning.{asked}"] for asked in texts} == texts


def test_a_first_page_saved_twice_at_once_begins_one_draft(new_browser: Callable, database: Database) -> None:
    for number in range(1, 4):
        browser = new_browser()
        token = browser.form_token()
        with ThreadPoolExecutor(4) as pool:
            posts = [
                pool.submit(browser.post, FIRST, data={"_csrf": token, "respondent": "individual"}) for _ in range(4)
            ]
        assert {post.result().status_code for post in posts} == {303}
        assert len(rows(database, Draft)) == number


# -- Sent, and sent again ---------------------------------------------------------------------------


def test_submitting_twice_sends_once_and_leads_to_the_same_receipt(
    browser: Any, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    receipts = {browser.submit(CHECK).headers["location"] for _ in range(3)}
    assert len(receipts) == len(rows(database, Submission)) == len(rows(database, Job)) == 1


def test_submitting_several_times_at_once_sends_once(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    token = browser.form_token()
    with ThreadPoolExecutor(6) as pool:
        posts = [pool.submit(browser.post, CHECK, data={"_csrf": token}) for _ in range(6)]
    assert len({post.result().headers["location"] for post in posts}) == 1
    assert len(rows(database, Submission)) == len(rows(database, Job)) == 1


def test_going_back_after_sending_shows_that_it_was_sent(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    receipt = browser.submit(CHECK).headers["location"]
    for answer in (browser.get(CHECK), browser.get(url_of("planning-doing")), browser.submit(FIRST)):
        assert markup.title(answer) == "These answers have already been sent"
        assert markup.tree(answer).xpath(f'//a[@href="{receipt}"]')
    assert draft_of(database) == {}  # the words are the submission's now


def test_after_sending_the_same_browser_can_begin_and_send_another(
    browser: Any, walk_through: Callable, answers: dict, database: Database
) -> None:
    receipts = set()
    for name in ("Kinnaird Water Council", "Kinnaird Water Trust", "Kinnaird Water Trust"):
        walk_through(browser, {**answers, "organisation-name": name}, query="?again=1" if receipts else "")
        answer = browser.submit(CHECK)
        assert answer.status_code == 303
        receipts.add(answer.headers["location"])
    assert len(receipts) == len(rows(database, Submission)) == 3


def test_the_receipt_tells_the_reference_and_none_of_the_answers(
    browser: Any, new_browser: Callable, fill_in: Callable, answers: dict
) -> None:
    fill_in(browser)
    url = browser.submit(CHECK).headers["location"]
    receipt = new_browser().get(url)  # the address alone opens it, on any device
    assert receipt.status_code == 200
    for key in ("planning.doing", "planning.barriers", "email"):
        assert answers[key] not in receipt.text


def test_a_wrong_receipt_address_is_not_found(browser: Any, receive: Callable) -> None:
    submission = receive()
    for wrong in ("no-such", submission.reference, str(submission.submission_id), submission.receipt_key[:-1], "%25"):
        assert browser.get(f"/receipts/{wrong}").status_code == 404


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "redis+socket:///no/such/broker.sock"])
def test_a_broker_that_is_away_delays_nobody_and_loses_nothing(
    broker: str, browser: Any, fill_in: Callable, app: Any, database: Database
) -> None:
    app.state.queue = Queue(broker)
    fill_in(browser)
    token, started = browser.form_token(), time.monotonic()
    answer = browser.post(CHECK, data={"_csrf": token})
    assert (answer.status_code, time.monotonic() - started < 1) == (303, True)
    assert [job.state for job in rows(database, Job)] == ["waiting"]


# -- Rounds that open and close ---------------------------------------------------------------------


def test_a_round_takes_answers_to_the_end_of_its_last_day_and_not_after(browser: Any, database: Database) -> None:
    set_all(database, Round, closes_on=date.today() + timedelta(days=1))
    assert browser.get(START).status_code == 200
    set_all(database, Round, closes_on=date.today() - timedelta(days=2))
    assert browser.get(START).status_code == 410
    assert "Nothing is open at the moment" in browser.get("/").text


def test_a_questionnaire_that_is_not_open_is_not_found(browser: Any) -> None:
    for url in ("/questionnaires/no-such", "/questionnaires/no-such/pages/respondent", "/questionnaires/no-such/check"):
        assert browser.get(url).status_code == 404
        assert browser.get(url + "/").status_code == 404


def test_who_is_writing_when_the_round_closes_is_told_so_and_gets_the_words_back(
    browser: Any, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    set_all(database, Round, closes_on=date(2026, 1, 31))
    answer = browser.submit(url_of("planning-doing"), {"planning.doing": "Written at the last minute. <b>"})
    assert answer.status_code == 410
    assert markup.title(answer) == "This questionnaire has closed"
    shown = markup.words(answer)
    for words in ("31 January 2026", "feedback-loop@example.org", "Written at the last minute. <b>", "Nobody funds"):
        assert words in shown
    assert "Parents chair it." not in shown  # replaced by what was typed


@pytest.mark.parametrize(
    ("method", "url"), [("GET", START), ("GET", FIRST), ("GET", CHECK), ("POST", FIRST), ("POST", CHECK)]
)
def test_every_page_of_a_closed_questionnaire_says_when_it_closed(
    method: str, url: str, browser: Any, database: Database
) -> None:
    set_all(database, Round, closes_on=date(2026, 1, 31))
    answer = browser.submit(url) if method == "POST" else browser.get(url)
    assert (answer.status_code, "31 January 2026" in markup.words(answer)) == (410, True)
    assert rows(database, Submission) == []


def test_answers_changed_in_another_window_while_they_are_checked_are_checked_again(
    browser: Any, fill_in: Callable, answers: dict, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checking is done outside the one writer's turn, so that another window can write meanwhile."""
    fill_in(browser)
    read_whole = check_pages.forms_answers.read_whole

    def while_another_window_writes(*given: Any) -> Any:
        monkeypatch.setattr(check_pages.forms_answers, "read_whole", read_whole)
        set_all(database, Draft, answers={**answers, "planning.doing": "Changed."}, saved_at=now())
        return read_whole(*given)

    monkeypatch.setattr(check_pages.forms_answers, "read_whole", while_another_window_writes)
    assert browser.submit(CHECK).status_code == 303
    assert kept_answers(database)["planning.doing"] == "Changed."
