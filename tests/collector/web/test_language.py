"""The language of the pages: chosen by a link, kept in a cookie, held apart from what others chose."""

import asyncio
from typing import Any

import httpx
import pytest
from lxml import html

from forms import speech
from tests.collector.markup import tree
from tests.conftest import HERE

GAELIC, ENGLISH, EASY = "?language=gd", "?language=en", "?language=easy"


@pytest.fixture
def gaelic(browser: Any) -> Any:
    browser.get("/accessibility" + GAELIC)
    return browser


def test_pages_speak_english_until_something_else_is_chosen(browser: Any) -> None:
    page = browser.get("/accessibility").text
    assert '<html lang="en-GB"' in page
    assert ">Privacy<" in page


def test_a_language_that_was_chosen_is_kept_for_the_pages_that_follow(gaelic: Any) -> None:
    for path in ("/accessibility", "/", "/no-such-page"):
        page = gaelic.get(path).text
        assert '<html lang="gd"' in page, path
        assert ">Prìobhaideachd<" in page, path


def test_the_choice_leads_back_to_the_same_page_and_the_rest_of_its_address(browser: Any) -> None:
    answer = browser.get("/accessibility?a=1&language=gd&b=%26c")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/accessibility?a=1&b=%26c"
    cookie = answer.headers["set-cookie"].lower()
    assert "language=gd" in cookie
    assert "samesite=lax" in cookie
    assert "httponly" in cookie


@pytest.mark.parametrize("path", ["//evil.example.org", "/%5Cevil.example.org", "/%0D%0ASet-Cookie:a=b", "///x//y"])
def test_no_choice_leads_to_another_site(browser: Any, path: str) -> None:
    answer = browser.get(f"http://testserver.local{path}{GAELIC}")
    assert answer.headers["location"].startswith("/")
    assert not answer.headers["location"].startswith(("//", "/\\"))
    assert "a" not in answer.cookies


@pytest.mark.parametrize("asked", ["?language=xx", "?language=", "?language=../gd"])
def test_a_language_that_there_is_not_changes_nothing(browser: Any, asked: str) -> None:
    answer = browser.get("/accessibility" + asked)
    assert answer.status_code == 200
    assert '<html lang="en-GB"' in answer.text


@pytest.mark.parametrize(
    "cookie", ["language=../../gd", "language", "=;;=;", "language=%67%64%00", "language=\xff\xfe"]
)
def test_a_cookie_with_nonsense_in_it_is_english(browser: Any, cookie: str) -> None:
    page = browser.get("/accessibility", headers={"Cookie": cookie.encode("latin-1")})
    assert '<html lang="en-GB"' in page.text


def test_easy_read_pages_are_in_english(browser: Any) -> None:
    browser.get("/accessibility" + EASY)
    page = browser.get("/accessibility")
    assert '<html lang="en-GB"' in page.text
    assert here_in(page) == ["Easy Read"]


def test_the_switch_names_each_language_in_its_own_words_and_says_which_is_in_use(gaelic: Any) -> None:
    answer = gaelic.get("/accessibility")
    page = answer.text
    assert '<span class="fl_languages__here" aria-current="true">Gàidhlig</span>' in page
    assert 'href="?language=en" hreflang="en-GB" rel="nofollow">English</a>' in page
    assert here_in(answer) == ["Gàidhlig"]


def test_an_answer_to_a_form_offers_no_switch_for_what_was_typed_would_be_lost(browser: Any) -> None:
    assert 'aria-label="Language"' in browser.get("/").text
    assert 'aria-label="Language"' not in browser.post("/sign-in").text
    assert 'aria-label="Language"' not in browser.post("/questionnaires/keeping-the-promise/check").text


def test_staff_pages_stay_english_whatever_was_chosen(staff_browser: Any) -> None:
    staff_browser.get("/accessibility" + GAELIC)
    page = staff_browser.get("/staff/sources").text
    assert '<html lang="en-GB"' in page
    assert 'aria-label="Language"' not in page
    assert '<html lang="gd"' in staff_browser.get("/").text


def test_people_at_once_are_each_spoken_to_in_their_own_language(app: Any) -> None:
    """Handlers run in threads, templates in the event loop; what one of them was told must reach no other."""

    async def ask(language: str) -> str:
        cookies = {"language": language} if language else {}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=HERE, cookies=cookies) as client:
            return (await client.get("/")).text

    async def ask_together() -> list[str]:
        return await asyncio.gather(*(ask(language) for language in asked))

    asked = ["gd", "", "easy"] * 8
    said = [html.fromstring(page).get("lang") for page in asyncio.run(ask_together())]
    assert said == ["gd", "en-GB", "en-GB"] * 8


def test_what_is_wrong_with_an_answer_is_said_in_the_language_that_was_chosen(gaelic: Any) -> None:
    page = "/questionnaires/keeping-the-promise/pages/respondent"
    refused = gaelic.submit(page, {"respondent": "no-such-choice"})
    assert refused.status_code == 422
    assert "Taghaibh o na freagairtean a tha air an sealltainn" in refused.text
    assert "Tha duilgheadas ann" in refused.text


def test_a_page_that_lacks_a_translation_says_so_and_leads_to_english(
    gaelic: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = dict(speech.catalogue("gd"))
    told = "fl_fell-back"
    assert told not in gaelic.get("/accessibility").text
    monkeypatch.setattr(speech, "catalogue", lambda language: {k: v for k, v in held.items() if k != "Tell us"})
    page = gaelic.get("/accessibility")
    assert told in page.text
    assert "Chan eil cuid dhen duilleig seo sa Ghàidhlig fhathast." in page.text
    assert told not in gaelic.get("/privacy").text
    gaelic.get("/accessibility?language=en")
    assert told not in gaelic.get("/accessibility").text


def here_in(answer: Any) -> list[str]:
    return [part.text for part in tree(answer).find_class("fl_languages__here")]
