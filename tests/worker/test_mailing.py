"""Mails on their way out: what becomes of each, whatever the server, the worker or the words do."""

import logging
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import smtp
import sqlalchemy as sa
from smtp import MailServer
from sqlmodel import Session, select

from collector.database import Database, now
from collector.mail import delivery, letters, outbox
from collector.mail.models import Mail
from collector.mail.outbox import Attachment
from collector.queue import MAIL_TASK
from collector.settings import Settings
from worker import leased, mailing, tasks

CANARY = "kanarienvogel"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with smtp.running() as server:
        yield server


@pytest.fixture
def sent_with(monkeypatch: pytest.MonkeyPatch, worker_here: None, settings: Settings) -> Callable[..., Settings]:
    """Sets what the worker sends with; its database and queue are the test's."""
    monkeypatch.setattr(delivery, "TIMEOUT", 2)

    def use(**changes: Any) -> Settings:
        changed = replace(settings, **changes)
        monkeypatch.setattr(mailing, "settings", changed)
        return changed

    return use


@pytest.fixture
def put(database: Database) -> Callable[..., int]:
    """Keeps a mail to be sent."""

    def keep(to: str = "kirsty@example.org", **more: Any) -> int:
        with database.writing() as session:
            mail_id = outbox.put(session, kind="receipt", to=to, words=receipt(), **more)
            session.commit()
        return mail_id

    return keep


def receipt(**changes: Any) -> dict[str, Any]:
    words = {"reference": "7F4K-2MXW", "questionnaire": "Keeping the promise", "received": "21 November 2026 at 14:05"}
    return {**words, "receipt_path": f"/receipts/{CANARY}", "with_answers": False, **changes}


def mail(database: Database, mail_id: int) -> Mail:
    with database.reading() as session:
        return session.get_one(Mail, mail_id)


def change(database: Database, **values: Any) -> None:
    with database.writing() as session:
        session.exec(sa.update(Mail).values(**values))
        session.commit()


def test_a_mail_goes_out_in_text_and_html_and_its_words_are_gone_then(
    put: Callable, sent_with: Callable, server: MailServer, database: Database
) -> None:
    sent_with(mail_url=server.url, mail_from="Answers <answers@example.org>")
    mail_id = put(about="submission/1", attachment=Attachment("answers.docx", b"PK words"))
    mailing.send_mail([mail_id])
    [message] = server.mails()
    assert message["From"] == "Answers <answers@example.org>"
    assert message["To"] == "kirsty@example.org"
    assert message["Reply-To"] == "feedback-loop@example.org"
    assert message["Subject"] == "Your answers have been received: 7F4K-2MXW"
    text, html, attachment = message.get_body(("plain",)), message.get_body(("html",)), *message.iter_attachments()
    assert f"http://127.0.0.1:8000/receipts/{CANARY}" in text.get_content()
    assert f'<a href="http://127.0.0.1:8000/receipts/{CANARY}">' in html.get_content()
    assert (attachment.get_filename(), attachment.get_content()) == ("answers.docx", b"PK words")
    kept = mail(database, mail_id)
    assert (kept.state, kept.words, kept.attachment, kept.attempts) == ("sent", None, None, 1)
    assert (kept.kind, kept.to_address, kept.finished_at is not None) == ("receipt", "kirsty@example.org", True)


def test_several_mails_go_over_one_connection_each_once(put: Callable, sent_with: Callable, server: MailServer) -> None:
    sent_with(mail_url=server.url)
    ids = [put(f"person-{number}@example.org") for number in range(5)]
    mailing.send_mail([*ids, *ids, 999])
    mailing.send_mail(ids)
    assert sorted(one["To"] for one in server.mails()) == [f"person-{number}@example.org" for number in range(5)]
    assert server.connections == 1


