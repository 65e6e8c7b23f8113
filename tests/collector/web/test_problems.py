"""What cannot be done now: whoever posted gets all of it back, to be posted once more."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import markup
import pytest
from litestar import Litestar

CHECKED = "/questionnaires/keeping-the-promise/check"
DOCUMENTS = "/questionnaires/keeping-the-promise/pages/documents/files"
DOING = "/questionnaires/keeping-the-promise/pages/planning-doing?check=1"
WORDS = 'We hold <b>family</b> meetings,\r\nand "parents" chair them.'


@pytest.fixture
def failing(app: Litestar) -> Callable[[], AbstractContextManager]:
    """Nothing can be asked of the database for a while."""

    @contextmanager
    def away() -> Iterator[None]:
        database, app.state.database = app.state.database, None
        yield
        app.state.database = database

    return away


def form_again(answer: Any) -> dict[str, str]:
    fields = markup.tree(answer).xpath("//main//form[@method='post'][last()]//input[@type='hidden']")
    return {field.get("name"): field.get("value") for field in fields}


def test_what_was_typed_is_given_back_and_is_saved_when_it_is_sent_again(
    browser: Any, fill_in: Callable, failing: Callable, dump: Callable
) -> None:
    fill_in(browser)
    token = browser.form_token()
    with failing():
        failed = browser.post(DOING, data={"_csrf": token, "_form": "one", "planning.doing": WORDS, "": "no name"})
    assert failed.status_code == 500
    assert "press “Try again”" in markup.words(failed)
    assert markup.words(failed, "//blockquote[1]").split() == WORDS.split()
    assert "Hide this page" in failed.text
    fields = form_again(failed)
    assert (fields["_form"], fields["planning.doing"].split()) == ("one", WORDS.split())
    again = browser.post(DOING, data=fields)
    assert (again.status_code, again.headers["location"]) == (303, CHECKED)
    assert "<b>family</b> meetings" in repr(dump()["draft"])


def test_a_button_that_was_pressed_is_pressed_again(browser: Any, fill_in: Callable, failing: Callable) -> None:
    fill_in(browser)
    token = browser.form_token()
    with failing():
        failed = browser.post(CHECKED, data={"_csrf": token})
    assert "What you had written" not in failed.text
    assert "Hide this page" not in failed.text
    assert browser.post(CHECKED, data=form_again(failed)).headers["location"].startswith("/receipts/")


def test_who_chose_a_file_is_told_that_it_has_to_be_chosen_once_more(
    browser: Any, fill_in: Callable, failing: Callable
) -> None:
    fill_in(browser)
    token, plan = browser.form_token(), {"documents": ("plan.txt", b"We plan to open.")}
    with failing():
        with_file = browser.post(DOCUMENTS, data={"_csrf": token}, files=plan)
        without = browser.post(DOCUMENTS, data={"_csrf": token}, files={"documents": ("", b"")})
    assert (with_file.status_code, without.status_code) == (500, 500)
    assert "The file that you chose is not kept" in with_file.text
    assert "The file that you chose" not in without.text
    assert browser.post(DOCUMENTS, data=form_again(with_file)).status_code == 303


def test_a_password_is_not_given_back(browser: Any, failing: Callable) -> None:
    token = browser.form_token()
    with failing():
        failed = browser.post("/sign-in", data={"_csrf": token, "email": "a@example.org", "password": "a b c d e f"})
    assert failed.status_code == 500
    assert "a b c" not in failed.text
    assert "Try again in a few minutes" in failed.text
    assert form_again(failed) == {}


def test_where_nothing_was_posted_there_is_nothing_to_send_again(browser: Any, failing: Callable) -> None:
    with failing():
        assert form_again(browser.get(DOING)) == {}
