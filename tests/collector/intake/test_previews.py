"""Previews of questionnaires: the same pages by a secret link, and nothing of it left behind."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import markup
import pytest
from sqlmodel import select

from collector.database import Database
from collector.intake import drafts, previews, rounds, versions
from collector.intake.models import Draft, PublishedQuestionnaire, Round
from collector.mail.models import Mail
from forms import definitions, questionnaire

HOME = "/staff/rounds/previews"
LEFT_ALONE = ("submission", "answers", "source", "passage", "job", "round_page_count", "mail")


@pytest.fixture
def unpublished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A questionnaire in a file that no round has asked yet."""
    shipped = questionnaire.FOLDER / "keeping-the-promise.yaml"
    content = definitions.read(shipped).content | {"slug": "newer", "version": 7, "title": "A newer questionnaire"}
    (tmp_path / "newer.yaml").write_text(definitions.written(content), "utf-8")
    monkeypatch.setattr(versions.questionnaires, "FOLDER", tmp_path)
    return "newer_v7"


@pytest.fixture
def link(staff_browser: Any, unpublished: str) -> str:
    staff_browser.submit(HOME, {"version": unpublished})
    [found] = markup.tree(staff_browser.get(HOME)).xpath('//a[contains(@href, "/preview/")]/@href')
    return found.removeprefix("http://127.0.0.1:8000")


def walk(browser: Any, link: str, answers: dict[str, Any]) -> str:
    """Answer every page of the preview; returns the address that answers are sent at."""
    start = browser.get(link).headers["location"]
    page = browser.get(start)
    [url] = markup.tree(page).xpath('//*[@class="fl_start"]//a/@href')
    for _ in range(100):
        if url.endswith("/check"):
            return url
        page = browser.get(url)
        assert "Nothing is sent" in markup.words(page, "//header")
        asked = set(markup.tree(page).xpath("//main//form//@name"))
        sent = browser.submit(url, {name: value for name, value in answers.items() if name in asked})
        assert sent.status_code == 303, url
        url = sent.headers["location"]
    raise AssertionError("The preview has no end")


def test_a_preview_is_walked_to_its_end_and_leaves_nothing(
    browser: Any, link: str, answers: dict, dump: Callable, database: Database
) -> None:
    before = dump()
    check = walk(browser, link, answers)
    assert check.startswith("/questionnaires/preview.")
    end = browser.submit(check)
    assert markup.title(end) == "This is where answers are sent"
    assert "Nobody funds the post after March." in markup.words(end)
    assert dump() == before
    assert all(not before[table] for table in LEFT_ALONE)


def test_a_preview_freezes_no_version_and_stands_in_no_list(
    staff_browser: Any, browser: Any, link: str, database: Database, unpublished: str
) -> None:
    form = staff_browser.get("/staff/rounds/new")
    assert "Not used yet" in markup.words(form)
    assert "A newer questionnaire" not in markup.words(browser.get("/"))
    assert browser.get("/questionnaires/newer").status_code == 404
    assert "A newer questionnaire" not in markup.words(staff_browser.get("/staff/rounds"))
    with database.reading() as session:
        preview_id = session.exec(select(Round.id).where(Round.preview)).one()
    assert staff_browser.get(f"/staff/rounds/{preview_id}").status_code == 404
    sent = {"title": "Real", "questionnaire": unpublished, "opens": ["1", "1", "2090"]}
    assert staff_browser.submit("/staff/rounds/new", sent).status_code == 303
    with database.reading() as session:
        assert (
            session.exec(select(PublishedQuestionnaire.version).where(PublishedQuestionnaire.slug == "newer")).one()
            == 7
        )


def test_each_who_has_the_link_types_for_themselves(browser: Any, new_browser: Callable, link: str) -> None:
    start = browser.get(link).headers["location"]
    browser.submit(f"{start}/pages/respondent", {"respondent": "individual"})
    assert "answers that are not sent" in markup.words(browser.get(start))
    assert "answers that are not sent" not in markup.words(new_browser().get(start))
    for url in ("", "/questions", "/questions.docx", "/tasks", "/check", "/pages/respondent"):
        assert browser.get(start + url).status_code == 200, url
    answer, secret = browser.get(f"{start}/questions.docx"), start.rsplit("/", 1)[1]
    assert answer.headers["content-disposition"] == 'attachment; filename="preview-questions.docx"'
    assert not any(secret in line.text for line in docx.Document(BytesIO(answer.content)).paragraphs)