def test_an_address_that_the_server_does_not_know_bounces_and_is_not_tried_again(
    put: Callable, sent_with: Callable, server: MailServer, database: Database
) -> None:
    sent_with(mail_url=server.url)
    server.answers["RCPT"] = "550 5.1.1 No such user"
    mail_id = put()
    mailing.send_mail([mail_id])
    server.answers.clear()
    change(database, due_at=now() - timedelta(days=1))
    mailing.send_mail([mail_id])
    kept = mail(database, mail_id)
    assert (kept.state, kept.reason) == ("bounced", "The mail server said: 550 5.1.1 No such user")
    assert server.kept == []
    other = put("other@example.org")
    mailing.send_mail([other])
    assert mail(database, other).state == "sent"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("RCPT", "451 4.7.1 Greylisted"),
        ("end", "452 4.3.1 Disk full"),
        ("MAIL", "553 5.7.1 Not your sender"),
        ("MAIL", "421 4.3.2 Going down"),
        ("end", ""),
        ("RCPT", ""),
    ],
)
def test_what_fails_for_now_is_tried_later_by_the_row(
    command: str, answer: str, put: Callable, sent_with: Callable, server: MailServer, database: Database
) -> None:
    sent_with(mail_url=server.url)
    server.answers[command] = answer
    mail_id = put()
    mailing.send_mail([mail_id])
    server.answers.clear()
    mailing.send_mail([mail_id])  # called too early: it is not due
    waiting = mail(database, mail_id)
    assert (waiting.state, waiting.attempts, server.kept) == ("waiting", 1, [])
    assert waiting.due_at > now()
    assert waiting.reason
    change(database, due_at=now())
    mailing.send_mail([mail_id])
    assert (mail(database, mail_id).state, mail(database, mail_id).reason, len(server.kept)) == ("sent", "", 1)


def test_after_all_its_tries_it_is_set_aside_with_the_reason_and_can_be_sent_again(
    put: Callable, sent_with: Callable, server: MailServer, database: Database
) -> None:
    sent_with(mail_url=server.url)
    server.answers["RCPT"] = "451 4.7.1 Greylisted"
    mail_id, waits = put(), []
    for _ in range(outbox.MOST_ATTEMPTS):
        change(database, due_at=now())
        mailing.send_mail([mail_id])
        waits.append(mail(database, mail_id).due_at - now())
    kept = mail(database, mail_id)
    assert (kept.state, kept.attempts) == ("set-aside", outbox.MOST_ATTEMPTS)
    assert kept.reason == "The mail server said: 451 4.7.1 Greylisted"
    assert waits[:-1] == sorted(waits[:-1])
    server.answers.clear()
    with database.writing() as session:
        assert outbox.send_again(session, mail_id)
        assert not outbox.send_again(session, mail_id)
        session.commit()
    mailing.send_mail([mail_id])
    assert mail(database, mail_id).state == "sent"


