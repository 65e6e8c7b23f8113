"""What mails say: every word as it was put, none of it a header, a link or a tag of its own."""

import random
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import hypothesis
import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as some
from jinja2 import TemplateError

from collector import settings as settings_
from collector.database import Database
from collector.mail import letters, outbox
from collector.mail.models import Mail
from collector.mail.outbox import NotAnAddress
from collector.settings import Settings
from forms import speech
from tests.collector.web.test_plain_words import OLDEST_READER, reading_age, sentences
from tests.odd_texts import odd_text

SETTINGS = Settings(
    data_dir=Path("/nowhere"),
    database_url="",
    redis_url="",
    base_url="https://feedback.example.org",
    site_name="Feedback Loop",
    organisation="The Promise Scotland",
    email="help@example.org",
)
WORDS = {
    "reference": "7F4K-2MXW",
    "questionnaire": "Keeping the promise",
    "received": "21 November 2026 at 14:05",
    "receipt_path": "/receipts/key",
    "with_answers": False,
}


def message(**words: Any) -> EmailMessage:
    mail = Mail(id=1, kind="receipt", to_address="kirsty@example.org", words={**WORDS, **words})
    sent = letters.message_of(mail, SETTINGS).as_bytes()
    return message_from_bytes(sent, policy=policy.default)


def test_a_mail_is_in_the_language_of_whoever_asked_for_it(database: Database) -> None:
    with speech.speaking("gd"), database.writing() as session:
        mail_id = outbox.put(session, kind="receipt", to="kirsty@example.org", words=WORDS)
        session.commit()
    with database.reading() as session:
        kept = session.get_one(Mail, mail_id)
        sent = message_from_bytes(letters.message_of(kept, SETTINGS).as_bytes(), policy=policy.default)
    assert sent["Subject"] == "Fhuaras ur freagairtean: 7F4K-2MXW"
    assert sent["Content-Language"] == "gd"
    assert "Dè thachras a-nis" in sent.get_body(("plain",)).get_content()
    assert '<html lang="gd">' in sent.get_body(("html",)).get_content()


def test_a_mail_of_which_no_language_is_known_is_english() -> None:
    sent = message()
    assert sent["Content-Language"] == "en-GB"
    assert "What happens next" in sent.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "written",
    [
        "kirsty@example.org\nBcc: all@example.org",
        "kirsty@example.org\r\nBcc: all@example.org",
        "kirsty@example.org\r\n\r\nWords",
        "kirsty@example.org, other@example.org",
        "Kirsty <kirsty@example.org>",
        "kirsty@example.org\x00",
        "kirsty@exam\u2028ple.org",
        "(kirsty)@example.org",
        '"kirsty"x@example.org',
        "kirsty@@example.org",
        "kirsty",
        "",
        f"{'k' * 250}@example.org",
    ],
)
def test_what_is_no_single_address_is_refused_where_it_is_put(written: str, database: Database) -> None:
    with database.writing() as session, pytest.raises(NotAnAddress):
        outbox.put(session, kind="receipt", to=written, words=WORDS)


@pytest.mark.parametrize("written", ["kirsty@example.org", " Kirsty.O'Neil+promise@mail.example.org ", "a@b.scot"])
def test_an_address_is_taken_as_it_was_written(written: str) -> None:
    assert outbox.address_of(written) == written.strip()


@hypothesis.settings(deadline=None)  # the first compiles the template
@given(some.text(max_size=60))
def test_no_word_becomes_a_header(word: str) -> None:
    sent = message(reference=word + "\r\nBcc: all@example.org", questionnaire=word)
    plain = message()
    assert sent.keys() == plain.keys()
    assert "\n" not in sent["Subject"]
    assert sent["To"] == "kirsty@example.org"
    assert sent["Bcc"] is None


def test_a_word_is_no_tag_and_no_link_of_its_own() -> None:
    bait = "<b>Click</b> https://evil.example.org/x https://feedback.example.org.evil.org/"
    sent = message(questionnaire=bait)
    html = sent.get_body(("html",)).get_content()
    assert bait in sent.get_body(("plain",)).get_content()
    assert "<b>" not in html
    assert html.count("<a ") == 1
    assert '<a href="https://feedback.example.org/receipts/key">' in html


def test_a_second_copy_can_be_told_by_its_id() -> None:
    mail = Mail(id=1, kind="receipt", to_address="kirsty@example.org", words=WORDS)
    one, other = letters.message_of(mail, SETTINGS), letters.message_of(mail, SETTINGS)
    assert one["Message-ID"] == other["Message-ID"]
    assert one["Message-ID"].endswith("@example.org>")


def test_a_kind_or_a_word_that_is_missing_shows_where_it_is_put(database: Database) -> None:
    with database.writing() as session:
        with pytest.raises(TemplateError):
            outbox.put(session, kind="no-such-kind", to="kirsty@example.org", words=WORDS)
        with pytest.raises(TemplateError, match="reference"):
            outbox.put(session, kind="receipt", to="kirsty@example.org", words={})


def test_a_respondent_of_11_can_read_the_receipt() -> None:
    text = letters.written("receipt", {**WORDS, "with_answers": True}, letters.site_of(SETTINGS)).text
    told = sentences(f"<html><body><main><p>{text.replace(chr(10), '</p><p>')}</p></main></body></html>")
    assert reading_age(told) <= OLDEST_READER