def test_what_is_typed_in_a_preview_cannot_be_mailed_or_shared(browser: Any, link: str, database: Database) -> None:
    start = browser.get(link).headers["location"]
    browser.submit(f"{start}/pages/respondent", {"respondent": "individual"})
    assert "/share" not in browser.get(f"{start}/tasks").text
    assert browser.get(f"{start}/share").headers["location"] == f"{start}/tasks"
    for way in ("email", "link"):
        sent = browser.submit(f"{start}/share/{way}", {"email": "someone@example.org"})
        assert sent.headers["location"] == f"{start}/tasks"
    with database.reading() as session:
        assert session.exec(select(Mail)).all() == []


@pytest.mark.parametrize(
    "change",
    [lambda key: key[:-1], lambda key: "1-" + "0" * 32, lambda key: "x", lambda key: "9" * 30, lambda key: "-"],
)
def test_another_link_opens_nothing(change: Callable, browser: Any, link: str) -> None:
    key = link.removeprefix("/preview/")
    assert browser.get(browser.get(f"/preview/{change(key)}").headers["location"]).status_code == 404


def test_asking_twice_for_the_same_preview_makes_one(staff_browser: Any, link: str, unpublished: str) -> None:
    staff_browser.submit(HOME, {"version": unpublished})
    assert len(markup.tree(staff_browser.get(HOME)).xpath('//a[contains(@href, "/preview/")]')) == 1
    page = staff_browser.submit(HOME, {"version": "none"})
    assert markup.problems(page) == {"#version": "Choose a questionnaire"}


def test_a_preview_that_is_deleted_takes_all_that_was_typed_along(
    staff_browser: Any, browser: Any, link: str, database: Database
) -> None:
    start = browser.get(link).headers["location"]
    browser.submit(f"{start}/pages/respondent", {"respondent": "individual"})
    with database.reading() as session:
        preview_id = session.exec(select(Round.id).where(Round.preview)).one()
    for id in (preview_id, "x", preview_id, "9" * 30):
        staff_browser.submit(f"{HOME}/end", {"preview": id})
    assert browser.get(start).status_code == 404
    with database.reading() as session:
        assert session.exec(select(Draft)).all() == []
        assert len(session.exec(select(PublishedQuestionnaire)).all()) == 1


@pytest.fixture
def slug(link: str) -> str:
    return f"{rounds.PREVIEW_SLUG}{link.removeprefix('/preview/')}"


@pytest.mark.slow
def test_one_that_is_deleted_while_somebody_begins_takes_that_along(
    staff_browser: Any, slug: str, database: Database, app: Any
) -> None:
    token = staff_browser.form_token()
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            [(round_, _)] = previews.found(session, slug, app.state.form_key)
            drafts.save(session, "a secret", round_, asked=set(), answers={"respondent": "individual"})
            ending = pool.submit(staff_browser.post, f"{HOME}/end", data={"_csrf": token, "preview": round_.id})
            assert not wait([ending], timeout=0.5).done  # for what was begun is not to be seen yet
            session.commit()
        assert ending.result().status_code == 303
    with database.reading() as session:
        assert session.exec(select(Draft)).all() == []
        assert session.exec(select(Round.slug)).all() == ["first-round"]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_comes_while_one_is_deleted_is_told_that_there_is_none(
    method: str, browser: Any, slug: str, database: Database
) -> None:
    fields = {"_csrf": browser.form_token(), "respondent": "individual"}
    address = f"/questionnaires/{slug}/pages/respondent"
    with ThreadPoolExecutor(1) as pool, database.writing() as session:
        [preview_id] = session.exec(select(Round.id).where(Round.preview))
        previews.end(session, preview_id)
        coming = pool.submit(browser.request, method, address, data=fields if method == "POST" else None)
        wait([coming], timeout=0.5)
        session.commit()
        session.close()
    assert coming.result().status_code in ({404} if method == "POST" else {200, 404})
    assert browser.get(address).status_code == 404


def test_a_real_round_is_not_ended_as_a_preview(staff_browser: Any, open_round: Round, database: Database) -> None:
    staff_browser.submit(f"{HOME}/end", {"preview": open_round.id})
    with database.reading() as session:
        assert session.get(Round, open_round.id)


def test_a_preview_goes_when_its_last_day_is_over(
    browser: Any, link: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = browser.get(link).headers["location"]
    later = rounds.now() + previews.KEPT_FOR + timedelta(days=1)
    monkeypatch.setattr(rounds, "now", lambda: later)
    assert browser.get(start).status_code == 404
    with database.writing() as session:
        previews.forget_expired(session)
        session.commit()
    with database.reading() as session:
        assert session.exec(select(Round.slug)).all() == ["first-round"]