def test_while_the_server_is_away_every_mail_waits_and_it_is_tried_once_a_call(
    put: Callable, sent_with: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with smtp.running() as gone:
        pass
    sent_with(mail_url=gone.url)
    tried = []
    connect = delivery.Server.connect
    monkeypatch.setattr(delivery.Server, "connect", lambda self: tried.append(1) or connect(self))
    ids = [put() for _ in range(3)]
    mailing.send_mail(ids)
    assert [mail(database, mail_id).state for mail_id in ids] == ["waiting"] * 3
    assert mail(database, ids[2]).reason == "The mail server cannot be reached (ConnectionRefusedError)"
    assert len(tried) == 1


def test_a_wrong_password_is_told_without_it(
    put: Callable, sent_with: Callable, server: MailServer, database: Database
) -> None:
    server.answers["AUTH"] = "535 5.7.8 Wrong"
    sent_with(mail_url=f"smtp://me:{CANARY}@{server.address}?tls=none")
    mail_id = put()
    mailing.send_mail([mail_id])
    assert mail(database, mail_id).reason == "The mail server does not let us in: 535 5.7.8 Wrong"


def test_name_and_password_may_hold_any_sign(put: Callable, sent_with: Callable, server: MailServer) -> None:
    sent_with(mail_url=f"smtp://me%40example.org:p%3A%2Fss@{server.address}?tls=none")
    mailing.send_mail([put()])
    assert server.logins == ["\0me@example.org\0p:/ss"]


def test_without_encryption_that_can_be_trusted_nothing_is_sent(
    put: Callable, sent_with: Callable, server: MailServer, database: Database, tmp_path: Path
) -> None:
    mail_id = put()
    sent_with(mail_url=f"smtp://me:secret@{server.address}")  # it offers no STARTTLS
    mailing.send_mail([mail_id])
    with smtp.running(smtp.own_certificate(tmp_path)) as impostor:
        sent_with(mail_url=f"smtp://me:secret@{impostor.address}")
        change(database, due_at=now())
        mailing.send_mail([mail_id])
    assert server.kept == impostor.kept == server.logins == impostor.logins == []
    assert (mail(database, mail_id).state, mail(database, mail_id).attempts) == ("waiting", 2)


def test_with_a_certificate_that_is_trusted_it_is_sent_encrypted(
    put: Callable, sent_with: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = smtp.own_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with smtp.running(certificate) as server:
        sent_with(mail_url=f"smtp://me:secret@{server.address}")
        mailing.send_mail([put()])
    assert server.encrypted == [True]
    assert server.logins == ["\0me\0secret"]


def test_without_a_server_it_becomes_a_file_for_the_owner_alone(
    put: Callable, sent_with: Callable, database: Database
) -> None:
    settings = sent_with()
    mail_id = put(attachment=Attachment("answers.docx", b"PK words"))
    mailing.send_mail([mail_id])
    [path] = settings.outbox.iterdir()
    assert path.name == f"{mail_id}.eml"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(settings.outbox.stat().st_mode)) == (0o600, 0o700)
    assert message_from_bytes(path.read_bytes(), policy=policy.default)["To"] == "kirsty@example.org"
    kept = mail(database, mail_id)
    assert (kept.state, kept.words, kept.attachment) == ("sent", receipt(), None)


def test_a_folder_that_cannot_be_written_makes_it_wait(put: Callable, sent_with: Callable, database: Database) -> None:
    settings = sent_with()
    settings.outbox.write_text("in the way")
    mail_id = put()
    mailing.send_mail([mail_id])
    assert mail(database, mail_id).state == "waiting"
    settings.outbox.unlink()
    change(database, due_at=now())
    mailing.send_mail([mail_id])
    assert mail(database, mail_id).state == "sent"


def test_two_workers_at_once_send_it_once(
    put: Callable, sent_with: Callable, server: MailServer, database: Database
) -> None:
    sent_with(mail_url=server.url)
    ids = [put() for _ in range(4)]
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        mailing.send_mail(ids)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(server.kept) == 4
    assert {mail(database, mail_id).state for mail_id in ids} == {"sent"}


def test_a_worker_killed_between_claim_and_sending_loses_nothing(
    put: Callable, sent_with: Callable, server: MailServer, database: Database
) -> None:
    sent_with(mail_url=server.url)
    mail_id = put()
    assert mailing.claimed(mail_id)  # and then the worker dies
    tasks.sweep()
    mailing.send_mail([mail_id])
    assert (mail(database, mail_id).state, server.kept) == ("sending", [])
    change(database, lease_until=now() - timedelta(seconds=1))
    tasks.sweep()
    mailing.send_mail([mail_id])
    kept = mail(database, mail_id)
    assert (kept.state, kept.attempts, kept.in_doubt, len(server.kept)) == ("sent", 2, True, 1)


def test_a_mail_that_kills_its_worker_again_and_again_is_set_aside(
    put: Callable, sent_with: Callable, database: Database
) -> None:
    sent_with()
    mail_id = put()
    for _ in range(outbox.MOST_ATTEMPTS):
        assert mailing.claimed(mail_id)
        change(database, lease_until=now() - timedelta(seconds=1))
        tasks.sweep()
    assert (mail(database, mail_id).state, mail(database, mail_id).in_doubt) == ("set-aside", True)
    assert mailing.claimed(mail_id) is None


def test_who_lost_the_claim_notes_nothing(put: Callable, sent_with: Callable, database: Database) -> None:
    sent_with()
    mail_id = put()
    lost = mailing.claimed(mail_id)
    change(database, attempts=Mail.attempts + 1)  # somebody else has it since
    mailing.note(lost, lambda session, claim: outbox.bounced(session, claim, reason="late"))
    assert (mail(database, mail_id).state, mail(database, mail_id).reason) == ("sending", "")


def test_a_call_that_takes_long_puts_back_what_is_left(
    put: Callable, sent_with: Callable, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_with(mail_url=server.url)
    ids, put_back = [put() for _ in range(3)], []
    monkeypatch.setattr(mailing, "TURN", -1)
    monkeypatch.setattr(tasks.queue(), "send", lambda *given: put_back.append(given))
    mailing.send_mail(ids)
    assert (len(server.kept), put_back) == (1, [(ids[1:], MAIL_TASK)])


def test_a_server_that_looks_through_a_mail_for_long_gets_it_once_and_the_lease_is_renewed_meanwhile(
    put: Callable, sent_with: Callable, server: MailServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_with(mail_url=server.url)
    monkeypatch.setattr(delivery, "TIMEOUT", 0.5)
    monkeypatch.setattr(outbox.leases, "lease", timedelta(seconds=0.5))
    monkeypatch.setattr(leased, "BEAT", 0.1)
    mail_id = put()

    def look_through(_: str) -> str:
        time.sleep(1)
        tasks.sweep()
        return smtp.GOOD["end"]

    server.answers["end"] = look_through
    mailing.send_mail([mail_id])
    kept = mail(database, mail_id)
    assert (kept.state, kept.attempts, kept.in_doubt, len(server.kept)) == ("sent", 1, False, 1)


@pytest.mark.parametrize(
    ("command", "answer", "in_doubt"),
    [("end", "", True), ("RCPT", "", False), ("DATA", "", False), ("end", "451", False)],
)
def test_who_is_cut_off_after_a_mail_was_handed_over_says_that_it_may_arrive_twice(
    command: str,
    answer: str,
    in_doubt: bool,
    put: Callable,
    sent_with: Callable,
    server: MailServer,
    database: Database,
) -> None:
    sent_with(mail_url=server.url)
    server.answers[command] = answer
    mail_id = put()
    mailing.send_mail([mail_id])
    assert (mail(database, mail_id).state, mail(database, mail_id).in_doubt) == ("waiting", in_doubt)
    server.answers.clear()
    change(database, due_at=now())
    mailing.send_mail([mail_id])
    assert (mail(database, mail_id).state, mail(database, mail_id).in_doubt) == ("sent", in_doubt)


def test_no_word_and_no_address_stands_in_the_log(
    put: Callable,
    sent_with: Callable,
    server: MailServer,
    database: Database,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    sent_with(mail_url=f"smtp://me:{CANARY}@{server.address}?tls=none")
    mail_id = put(f"{CANARY}@example.org")
    for command, answer in (("RCPT", f"451 {CANARY}"), ("end", ""), ("RCPT", f"550 {CANARY}")):
        server.answers = {command: answer}
        change(database, due_at=now())
        mailing.send_mail([mail_id])
    poisoned = put(f"{CANARY}@example.org")

    def unreadable(*_: Any) -> None:
        raise RuntimeError(f"cannot read {CANARY}")

    monkeypatch.setattr(letters, "message_of", unreadable)
    mailing.send_mail([poisoned])
    assert f"mail {mail_id} bounced" in caplog.text
    assert f"mail {poisoned} failed at attempt 1: RuntimeError" in caplog.text
    assert CANARY not in caplog.text
    assert mail(database, poisoned).reason == "The mail could not be made (RuntimeError)"


def test_the_sweep_calls_for_a_mail_that_nobody_was_woken_for_and_not_for_one_not_due(
    put: Callable, sent_with: Callable, database: Database
) -> None:
    sent_with()
    due, later = put(), put()
    change(database, woken_at=now() - timedelta(hours=1))
    with database.writing() as session:
        session.exec(sa.update(Mail).where(Mail.id == later).values(due_at=now() + timedelta(hours=1)))
        session.commit()

    def swept() -> list[int]:
        with database.writing() as session:
            ids = outbox.sweep(session)
            session.commit()
        return ids

    assert swept() == [due]
    assert swept() == []  # it was called a moment ago


def test_words_that_were_not_sent_go_after_a_while_and_the_row_after_a_year(
    put: Callable, sent_with: Callable, database: Database
) -> None:
    sent_with()
    old, older, fresh = put(attachment=Attachment("a.docx", b"words")), put(), put()
    with database.writing() as session:
        for mail_id, days in ((old, 15), (older, 366), (fresh, 13)):
            ended = {"state": "bounced", "finished_at": now() - timedelta(days=days)}
            session.exec(sa.update(Mail).where(Mail.id == mail_id).values(**ended))
        session.commit()
    tasks.sweep()
    with database.writing() as session:
        left = {one.id: (one.words, one.attachment) for one in session.exec(select(Mail))}
        assert left == {old: (None, None), fresh: (receipt(), None)}
        assert not outbox.send_again(session, old)


def test_a_mail_put_in_a_transaction_that_is_rolled_back_is_never_sent(database: Database) -> None:
    with database.writing() as session:
        outbox.put(session, kind="receipt", to="kirsty@example.org", words=receipt())
        session.rollback()
    with Session(database.engine) as session:
        assert session.exec(select(Mail)).all() == []


def test_the_file_of_a_mail_goes_with_its_words(
    put: Callable, sent_with: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some days, and when what it tells of was withdrawn and its row with it."""
    settings = sent_with()
    monkeypatch.setattr(tasks, "settings", settings)
    tasks.sweep()  # where nothing was ever sent
    ids = [put(), put(), put()]
    mailing.send_mail(ids)
    files = {mail_id: settings.outbox / f"{mail_id}.eml" for mail_id in ids}
    with database.writing() as session:
        session.exec(sa.update(Mail).where(Mail.id == ids[0]).values(finished_at=now() - outbox.WORDS_KEPT))
        session.exec(sa.delete(Mail).where(Mail.id == ids[1]))
        session.commit()
    (settings.outbox / "notes.txt").write_text("not ours")
    tasks.sweep()
    assert [files[mail_id].exists() for mail_id in ids] == [False, False, True]
    assert (settings.outbox / "notes.txt").exists()
