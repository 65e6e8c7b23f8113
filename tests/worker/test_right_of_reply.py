"""A report is read by those whom it is about before it goes out, replied to line by line, and goes out with that."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from collector import dates
from collector.database import Database, now
from collector.findings.report_models import Report, ReportAccess, ReportContact, ReportLetter, ReportReply
from collector.intake import rounds
from collector.mail.models import Mail
from collector.organisations import directory
from collector.organisations import leads as what_they_lead
from collector.organisations.models import Organisation
from collector.privacy import erasure
from collector.profiles import document, rendering, report_letters, report_replies, reports
from tests.collector import markup
from tests.collector.profiles.tagged import Tagged
from worker import reporting, tasks

pytestmark = pytest.mark.usefixtures("worker_here")

EMAIL = "chief@kinnaird.example"
QUOTED = "Nobody funds the post after March."
SAID = {"kind": "correction", "text": "The post is funded until June.", "name": "The chief executive"}


@pytest.fixture
def held(database: Database, analysed: Callable, staff_id: int) -> Callable[..., int]:
    """A report that is held, and sent to the one contact of its organisation; gives its number."""

    def make(*, leads: Sequence[str] = (), **how: Any) -> int:
        subject = str(analysed().organisation_id)
        with database.writing() as session:
            for action in leads:
                what_they_lead.add(session, int(subject), action, why="A duty in law.", staff_id=staff_id)
            report_letters.add_contact(
                session, "organisation", subject, email=EMAIL, name="Ailsa Grant", staff_id=staff_id
            )
            asked = {"hold_days": 14, "to_contacts": True, **how}
            id = reports.ask(session, "organisation", subject, staff_id=staff_id, **asked)
            session.commit()
        reporting.make_reports([id])
        return id

    return make


@pytest.fixture
def reader(new_browser: Callable, database: Database) -> Iterator[Callable[[int], Any]]:
    """A browser that the newest letter about a report lets in."""

    def opened(report_id: int) -> Any:
        browser = new_browser()
        path = links_to(database, report_id)[-1]
        browser.get(path)
        assert browser.submit(path).status_code == 303
        return browser

    return opened


def links_to(database: Database, report_id: int) -> list[str]:
    with database.reading() as session:
        about = select(Mail.words).where(Mail.about == f"report/{report_id}").order_by(col(Mail.id))
        return [words["path"] for words in session.exec(about)]


def write(database: Database, do: Callable[[Session], Any]) -> Any:
    with database.writing() as session:
        done = do(session)
        session.commit()
    return done


def report_of(database: Database, id: int) -> Report:
    with database.reading() as session:
        return session.get_one(Report, id)


def line_of(database: Database, id: int, words: str) -> str:
    lines = document.lines_of(reports.read(report_of(database, id)).sections)
    return next(line for line, said in lines if said == words)


def end_hold(database: Database, id: int) -> None:
    write(database, lambda session: reports.end_hold(session, id))
    reporting.make_reports([id])


# -- The way in -----------------------------------------------------------------------------------------


def test_a_mail_has_a_link_and_no_word_of_the_report(database: Database, held: Callable) -> None:
    id = held()
    with database.reading() as session:
        [mail] = session.exec(select(Mail)).all()
        [letter] = session.exec(select(ReportLetter)).all()
    assert (mail.to_address, mail.kind) == (EMAIL, "report-held")
    assert QUOTED not in str(mail.words)
    secret = mail.words["path"].rsplit("/", 1)[1]
    assert secret not in str(letter.model_dump())
    assert letter.report_id == id


def test_looking_at_the_link_lets_nobody_in_and_pressing_the_button_does(
    database: Database, held: Callable, browser: Any, new_browser: Callable
) -> None:
    id = held()
    url, [path] = f"/reports/{id}", links_to(database, id)
    page = browser.get(path)
    assert QUOTED not in page.text
    assert "Kinnaird" not in page.text
    assert browser.get(url).status_code == 404
    browser.submit(path)
    page = browser.get(url)
    assert markup.title(page) == "Kinnaird Water Council"
    assert QUOTED in page.text
    assert browser.get(path).headers["location"] == url
    stranger = new_browser()
    answers = [stranger.get(address) for address in (url, "/reports/999", f"{url}/pdf", f"{url}/lines/all")]
    assert {answer.status_code for answer in answers} == {404}
    # Whether there is such a report nobody learns from the outside.
    assert answers[0].text.replace(f"/{id}", "/999") == answers[1].text.replace(f"/{id}", "/999")
    assert stranger.get("/my-report/no-such").status_code == 404


def test_access_ends_with_its_hours_with_the_link_and_when_it_is_closed(
    database: Database, held: Callable, reader: Callable, new_browser: Callable
) -> None:
    id = held()
    browser = reader(id)
    url = f"/reports/{id}"
    assert browser.submit(f"{url}/close").status_code == 200
    assert browser.get(url).status_code == 404
    browser = reader(id)
    write(database, lambda session: session.exec(sa.update(ReportAccess).values(expires_at=now())))
    assert browser.get(url).status_code == 404
    write(database, report_letters.forget_expired)
    with database.reading() as session:
        assert session.exec(select(ReportAccess)).all() == []
    write(database, lambda session: session.exec(sa.update(ReportLetter).values(expires_at=now())))
    assert new_browser().get(links_to(database, id)[0]).status_code == 404


def test_the_address_for_good_leads_staff_to_their_page(held: Callable, staff_browser: Any) -> None:
    id = held()
    assert staff_browser.get(f"/reports/{id}").headers["location"] == f"/staff/reports/{id}"
    assert f"/reports/{id}" in staff_browser.get(f"/staff/reports/{id}/html").text


def test_one_letter_opens_one_report(database: Database, held: Callable, reader: Callable, staff_id: int) -> None:
    id = held()
    browser = reader(id)
    other = report_of(database, id).subject
    second = write(
        database,
        lambda session: reports.ask(session, "organisation", other, staff_id=staff_id, hold_days=14),
    )
    reporting.make_reports([second])
    assert browser.get(f"/reports/{second}").status_code == 404
    line = line_of(database, second, QUOTED)
    assert browser.submit(f"/reports/{second}/lines/{line}", SAID).status_code == 404
    with database.reading() as session:
        assert session.exec(select(ReportReply)).all() == []


# -- Replies --------------------------------------------------------------------------------------------


def test_a_line_is_replied_to_the_reply_changed_and_taken_back(
    database: Database, held: Callable, reader: Callable, staff_browser: Any
) -> None:
    id = held()
    browser, line = reader(id), line_of(database, id, QUOTED)
    url = f"/reports/{id}/lines/{line}"
    page = browser.get(url)
    assert QUOTED in markup.words(page)
    assert "What gets in the way" in markup.words(page, "//blockquote")
    assert markup.typed(page, "name") == "Ailsa Grant"
    answer = browser.submit(url, SAID)
    assert answer.headers["location"] == f"/reports/{id}#line-{line}"
    for reading, address in ((browser, f"/reports/{id}"), (staff_browser, f"/staff/reports/{id}")):
        under = markup.words(reading.get(address), f'//*[@id="line-{line}"]')
        assert "Not right, says The chief executive" in under
        assert SAID["text"] in under
    again = SAID | {"kind": "more", "text": "It is funded until July."}
    browser.submit(url, again)
    browser.submit(url, again)
    with database.reading() as session:
        assert [one.text for one in session.exec(select(ReportReply))] == [SAID["text"], again["text"]]
    page = browser.get(f"/reports/{id}")
    assert SAID["text"] not in page.text
    assert markup.typed(browser.get(url), "text") == again["text"]
    profile = f"/staff/organisations/{report_of(database, id).subject}"
    shown = markup.words(staff_browser.get(profile), '//*[@id="replies"]')
    assert again["text"] in shown
    assert SAID["text"] not in shown
    browser.submit(url, {"what": "take-back"})
    assert markup.words(staff_browser.get(profile), '//*[@id="replies"]') == ""
    assert again["text"] not in browser.get(f"/reports/{id}").text


def test_each_row_of_a_table_is_replied_to_and_shows_that_under_it(
    database: Database, held: Callable, reader: Callable, staff_browser: Any, staff_id: int
) -> None:
    id = held(leads=["planning", "advocacy"])
    browser = reader(id)
    line = line_of(database, id, words_of_row("Advocacy"))
    assert line.count(".") == 2
    page = browser.get(f"/reports/{id}/lines/{line}")
    assert "A duty in law." in markup.words(page, "//blockquote")
    browser.submit(f"/reports/{id}/lines/{line}", SAID)
    for reading, address in ((browser, f"/reports/{id}"), (staff_browser, f"/staff/reports/{id}")):
        page = reading.get(address)
        assert "Advocacy" in markup.words(page, f'//tr[@id="line-{line}"]')
        assert SAID["text"] in markup.words(page, f'//tr[@id="line-{line}"]/following-sibling::tr[1]')
        assert page.text.count(SAID["text"]) == 1
    ways = markup.tree(browser.get(f"/reports/{id}")).xpath(f'//a[starts-with(@href, "/reports/{id}/lines/")]')
    told = {way.get("href").rsplit("/", 1)[1]: way.text.strip() for way in ways}
    assert told[line] == "Change your reply"
    assert told[line.rpartition(".")[0]] == "Reply to the whole table"
    assert set(document_lines(database, id)) <= told.keys()
    end_hold(database, id)
    after = report_of(database, id)
    [reply] = [one for one in every_block(after) if one.block == "reply"]
    assert reply.to == words_of_row("Advocacy")
    for kind in rendering.FORMATS:
        assert reports.rebuilt(after, kind)[1], kind
    assert Tagged(rendering.rendered(reports.read(after), "pdf")).faults() == []


def words_of_row(action: str) -> str:
    return f"{action} (Why, as staff entered it: A duty in law.; Entered on: {dates.in_words(rounds.local_date())})"


def document_lines(database: Database, id: int) -> list[str]:
    return [line for line, _ in document.lines_of(reports.read(report_of(database, id)).sections)]


def every_block(report: Report) -> list[Any]:
    return [block for section in document.walked(reports.read(report).sections) for block in section.blocks]


def test_a_reply_to_a_whole_table_stands_under_all_of_it(database: Database, held: Callable, reader: Callable) -> None:
    id = held(leads=["planning"])
    line = line_of(database, id, "Actions of the plan that they lead")
    reader(id).submit(f"/reports/{id}/lines/{line}", SAID)
    end_hold(database, id)
    [reply] = [one for one in every_block(report_of(database, id)) if one.block == "reply"]
    assert (reply.words, reply.to) == (SAID["text"], "")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"kind": "odd"}, {"#kind": "Choose what your reply is"}),
        ({"text": "  "}, {"#text": "Write your reply"}),
        ({"name": ""}, {"#name": "Say who replies"}),
        ({"name": "n" * 201}, {"#name": "Shorten this: it can have up to 200 characters"}),
        ({"text": "a" * 5001}, {"#text": "Shorten this by 1 character: it can have up to 5,000"}),
        ({"text": "a\x07b"}, {"#text": "This has a character that cannot be kept. Type it again or delete it"}),
    ],
)
def test_what_is_wrong_with_a_reply_is_told_and_what_was_typed_stays(
    held: Callable, reader: Callable, fields: dict[str, str], problem: dict[str, str]
) -> None:
    id = held()
    answer = reader(id).submit(f"/reports/{id}/lines/all", SAID | fields)
    assert answer.status_code == 422
    assert markup.problems(answer) == problem
    if "text" not in fields:
        assert markup.typed(answer, "text") == SAID["text"]


def test_there_is_no_reply_to_a_line_that_is_not_there(held: Callable, reader: Callable) -> None:
    id = held()
    browser = reader(id)
    for line in ("99.1", "1", "x", "1-1-1-1.1"):
        assert browser.get(f"/reports/{id}/lines/{line}").status_code == 404
        assert browser.submit(f"/reports/{id}/lines/{line}", SAID).status_code == 404


def test_a_reply_that_comes_too_late_is_shown_to_who_wrote_it_and_not_kept(
    database: Database, held: Callable, reader: Callable
) -> None:
    id = held()
    browser = reader(id)
    browser.get(f"/reports/{id}/lines/all")
    end_hold(database, id)
    answer = browser.submit(f"/reports/{id}/lines/all", SAID)
    assert answer.status_code == 409
    assert SAID["text"] in markup.words(answer)
    assert browser.get(f"/reports/{id}/lines/all").headers["location"] == f"/reports/{id}"
    with database.reading() as session:
        assert session.exec(select(ReportReply)).all() == []


# -- Going out ------------------------------------------------------------------------------------------


def test_it_goes_out_with_its_replies_in_every_file_and_to_its_contacts_again(
    database: Database, held: Callable, reader: Callable, staff_browser: Any
) -> None:
    id = held()
    browser, line = reader(id), line_of(database, id, QUOTED)
    before = report_of(database, id)
    browser.submit(f"/reports/{id}/lines/{line}", SAID)
    browser.submit(f"/reports/{id}/lines/all", SAID | {"kind": "more", "text": "We were glad to be asked."})
    end_hold(database, id)
    after = report_of(database, id)
    assert reports.state_of(after) == "published"
    sections = reports.read(after).sections
    assert sections[0].title == "Replies to this report"
    assert [one.words for one in sections[0].blocks[1:]] == ["We were glad to be asked."]
    for kind in rendering.FORMATS:
        content, same = reports.rebuilt(after, kind)
        assert same, kind
        assert after.files[kind] != before.files[kind]
    text = rendering.rendered(reports.read(after), "html").decode()
    assert text.index(QUOTED) < text.index(SAID["text"])
    assert reports.read(after).references == reports.read(before).references
    with database.reading() as session:
        assert [mail.kind for mail in session.exec(select(Mail).order_by(col(Mail.id)))] == [
            "report-held",
            "report-published",
        ]
    page = reader(id).get(f"/reports/{id}")
    assert page.text.count(SAID["text"]) == 1
    assert "This report is finished" in markup.words(page)
    assert "Reply to this" not in page.text
    assert SAID["text"] in staff_browser.get(f"/staff/reports/{id}").text


def test_whether_anybody_could_reply_is_told_by_what_reached_them(
    database: Database, held: Callable, staff_browser: Any
) -> None:
    id = held()
    nobody, url = "so nobody could reply to it", f"/staff/reports/{id}"
    assert nobody not in markup.words(staff_browser.get(url))
    write(database, lambda session: session.exec(sa.update(Mail).values(state="bounced")))
    assert f"No mail with this report got through, {nobody}" in markup.words(staff_browser.get(url))
    assert staff_browser.submit(url, {"what": "publish"}).status_code == 422
    write(database, lambda session: session.exec(sa.update(Mail).values(state="sent")))
    assert nobody not in markup.words(staff_browser.get(url))
    staff_browser.submit(url, {"what": "publish"})
    assert "It was sent to 1 address before it went out. Nobody replied." in report_of(database, id).snapshot


def test_a_mail_that_was_stopped_in_time_asked_nobody(database: Database, held: Callable, staff_browser: Any) -> None:
    id = held()
    with database.reading() as session:
        contact, subject = session.exec(select(ReportContact)).one(), report_of(database, id).subject
    of_it = {"kind": "organisation", "of": subject, "remove": str(contact.id)}
    staff_browser.submit("/staff/reports/contacts", of_it)
    assert staff_browser.submit(f"/staff/reports/{id}", {"what": "publish"}).status_code == 422


def test_a_correction_leads_staff_to_where_it_is_put_right(
    database: Database, held: Callable, reader: Callable, staff_browser: Any
) -> None:
    id = held()
    form = f"/staff/organisations/{report_of(database, id).subject}/facts"
    browser, url = reader(id), f"/staff/reports/{id}/replies"
    browser.submit(f"/reports/{id}/lines/all", SAID | {"kind": "more"})
    assert markup.tree(staff_browser.get(url)).xpath(f'//li//a[@href="{form}"]') == []
    browser.submit(f"/reports/{id}/lines/all", SAID)
    [way] = markup.tree(staff_browser.get(url)).xpath(f'//li//a[@href="{form}"]')
    assert way.text_content() == "Change name, kind and areas of Kinnaird Water Council"
    assert staff_browser.get(form).status_code == 200


def test_one_that_has_no_replies_goes_out_as_it_was(database: Database, held: Callable) -> None:
    id = held()
    before = reports.read(report_of(database, id))
    end_hold(database, id)
    assert reports.read(report_of(database, id)).sections == before.sections


def test_for_anybody_a_person_looks_at_every_reply_before_it_goes_out(
    database: Database, analysed: Callable, reader: Callable, staff_browser: Any, held: Callable
) -> None:
    id = held(audience="anyone")
    write(database, lambda session: session.exec(sa.update(Report).where(Report.id == id).values(audience="anyone")))
    reader(id).submit(f"/reports/{id}/lines/all", SAID)
    staff_browser.submit(f"/staff/reports/{id}", {"what": "publish"})
    assert reports.state_of(report_of(database, id)) == "due"
    page = staff_browser.get(f"/staff/reports/{id}")
    assert "1 reply must be looked at first" in markup.words(page)
    url, [reply_id] = f"/staff/reports/{id}/replies", ids_of(database)
    answer = staff_browser.submit(f"{url}/{reply_id}", {"state": "not-shown", f"done-{reply_id}": " "})
    assert markup.problems(answer) == {f"#done-{reply_id}": "Say why it is not shown, such as that it names a child"}
    staff_browser.submit(f"{url}/{reply_id}", {"state": "not-shown", f"done-{reply_id}": "Names a child"})
    reporting.make_reports([id])
    report = report_of(database, id)
    assert reports.state_of(report) == "published"
    assert SAID["text"] not in report.snapshot
    assert "1 kept and not shown, to keep somebody safe" in report.snapshot
    assert "Names a child" not in report.snapshot
    # What has gone out is judged no more.
    answer = staff_browser.submit(f"{url}/{reply_id}", {"state": "shown", f"done-{reply_id}": ""})
    assert answer.status_code == 404


def ids_of(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.exec(select(ReportReply.id)))


def test_a_reply_that_comes_while_it_is_set_out_is_in_it_or_it_is_set_out_again(
    database: Database, held: Callable, reader: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = held()
    browser = reader(id)
    browser.submit(f"/reports/{id}/lines/all", SAID)
    [reply_id] = ids_of(database)
    before, judged = rendering.rendered, []

    def judged_meanwhile(made: Any, kind: str) -> bytes:
        if not judged:
            judged.append(True)
            look = {"state": "not-shown", "done": "Names a child", "staff_id": report_of(database, id).asked_by}
            assert write(database, lambda session: report_replies.look(session, id, reply_id, **look))
        return before(made, kind)

    write(database, lambda session: reports.end_hold(session, id))
    monkeypatch.setattr(rendering, "rendered", judged_meanwhile)
    reporting.make_reports([id])
    assert reports.state_of(report_of(database, id)) == "published"
    assert SAID["text"] not in report_of(database, id).snapshot


def test_two_who_publish_at_once_send_one_letter_each(database: Database, held: Callable) -> None:
    id = held()
    write(database, lambda session: reports.end_hold(session, id))
    assert len(report_replies.publish(database, id)) == 1
    assert report_replies.publish(database, id) == []
    assert report_replies.publish(database, 999) == []


def test_without_a_hold_it_is_sent_as_it_went_out(database: Database, held: Callable) -> None:
    id = held(hold_days=0)
    with database.reading() as session:
        assert [one.kind for one in session.exec(select(Mail))] == ["report-published"]
    assert reports.state_of(report_of(database, id)) == "published"


def test_a_hold_that_is_over_ends_by_itself(database: Database, held: Callable) -> None:
    id = held()
    assert write(database, report_replies.due) == []
    write(database, lambda session: session.exec(sa.update(Report).values(held_until=now() - timedelta(minutes=1))))
    assert write(database, report_replies.due) == [id]
    sent = tasks.queue().send
    asked: list[int] = []
    tasks.queue().send = lambda ids, task: asked.extend(ids)
    tasks.begin_due_reports()
    tasks.queue().send = sent
    assert asked == [id]


# -- What goes ------------------------------------------------------------------------------------------


def test_with_the_words_of_a_report_its_replies_go_and_those_who_read_it_are_told(
    database: Database, held: Callable, reader: Callable
) -> None:
    id = held()
    browser = reader(id)
    browser.submit(f"/reports/{id}/lines/all", SAID | {"text": "I say it again: " + QUOTED})
    write(database, lambda session: reports.withdraw(session, id))
    with database.reading() as session:
        assert session.exec(select(ReportReply)).all() == []
    page = browser.get(f"/reports/{id}")
    assert markup.title(page) == "This report was withdrawn"
    assert QUOTED not in page.text
    assert browser.get(f"/reports/{id}/pdf").status_code == 404


def test_erasing_who_was_quoted_leaves_no_reply_and_no_contact_of_who_is_gone(
    database: Database, held: Callable, reader: Callable, dump: Callable
) -> None:
    id = held()
    reader(id).submit(f"/reports/{id}/lines/all", SAID)
    with database.writing() as session:
        for source in session.exec(select(erasure.Source)).all():
            submission = session.get(erasure.Submission, source.submission_id)
            erasure.withdraw(session, submission)
        session.commit()
    with database.reading() as session:
        assert session.exec(select(Organisation)).all() == []
        assert session.exec(select(ReportContact)).all() == []
        assert session.exec(select(ReportReply)).all() == []
    assert SAID["text"] not in str(dump())
    assert EMAIL not in str(dump())


def test_with_an_organisation_a_report_goes_that_was_made_before_it_said_anything(
    database: Database, analysed: Callable, staff_id: int
) -> None:
    name = "Kinnaird Water Council"
    of = write(database, lambda session: directory.find_or_add(session, name=name, kind="other"))
    id = write(database, lambda session: reports.ask(session, "organisation", str(of), staff_id=staff_id))
    reporting.make_reports([id])
    assert report_of(database, id).title == name
    sent = analysed()
    assert sent.organisation_id == of
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(erasure.Submission, sent.received.submission_id))
        session.commit()
    assert name not in str(report_of(database, id).model_dump())


# -- Contacts -------------------------------------------------------------------------------------------


def test_contacts_are_added_taken_off_and_sent_what_they_have_not_had(
    database: Database, held: Callable, staff_browser: Any
) -> None:
    id = held(to_contacts=False)
    of = report_of(database, id).subject
    url = f"/staff/reports/contacts?kind=organisation&of={of}"
    with database.reading() as session:
        assert session.exec(select(Mail)).all() == []
    fields = {"kind": "organisation", "of": of}
    answer = staff_browser.submit("/staff/reports/contacts", fields | {"email": "no address"})
    assert markup.problems(answer) == {"#email": "Enter an e-mail address in full, like name@example.org"}
    assert markup.typed(answer, "email") == "no address"
    for _ in range(2):
        staff_browser.submit("/staff/reports/contacts", fields | {"email": "Two@Example.org"})
    assert markup.words(staff_browser.get(url)).count("two@example.org") == 2  # and in the word of its button
    staff_browser.submit(f"/staff/reports/{id}/send")
    staff_browser.submit(f"/staff/reports/{id}/send")
    with database.reading() as session:
        assert sorted(session.exec(select(Mail.to_address))) == [EMAIL, "two@example.org"]
        contact = session.exec(select(ReportContact).where(ReportContact.email == EMAIL)).one()
    staff_browser.submit("/staff/reports/contacts", fields | {"remove": str(contact.id)})
    assert EMAIL not in markup.words(staff_browser.get(url))
    assert EMAIL in markup.words(staff_browser.get(f"/staff/reports/{id}"))


def test_what_is_for_staff_alone_is_not_sent(database: Database, staff_browser: Any, staff_id: int) -> None:
    id = write(database, lambda session: reports.ask(session, "area", "fife", staff_id=staff_id))
    reporting.make_reports([id])
    assert "Who it is sent to" not in staff_browser.get(f"/staff/reports/{id}").text
    assert staff_browser.submit(f"/staff/reports/{id}/send").status_code == 404


# -- What is not to be seen, or goes at once ------------------------------------------------------------


def test_a_reply_that_is_not_to_be_shown_is_shown_to_who_wrote_it_alone(
    database: Database, held: Callable, reader: Callable, staff_id: int
) -> None:
    id = held()
    browser, line = reader(id), line_of(database, id, QUOTED)
    subject = report_of(database, id).subject
    second = {"email": "two@kinnaird.example", "name": "", "staff_id": staff_id}
    write(database, lambda session: report_letters.add_contact(session, "organisation", subject, **second))
    write(database, lambda session: report_letters.send(session, session.get_one(Report, id)))
    other = reader(id)
    for place in (line, "all"):
        browser.submit(f"/reports/{id}/lines/{place}", SAID | {"text": f"Jane Doe was there, {place}"})
    assert other.get(f"/reports/{id}").text.count("Jane Doe") == 2
    look = {"state": "not-shown", "done": "Names a child", "staff_id": staff_id}
    for reply_id in ids_of(database):
        write(database, lambda session, reply_id=reply_id: report_replies.look(session, id, reply_id, **look))
    assert "Jane Doe" not in other.get(f"/reports/{id}").text
    assert browser.get(f"/reports/{id}").text.count("Jane Doe") == 2


@pytest.mark.parametrize("taken_back", [False, True], ids=["changed", "taken back and said again"])
def test_who_was_told_that_a_reply_is_not_shown_has_the_next_looked_at_before_it_goes_out(
    taken_back: bool, database: Database, held: Callable, reader: Callable, staff_browser: Any, staff_id: int
) -> None:
    id = held()
    browser, url = reader(id), f"/reports/{id}/lines/all"
    browser.submit(url, SAID | {"text": "Jane Doe was there."})
    look = {"state": "not-shown", "done": "Names a child", "staff_id": staff_id}
    write(database, lambda session: report_replies.look(session, id, ids_of(database)[0], **look))
    if taken_back:
        browser.submit(url, {"what": "take-back"})
    browser.submit(url, SAID | {"text": "Jane Doe was there!"})
    end_hold(database, id)
    assert reports.state_of(report_of(database, id)) == "due"
    assert write(database, report_replies.due) == []
    assert "1 reply must be looked at first" in markup.words(staff_browser.get(f"/staff/reports/{id}"))
    write(database, lambda session: report_replies.look(session, id, ids_of(database)[-1], **look))
    reporting.make_reports([id])
    assert reports.state_of(report_of(database, id)) == "published"
    assert "Jane Doe" not in report_of(database, id).snapshot


def test_a_reply_that_is_taken_back_leaves_nothing_of_what_it_said(
    database: Database, held: Callable, reader: Callable, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = held()
    browser, url = reader(id), f"/reports/{id}/lines/all"
    browser.submit(url, SAID | {"text": "Jane Doe was there."})
    browser.submit(url, SAID)
    # Also where there are so many that nobody can say more.
    monkeypatch.setattr(report_replies, "MOST_REPLIES", 1)
    assert browser.submit(url, {"what": "take-back"}).status_code == 303
    assert "Jane Doe" not in str(dump())
    assert SAID["text"] not in str(dump())


def test_a_contact_that_is_taken_off_can_open_nothing_any_more(
    database: Database, held: Callable, reader: Callable, new_browser: Callable, staff_browser: Any, staff_id: int
) -> None:
    id = held()
    browser, [path] = reader(id), links_to(database, id)
    of = {"kind": "organisation", "of": report_of(database, id).subject}
    with database.reading() as session:
        [contact] = session.exec(select(ReportContact)).all()
    staff_browser.submit("/staff/reports/contacts", of | {"remove": str(contact.id)})
    assert browser.get(f"/reports/{id}").status_code == 404
    assert browser.submit(f"/reports/{id}/lines/all", SAID).status_code == 404
    assert new_browser().get(path).status_code == 404
    # Put back, it is sent another link.
    staff_browser.submit("/staff/reports/contacts", of | {"email": EMAIL})
    staff_browser.submit(f"/staff/reports/{id}/send")
    assert reader(id).get(f"/reports/{id}").status_code == 200


def test_no_mail_tells_of_a_report_that_was_withdrawn(database: Database, held: Callable, dump: Callable) -> None:
    id = held()
    write(database, lambda session: reports.withdraw(session, id))
    with database.reading() as session:
        assert session.exec(select(Mail)).all() == []


def test_what_waits_for_a_look_keeps_no_other_from_going_out(
    database: Database, held: Callable, reader: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_replies, "AT_ONCE", 1)
    id = held()
    reader(id).submit(f"/reports/{id}/lines/all", SAID)
    subject = report_of(database, id).subject
    other = write(database, lambda session: reports.ask(session, "organisation", subject, staff_id=None, hold_days=9))
    reporting.make_reports([other])
    over = sa.update(Report).values(held_until=now() - timedelta(minutes=1))
    write(database, lambda session: session.exec(over))
    earlier = sa.update(Report).where(Report.id == id).values(held_until=now() - timedelta(days=1), audience="anyone")
    write(database, lambda session: session.exec(earlier))
    assert write(database, report_replies.due) == [other]


def test_who_has_one_go_out_that_is_gone_meanwhile_is_told_nothing(
    database: Database, held: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = held()
    write(database, lambda session: reports.end_hold(session, id))
    before = report_replies.going_out

    def gone_meanwhile(*given: Any) -> Any:
        made = before(*given)
        write(database, lambda session: session.exec(sa.delete(Report)))
        return made

    monkeypatch.setattr(report_replies, "going_out", gone_meanwhile)
    assert report_replies.publish(database, id) == []


def test_what_was_typed_is_shown_where_the_report_was_withdrawn_meanwhile(
    database: Database, held: Callable, reader: Callable
) -> None:
    id = held()
    browser, line = reader(id), line_of(database, id, QUOTED)
    browser.get(f"/reports/{id}/lines/{line}")
    write(database, lambda session: reports.withdraw(session, id))
    answer = browser.submit(f"/reports/{id}/lines/{line}", SAID)
    assert answer.status_code == 409
    assert SAID["text"] in markup.words(answer)


def test_the_address_of_a_link_is_told_to_no_other(database: Database, held: Callable, browser: Any) -> None:
    [path] = links_to(database, held())
    assert browser.get(path).headers["referrer-policy"] == "no-referrer"