def test_every_kind_begins_with_its_subject() -> None:
    kinds = [path.stem for path in letters.FOLDER.glob("*.txt")]
    assert "receipt" in kinds
    for kind in kinds:
        letters.template_of(kind)


@pytest.mark.parametrize(
    "url", ["secret@host", "http://secret@host", "smtp://:secret@", "smtp://secret@host:port", "smtp://secret@h?tls=no"]
)
def test_a_wrong_mail_url_is_told_at_the_start_and_not_repeated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_URL", url)
    with pytest.raises(ValueError, match="MAIL_URL must be like") as told:
        settings_.read()
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("sender", ["Answers", "answers@example", "a@b.org\nBcc: c@d.org"])
def test_a_wrong_sender_is_told_at_the_start(sender: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_FROM", sender)
    with pytest.raises(ValueError, match="MAIL_FROM must be like"):
        settings_.read()


def test_a_service_without_an_address_of_its_own_still_writes_its_files() -> None:
    mail = Mail(id=1, kind="receipt", to_address="kirsty@example.org", words=WORDS)
    assert letters.message_of(mail, replace(SETTINGS, email=""))["From"] == "Feedback Loop <no-reply@localhost>"


# -- Odd words by the hundred -------------------------------------------------------------------------

OWN = SETTINGS.base_url
TAGS = {"html", "head", "meta", "title", "style", "body", "div", "h1", "p", "br", "ul", "li", "a"}
LINKS = {"start_url": f"{OWN}/questionnaires/x", "held_url": f"{OWN}/held/b", "stop_url": f"{OWN}/stop/a"}
ASKED = {"questionnaire": "Keeping the promise", "organisation": "Kinnaird", "minutes": "20", "closes_on": "1 May 2027"}
KINDS = {
    "receipt": (WORDS | {"own_path": "/my-submission/c"}, [f"{OWN}/receipts/key", f"{OWN}/my-submission/c"]),
    "draft-link": (
        {"questionnaire": "Keeping", "path": "/drafts/d", "until": "2 May 2027", "closes_on": "1 May 2027"},
        [f"{OWN}/drafts/d"],
    ),
    "invitation": ({**ASKED, **LINKS, "summary": "It is short.", "opens_on": ""}, list(LINKS.values())),
    "reminder": ({**ASKED, **LINKS}, list(LINKS.values())),
}


@pytest.mark.parametrize("language", ["en", "gd"])
@pytest.mark.parametrize("kind", KINDS)
def test_paragraphs_stand_apart_and_links_on_lines_of_their_own(kind: str, language: str) -> None:
    words, links = KINDS[kind]
    sent = message_from_bytes(sent_of(kind, words, language), policy=policy.default)
    text, html = (sent.get_body((part,)).get_content() for part in ("plain", "html"))
    assert [line for line in text.splitlines() if line in links] == links
    assert html.count("<p>") > 5
    assert "\n\n\n" not in text.replace("\r", "")
    if kind == "receipt":
        assert html.count("<li>") == 3


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "gd"])
@pytest.mark.parametrize("kind", KINDS)
def test_odd_words_change_no_header_no_link_and_no_tag(kind: str, language: str) -> None:
    words, links = KINDS[kind]
    plain, chance = sent_of(kind, words, language), random.Random(11)
    changed = [name for name, word in words.items() if word and word not in links and not name.endswith("path")]
    for _ in range(250):
        name = chance.choice(changed)
        odd = " ".join(odd_text(chance, halves=True).split())[:20_000]  # every one of these is kept on one line
        written = sent_of(kind, {**words, name: odd}, language)
        assert all(len(line) <= 998 and b"\r" not in line for line in written.split(b"\r\n")), odd[:80]
        assert b"\0" not in written
        sent = message_from_bytes(written, policy=policy.default)
        assert headers_of(sent) == headers_of(message_from_bytes(plain, policy=policy.default)), odd[:80]
        assert not sent.defects
        text, html = (sent.get_body((part,)).get_content() for part in ("plain", "html"))
        assert [line for line in text.splitlines() if line in links] == links, odd[:80]
        assert " ".join(letters.clean(odd).split()) in " ".join(text.split()), odd[:80]
        tree = lxml.html.fromstring(html)
        assert {one.tag for one in tree.iter()} <= TAGS
        targets = tree.xpath("//@href")
        assert all(one.startswith(f"{OWN}/") for one in targets), odd[:80]
        assert set(links) <= set(targets), odd[:80]


def sent_of(kind: str, words: dict[str, Any], language: str) -> bytes:
    words = words if language == "en" else {**words, letters.LANGUAGE: language}
    mail = Mail(id=1, kind=kind, to_address="kirsty@example.org", words=words)
    return letters.message_of(mail, SETTINGS).as_bytes()


def headers_of(sent: EmailMessage) -> dict[str, str]:
    """All but those that say how the words are packed, and what is in the subject."""
    return {
        name: "" if name in ("Subject", "Date", "Message-ID") else value.split(";")[0] for name, value in sent.items()
    }
