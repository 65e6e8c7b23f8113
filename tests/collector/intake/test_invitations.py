"""Organisations invited to a round: chosen or pasted, written to once, reminded seldom, and let alone when they ask."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from collector.database import Database
from collector.intake import drafts, invitations, progress
from collector.intake.invitations import Guest, Links
from collector.intake.models import Draft, Invitation, Round, RoundPageCount
from collector.mail.models import Mail
from collector.organisations.models import Organisation

SLUG = "round-of-a-test"
START = "/questionnaires/keeping-the-promise"
LINKS = Links("http://127.0.0.1:8000", b"key")


@pytest.fixture
def url(open_round: Round) -> str:
    return f"/staff/rounds/{open_round.id}"


@pytest.fixture
def invite(database: Database, open_round: Round) -> Callable[..., None]:
    def add(*names: str) -> None:
        with database.writing() as session:
            guests = [Guest(f"{name.split()[0].lower()}@example.org", name=name) for name in names]
            invitations.add(session, open_round, guests)
            session.commit()

    return add


def all_of(database: Database, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.exec(select(table).order_by(table.id)))


def sent_to(database: Database) -> list[tuple[str, str]]:
    return [(mail.kind, mail.to_address) for mail in all_of(database, Mail)]


def later(database: Database, hours: int) -> None:
    """As if the mails had gone out so many hours earlier."""
    with database.writing() as session:
        for one in session.exec(select(Invitation)):
            one.invited_at = one.invited_at and one.invited_at - timedelta(hours=hours)
            one.reminded_at = one.reminded_at and one.reminded_at - timedelta(hours=hours)
        session.commit()


# -- A pasted list --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "name", "email"),
    [
        ("Fife Council, Office@Fife.example.org", "Fife Council", "office@fife.example.org"),
        ("Fife Council\toffice@fife.example.org", "Fife Council", "office@fife.example.org"),
        ("Care, Play and Learn; info@cpl.example.org", "Care, Play and Learn", "info@cpl.example.org"),
        ('"Care, Play and Learn",info@cpl.example.org', "Care, Play and Learn", "info@cpl.example.org"),
        ("  Two   spaces , <a@example.org> ", "Two spaces", "a@example.org"),
    ],
)
def test_a_line_is_read_as_people_and_spreadsheets_write_it(line: str, name: str, email: str) -> None:
    assert invitations.read_pasted(f"\n{line}\n\n") == ([Guest(email, name=name)], [])


def test_every_line_that_cannot_be_read_is_named_and_nothing_is_added(
    staff_browser: Any, url: str, database: Database
) -> None:
    text = "Good Trust, good@example.org\nNo address\n, nobody@example.org\nBad, not-an-address\nSame, Good@example.org"
    page = staff_browser.submit(f"{url}/paste", {"list": text})
    assert page.status_code == 422
    told = [line.text_content() for line in markup.tree(page).xpath('//*[@id="error-summary"]//a')]
    assert told == [
        "Line 2: Add an e-mail address after the name and a comma",
        "Line 3: Add the name of the organisation",
        "Line 4: Enter an e-mail address in full, like name@example.org",
        "Line 5: Keep this address once: it is on line 1 too",
    ]
    assert markup.typed(page, "list") == text
    assert all_of(database, Invitation) == []


@pytest.mark.parametrize("text", ["", " \n ", "\x00, a@example.org", "x" * 300 + ", a@example.org", "A, a\r\nb"])
def test_odd_lists_are_refused_with_a_reason(text: str, staff_browser: Any, url: str, database: Database) -> None:
    page = staff_browser.submit(f"{url}/paste", {"list": text})
    assert (page.status_code, len(markup.problems(page)) > 0) == (422, True)
    assert all_of(database, Invitation) == []


def test_a_good_list_is_added_once_however_often_it_is_sent(staff_browser: Any, url: str, database: Database) -> None:
    text = "Fife Council, fife@example.org\nMoray Trust, moray@example.org"
    told = [staff_browser.submit(f"{url}/paste", {"list": text}).headers["location"] for _ in range(2)]
    assert told == [f"{url}?added=2&known=0#invited", f"{url}?added=0&known=2#invited"]
    assert [one.email for one in all_of(database, Invitation)] == ["fife@example.org", "moray@example.org"]
    assert [one.name for one in all_of(database, Organisation)] == ["Fife Council", "Moray Trust"]
    assert "2 organisations added" in staff_browser.get(told[0]).text


def test_who_is_pasted_is_the_same_organisation_when_it_answers_and_tells_its_kind_then(
    invite: Callable, receive: Callable, database: Database
) -> None:
    invite("kinnaird  water council")
    receive()
    [organisation] = all_of(database, Organisation)
    assert organisation.kind == "local_authority"


# -- From the directory ---------------------------------------------------------------------------


def test_organisations_are_found_by_name_kind_and_area_and_added_with_an_address(
    staff_browser: Any, url: str, receive: Callable, database: Database
) -> None:
    receive("one", **{"organisation-name": "Kinnaird"})
    receive("two", **{"organisation-name": "Moray 100% Trust", "organisation-kind": "third_sector", "areas": ["moray"]})

    def found(query: str) -> list[str]:
        boxes = markup.tree(staff_browser.get(f"{url}/invite?{query}")).xpath('//main//input[@name="chosen"]')
        return [names[int(box.get("value"))] for box in boxes]

    names = {one.id: one.name for one in all_of(database, Organisation)}
    moray = ["Moray 100% Trust"]
    assert found("search=MORAY") == found("kind=third_sector") == found("area=moray") == found("search=%25") == moray
    assert (found(""), found("search=_")) == (["Kinnaird", *moray], [])
    moray = next(one.id for one in all_of(database, Organisation) if "Moray" in one.name)
    sent = staff_browser.submit(f"{url}/invite?area=moray", {"chosen": [moray], f"email-{moray}": "m@example.org"})
    assert sent.headers["location"] == f"{url}/invite?area=moray&page=1&added=1"
    assert "On the list: m@example.org" in staff_browser.get(f"{url}/invite").text


def test_a_tick_without_a_good_address_comes_back_with_all_that_was_typed(
    staff_browser: Any, url: str, receive: Callable, database: Database
) -> None:
    receive("one", **{"organisation-name": "One"})
    receive("two", **{"organisation-name": "Two"})
    one, two = (organisation.id for organisation in all_of(database, Organisation))
    typed = {"chosen": [one, two], f"email-{one}": "one@example.org", f"email-{two}": "two@"}
    page = staff_browser.submit(f"{url}/invite", typed)
    assert page.status_code == 422
    assert markup.problems(page) == {f"#email-{two}": "Two: Enter an e-mail address in full, like name@example.org"}
    assert markup.chosen(page, "chosen") == [str(one), str(two)]
    assert (markup.typed(page, f"email-{one}"), markup.typed(page, f"email-{two}")) == ("one@example.org", "two@")
    assert all_of(database, Invitation) == []
    nothing = staff_browser.submit(f"{url}/invite", {"chosen": []})
    assert markup.problems(nothing) == {f"#chosen-{one}": "Tick at least one organisation"}
    blank = staff_browser.submit(f"{url}/invite", {"chosen": [one]})
    assert markup.problems(blank) == {f"#email-{one}": "One: Enter an e-mail address"}
    staff_browser.submit(
        f"{url}/invite", {"chosen": [one, two], **{f"email-{id}": f"a{id}@b.org" for id in (one, two)}}
    )
    assert "Add to the list" not in markup.words(staff_browser.get(f"{url}/invite"))
    unknown = staff_browser.submit(f"{url}/invite", {"chosen": ["999999", "x"], "email-999999": "a@example.org"})
    assert (unknown.status_code, len(all_of(database, Invitation))) == (303, 2)


def test_an_address_of_an_earlier_round_is_offered_again(
    staff_browser: Any, url: str, invite: Callable, database: Database
) -> None:
    invite("Fife Council")
    staff_browser.submit(
        "/staff/rounds/new",
        {"title": "Next", "questionnaire": "keeping-the-promise_v1", "opens": ["1", "1", "2090"], "slug": SLUG},
    )
    with database.reading() as session:
        next_id = session.exec(select(Round.id).where(Round.slug == SLUG)).one()
        [organisation] = session.exec(select(Organisation.id))
    page = staff_browser.get(f"/staff/rounds/{next_id}/invite")
    assert markup.typed(page, f"email-{organisation}") == "fife@example.org"


# -- The mails ------------------------------------------------------------------------------------


def test_the_mail_is_seen_before_it_is_sent_and_pressing_twice_sends_it_once(
    staff_browser: Any, url: str, invite: Callable, database: Database
) -> None:
    invite("Fife Council", "Moray Trust")
    page = staff_browser.get(f"{url}/invitations")
    assert "To Fife Council" in markup.words(page)
    assert f"http://127.0.0.1:8000{START}" in markup.words(page)
    assert sent_to(database) == []
    told = [staff_browser.submit(f"{url}/invitations").headers["location"] for _ in range(2)]
    assert told == [f"{url}?mailed=2#invited", f"{url}?mailed=0#invited"]
    assert sent_to(database) == [("invitation", "fife@example.org"), ("invitation", "moray@example.org")]
    first, second = (mail.words for mail in all_of(database, Mail))
    assert (first["organisation"], second["organisation"]) == ("Fife Council", "Moray Trust")
    assert first["stop_url"] != second["stop_url"]
    assert "Nobody is due a mail" in markup.words(staff_browser.get(f"{url}/invitations"))


def test_a_mail_that_cannot_be_kept_leaves_nobody_marked_as_invited(
    staff_browser: Any, url: str, invite: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite("Fife Council")
    monkeypatch.setattr(invitations.outbox, "put", lambda *_, **__: 1 / 0)
    assert staff_browser.submit(f"{url}/invitations").status_code == 500
    assert [one.invited_at for one in all_of(database, Invitation)] == [None]


def test_of_two_who_send_at_the_same_time_one_sends(invite: Callable, database: Database, open_round: Round) -> None:
    invite(*(f"Trust{number} of Scotland" for number in range(20)))
    ready, numbers = threading.Barrier(2), []

    def send() -> None:
        ready.wait()
        with database.writing() as session:
            numbers.append(len(invitations.send(session, open_round, LINKS, kind="invitation")))
            session.commit()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [0, 20]
    assert len(sent_to(database)) == 20


def test_reminders_go_to_who_has_not_sent_wants_them_and_was_not_written_to_of_late(
    staff_browser: Any, url: str, invite: Callable, receive: Callable, database: Database, open_round: Round
) -> None:
    invite("Fife Council", "Moray Trust", "Kinnaird Water Council", "Never Invited")
    with database.writing() as session:
        [never] = session.exec(select(Invitation).where(Invitation.email == "never@example.org"))
        session.delete(never)
        session.commit()
    staff_browser.submit(f"{url}/invitations")
    assert "mailed=0" in staff_browser.submit(f"{url}/reminders").headers["location"]
    later(database, 21)
    receive()  # Kinnaird has sent
    with database.writing() as session:
        [moray] = session.exec(select(Invitation).where(Invitation.email == "moray@example.org"))
        invitations.stop(session, moray)
        session.commit()
    invite("Late Trust")  # not invited yet, so not reminded either
    for _ in range(2):
        staff_browser.submit(f"{url}/reminders")
    assert [to for kind, to in sent_to(database) if kind == "reminder"] == ["fife@example.org"]
    later(database, 21)
    staff_browser.submit(f"{url}/reminders")
    page = staff_browser.get(url)
    assert "2 in all" in markup.words(page)
    assert "Wants no reminders" in markup.words(page)


def test_a_closed_round_sends_nothing_and_a_round_to_come_no_reminders(
    staff_browser: Any, url: str, invite: Callable, database: Database, open_round: Round
) -> None:
    invite("Fife Council")
    with database.writing() as session:
        session.get_one(Round, open_round.id).opened_at = datetime(2090, 1, 1, tzinfo=UTC)
        session.commit()
    assert "You can answer from 1 January 2090" in markup.words(staff_browser.get(f"{url}/invitations"))
    assert staff_browser.get(f"{url}/reminders").status_code == 303
    with database.writing() as session:
        session.get_one(Round, open_round.id).opened_at = datetime(2020, 1, 1, tzinfo=UTC)
        session.commit()
    staff_browser.submit(f"{url}/close")
    for kind in ("invitations", "reminders"):
        assert staff_browser.get(f"{url}/{kind}").status_code == 303
        staff_browser.submit(f"{url}/{kind}")
    assert sent_to(database) == []


def test_who_was_sent_nothing_can_be_taken_off_and_who_was_cannot(
    staff_browser: Any, url: str, invite: Callable, database: Database
) -> None:
    invite("Fife Council")
    [first] = all_of(database, Invitation)
    staff_browser.submit(f"{url}/uninvite", {"invitation": first.id})
    assert all_of(database, Invitation) == []
    invite("Moray Trust")
    staff_browser.submit(f"{url}/invitations")
    [second] = all_of(database, Invitation)
    for sent in (second.id, "x", "9" * 30):
        assert staff_browser.submit(f"{url}/uninvite", {"invitation": sent}).status_code == 303
    assert len(all_of(database, Invitation)) == 1


# -- No more of them ------------------------------------------------------------------------------


def test_the_link_in_the_mail_stops_reminders_at_the_press_of_a_button(
    staff_browser: Any, browser: Any, url: str, invite: Callable, database: Database
) -> None:
    invite("Fife Council")
    staff_browser.submit(f"{url}/invitations")
    link = all_of(database, Mail)[0].words["stop_url"].removeprefix("http://127.0.0.1:8000")
    assert markup.title(browser.get(link)) == "Stop the reminders"
    assert all_of(database, Invitation)[0].stopped_at is None
    for _ in range(2):
        assert markup.title(browser.submit(link)) == "We will not remind you again"
    stopped_at = all_of(database, Invitation)[0].stopped_at
    assert stopped_at
    assert "fife" not in browser.get(link).text.lower()
    later(database, 21)
    staff_browser.submit(f"{url}/reminders")
    assert [kind for kind, _ in sent_to(database)] == ["invitation"]


@pytest.mark.parametrize(
    "change", [lambda key: "1-" + "0" * 32, lambda key: key[:-1], lambda key: "2" + key[1:], str.upper]
)
def test_another_link_stops_nothing(
    change: Callable, browser: Any, invite: Callable, app: Any, database: Database
) -> None:
    invite("Fife Council", "Moray Trust")
    key = Links("", app.state.form_key).stop_key(all_of(database, Invitation)[0])
    assert browser.get(f"/no-reminders/{key}").status_code == 200
    assert browser.submit(f"/no-reminders/{change(key)}").status_code == 404
    assert [one.stopped_at for one in all_of(database, Invitation)] == [None, None]


# -- How it goes ----------------------------------------------------------------------------------


def figures(page: Any) -> list[str]:
    return [one.text_content() for one in markup.tree(page).xpath('//*[@class="fl_figure__number"]')]


def test_progress_counts_invited_started_sent_and_stopped(
    staff_browser: Any,
    browser: Any,
    new_browser: Callable,
    url: str,
    invite: Callable,
    receive: Callable,
    fill_in: Callable,
) -> None:
    invite("Kinnaird Water Council", "Fife Council")
    receive("one")
    receive("two")  # the same organisation again: one of the invited, two that were sent
    receive("three", **{"organisation-name": "Not invited"})
    fill_in(new_browser())
    fill_in(browser)
    browser.submit(f"{START}/forget")
    page = staff_browser.get(url)
    assert figures(page) == ["2", "1", "5", "3", "1"]
    assert "stopped, 1 still writing" in markup.words(page)
    shown = staff_browser.get(f"{url}?state=sent")
    assert "Kinnaird" in markup.words(shown, "//table[1]")
    assert "Fife" not in markup.words(shown, "//table[1]")


def test_a_page_is_named_only_where_enough_people_stopped_and_small_numbers_are_not_told(
    staff_browser: Any, url: str, database: Database, open_round: Round, new_browser: Callable
) -> None:
    visitor = new_browser()
    visitor.submit(f"{START}/pages/respondent", {"respondent": "individual"})
    with database.writing() as session:
        progress.count_stopped(session, [(open_round.id, "respondent")] * 3)
        session.commit()
    assert "Too few to show" in markup.words(staff_browser.get(url))
    with database.writing() as session:
        progress.count_stopped(session, [(open_round.id, "organisation")] * 12)
        session.commit()
    table = markup.tree(staff_browser.get(url)).xpath('//table[contains(@class, "fl_stops")]')[0]
    rows = [[" ".join(cell.text_content().split()) for cell in row.xpath("./td")] for row in table.xpath("./tbody/tr")]
    assert rows == [
        ["About you: Who is answering?", "fewer than 5", "fewer than 5"],
        ["About you: Your organisation", "12", "0"],
    ]


def test_a_draft_knows_the_furthest_page_and_its_sum_stays_when_it_runs_out_or_is_deleted(
    browser: Any, new_browser: Callable, database: Database, open_round: Round, fill_in: Callable
) -> None:
    for other in (browser, new_browser()):
        for page, value in (("respondent", "individual"), ("you", "A. Body"), ("respondent", "individual")):
            field = "respondent" if page == "respondent" else "your-name"
            other.submit(f"{START}/pages/{page}", {field: value})
        if other is browser:
            browser.submit(f"{START}/forget")
    sender = new_browser()
    fill_in(sender)
    sender.submit(f"{START}/check")
    with database.writing() as session:
        assert [one.reached for one in session.exec(select(Draft).where(Draft.submission_id.is_(None)))] == ["you"]
        session.exec(sa.update(Draft).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
        drafts.forget_expired(session)
        drafts.forget_expired(session)
        session.commit()
    with database.reading() as session:
        assert [(one.page_id, one.stopped) for one in session.exec(select(RoundPageCount))] == [("you", 2)]
        assert session.exec(select(Draft)).all() == []


@pytest.mark.slow
def test_500_invited_organisations_are_shown_in_few_questions_to_the_database(
    staff_browser: Any, url: str, invite: Callable, receive: Callable, database: Database
) -> None:
    def asked() -> int:
        statements: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            statements.append(statement)

        sa.event.listen(database.engine, "before_cursor_execute", note)
        try:
            page = staff_browser.get(url)
        finally:
            sa.event.remove(database.engine, "before_cursor_execute", note)
        assert page.status_code == 200
        return len(statements)

    invite("Trust0 of Scotland")
    few = asked()
    invite(*(f"Trust{number} of Scotland" for number in range(1, 500)))
    assert asked() == few
    staff_browser.submit(f"{url}/invitations")
    page = staff_browser.get(url)
    assert figures(page)[0] == "500"
    assert len(markup.tree(page).xpath("//table[1]/tbody/tr")) == 25
    assert "Page 1 of 20" in markup.words(page)
    assert len(sent_to(database)) == 500


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL chooses by the size of its tables
def test_the_progress_of_a_round_is_read_from_indexes(database: Database, open_round: Round) -> None:
    """So that neither the answers nor the drafts that were sent are gone through."""
    with database.reading() as session:
        for query, index in (
            (progress._count(Invitation.__table__.c.round_id, [1]).where(progress.has_sent()), "submission_round"),
            (progress._writing(open_round.id), "draft_progress"),
        ):
            assert f"INDEX {index}" in plan_of(session, query)


def plan_of(session: Session, query: Any) -> str:
    text = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    return "\n".join(row[-1] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))


def test_no_name_or_address_stands_in_an_address_or_in_the_log(
    staff_browser: Any, url: str, invite: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    invite("Fife Council")
    with caplog.at_level("DEBUG"):
        staff_browser.submit(f"{url}/invitations")
        page = staff_browser.get(url)
    assert not re.search("fife", caplog.text, re.IGNORECASE)
    addresses = [one.get("href") for one in markup.tree(page).xpath("//main//a")]
    assert not [one for one in addresses if "fife" in one.lower()]
