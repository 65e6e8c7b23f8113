"""Notes of meetings: a source of their own, paragraph by paragraph, with who was there."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlmodel import select

from collector.accounts import staff
from collector.accounts.access import Person
from collector.database import Database
from collector.findings.models import Decision, Statement
from collector.intake import keying, meetings, notes, rounds
from collector.intake.models import Job, Meeting, Passage, Round, Source, SourceOrganisation
from collector.organisations import directory
from collector.organisations.models import Organisation, OrganisationAlias
from collector.privacy.models import Removal
from collector.profiles import contents
from tests.collector import markup
from tests.kept import number_of

NEW, CHECK = "/staff/meetings/new", "/staff/meetings/check"


@pytest.fixture
def typed(meeting_facts: dict[str, Any]) -> dict[str, Any]:
    return {**meeting_facts, "held-on": ["3", "March", "2026"]}


@pytest.fixture
def kept(staff_browser: Any, typed: dict[str, Any]) -> Callable[..., int]:
    """Keeps notes by the pages; returns the id of their source."""

    def keep(**changes: Any) -> int:
        sent = staff_browser.submit(NEW, {**typed, **changes})
        assert sent.status_code == 303, markup.problems(sent)
        sent = staff_browser.submit(CHECK)
        return int(sent.headers["location"].removeprefix("/staff/sources/"))

    return keep


def test_nothing_is_kept_before_it_was_shown_how_the_notes_are_split(
    staff_browser: Any, typed: dict[str, Any], database: Database
) -> None:
    assert staff_browser.submit(NEW, typed).headers["location"] == CHECK
    seen = staff_browser.get(CHECK)
    listed = [one.text_content().split("\n") for one in markup.tree(seen).xpath('//ol[@class="fl_split"]/li')]
    assert len(listed) == 3
    assert "What gets in the way?" in "".join(listed[0])
    assert "Nobody funds the post after March." in "".join(listed[0])
    assert "We will try again." in "".join(listed[2])
    assert number_of(database, Source) == 0


def test_whoever_goes_back_to_edit_finds_all_that_was_typed(staff_browser: Any, typed: dict[str, Any]) -> None:
    odd = {**typed, "notes": '\nA “quoted” <b>line</b> & "more".\n\n  - Twa dugs\n', "roles": "a judge's clerk"}
    staff_browser.submit(NEW, odd)
    again = staff_browser.get(NEW)
    for name in ("title", "place", "organisations", "roles", "notes"):
        assert markup.typed(again, name) == odd[name], name
    assert markup.typed(again, "held-on") == "3"
    assert markup.chosen(again, "permission") == ["without-name"]
    assert staff_browser.submit(NEW, {"clear": "yes"}).headers["location"] == NEW
    assert markup.typed(staff_browser.get(NEW), "notes") == ""


def test_what_is_wrong_is_found_again_too_and_is_not_kept(staff_browser: Any, typed: dict, database: Database) -> None:
    staff_browser.submit(NEW, {**typed, "title": ""})
    assert markup.typed(staff_browser.get(NEW), "notes") == typed["notes"]
    assert staff_browser.get(CHECK).headers["location"] == staff_browser.submit(CHECK).headers["location"] == NEW
    assert number_of(database, Source) == 0


def test_kept_twice_it_is_there_once_and_the_form_is_empty(
    kept: Callable, staff_browser: Any, database: Database
) -> None:
    kept()
    assert staff_browser.submit(CHECK).headers["location"] == "/staff/sources?kind=meeting"
    assert number_of(database, Source) == 1
    assert markup.typed(staff_browser.get(NEW), "notes") == ""


def test_nobody_sees_what_a_colleague_has_typed(
    staff_browser: Any, new_browser: Callable, typed: dict, database: Database
) -> None:
    staff_browser.submit(NEW, typed)
    with database.writing() as session:
        other = staff.add(session, email="colleague@example.org", name="A colleague", role="reviewer")
        secret = staff.start_session(session, other.id)
        session.commit()
    with new_browser() as browser:
        browser.cookies.set("staff", secret, domain="127.0.0.1")
        assert markup.typed(browser.get(NEW), "notes") == ""
        assert browser.submit(CHECK).headers["location"] == "/staff/sources?kind=meeting"
    assert number_of(database, Source) == 0


def test_notes_of_two_meetings_in_two_windows_do_not_take_the_place_of_each_other_unseen(
    staff_browser: Any, typed: dict[str, Any], database: Database
) -> None:
    def seen(answer: Any) -> str:
        return markup.tree(answer).xpath("//main//input[@name='_seen']/@value")[0]

    one, other = staff_browser.get(NEW), staff_browser.get(NEW)
    staff_browser.submit(NEW, {**typed, "_seen": seen(one)})
    looked_at = staff_browser.get(CHECK)
    second = {**typed, "title": "Talk in Oban", "notes": "Ferries are late.", "_seen": seen(other)}
    told = staff_browser.submit(NEW, second)
    assert told.status_code == 422
    assert "You have begun the notes of “Talk on family meetings” in another window" in markup.problems(told)["#notes"]
    assert markup.typed(told, "notes").strip() == "Ferries are late."
    assert "Nobody funds the post" in staff_browser.get(NEW).text, "the first are there still"
    again = {**second, "_seen": seen(told)}
    assert staff_browser.submit(NEW, again).headers["location"] == CHECK
    assert staff_browser.submit(CHECK, {"_seen": seen(looked_at)}).headers["location"] == CHECK, "not what was shown"
    staff_browser.submit(CHECK, {"_seen": seen(staff_browser.get(CHECK))})
    with database.reading() as session:
        assert session.exec(select(Source.title).where(Source.kind == "meeting")).all() == ["Talk in Oban"]


def test_what_is_kept_is_a_source_with_a_passage_for_each_paragraph_and_a_job(
    kept: Callable, staff_browser: Any, database: Database
) -> None:
    source_id = kept()
    with database.reading() as session:
        source, meeting = session.exec(select(Source)).one(), session.exec(select(Meeting)).one()
        passages = session.exec(select(Passage).order_by(Passage.position)).all()
        assert (source.kind, source.title, source.organisation_id) == ("meeting", "Talk on family meetings", None)
        assert [(one.position, one.question, one.text) for one in passages] == [
            (1, "What gets in the way?", "Nobody funds the post after March."),
            (2, "What gets in the way?", "Rooms are far away."),
            (3, "", "We will try again."),
        ]
        assert session.exec(select(Job)).one().total == 3
        assert str(meeting.held_on) == "2026-03-03" == str(source.received_at.date())
        assert number_of(database, SourceOrganisation) == 2
    page = markup.words(staff_browser.get(f"/staff/sources/{source_id}"))
    for told in ("3 March 2026, Perth", "Loch Ossian Advocacy", "two foster carers", "Publish without name", "The rev"):
        assert told in page
    listed = markup.words(staff_browser.get("/staff/sources?kind=meeting&search=ossian"), "//table")
    assert "Kinnaird Water Council and Loch Ossian Advocacy" in listed


@pytest.mark.parametrize("again", ["the same", "other line ends"])
def test_the_same_notes_are_not_kept_twice(
    again: str, kept: Callable, staff_browser: Any, typed: dict[str, Any], database: Database
) -> None:
    source_id = kept()
    text = typed["notes"] if again == "the same" else typed["notes"].replace("\n", " \r\n") + "\n\n"
    fields = {**typed, "notes": text, "title": "Another title"}
    for told in (staff_browser.submit(NEW, fields), staff_browser.submit(CHECK)):
        assert "kept already" in markup.problems(told)["#notes"]
        assert f"/staff/sources/{source_id}" in told.text
    assert number_of(database, Source) == 1


def test_two_who_keep_the_same_notes_at_once_keep_them_once(
    kept: Callable, database: Database, meeting_facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    source_id, look, seen = kept(), meetings.kept_as, iter([None])
    # The one who looks a moment too early sees nothing, and is told by the database.
    monkeypatch.setattr(meetings, "kept_as", lambda *given: next(seen, look(*given)))
    paragraphs = notes.split(meeting_facts["notes"])
    with database.writing() as session, pytest.raises(meetings.KeptBefore) as told:
        meetings.keep(session, facts=meeting_facts, paragraphs=paragraphs, staff_id=1)
    assert told.value.source.id == source_id
    assert number_of(database, Source) == 1


REPORTER = "Scottish Children's Reporter Administration"


def names_there(database: Database, source_id: int) -> list[str]:
    with database.reading() as session:
        return [one.name for one in meetings.present(session, [source_id])[source_id]]


def add_organisation(database: Database, name: str, alias: str = "") -> None:
    with database.writing() as session:
        id = directory.find_or_add(session, name=name)
        if alias:
            session.add(OrganisationAlias(name_key=directory.key_of(alias), organisation_id=id))
        session.commit()


@pytest.mark.parametrize("written", ["SCRA", "scra", "Children's Reporter", "the reporters", REPORTER.upper()])
def test_an_organisation_is_known_by_each_name_that_it_goes_by(
    written: str, kept: Callable, database: Database
) -> None:
    add_organisation(database, REPORTER, alias="The  Reporters")
    before = number_of(database, Organisation)
    source_id = kept(organisations=f"{written}\n{REPORTER}")
    assert names_there(database, source_id) == [REPORTER]
    assert number_of(database, Organisation) == before


def test_a_name_that_may_mean_several_is_left_open(
    staff_browser: Any, typed: dict[str, Any], database: Database
) -> None:
    for name in ("Who Cares? Fife", "Who Cares Fife"):
        add_organisation(database, name)
    refused = staff_browser.submit(NEW, {**typed, "organisations": "Who cares, Fife"})
    [message] = markup.problems(refused).values()
    assert "Did you mean “Who Cares? Fife” or “Who Cares Fife”?" in message


def test_a_short_name_of_what_the_directory_does_not_have_is_asked_about(
    staff_browser: Any, typed: dict[str, Any]
) -> None:
    refused = staff_browser.submit(NEW, {**typed, "organisations": "SCRA"})
    assert "“SCRA” is not in the directory." in " ".join(markup.problems(refused).values())


def test_a_name_that_the_directory_does_not_have_is_asked_about(
    staff_browser: Any, typed: dict[str, Any], database: Database
) -> None:
    names = "Kinnaird Water Counsil\nThe Kelpie Trust\n- loch  ossian ADVOCACY"
    told = staff_browser.submit(NEW, {**typed, "organisations": names})
    message = markup.problems(told)["#organisations"]
    assert "Did you mean “Kinnaird Water Council”?" in message
    assert "“The Kelpie Trust” is not in the directory." in message
    assert "ossian" not in message.lower()
    staff_browser.submit(NEW, {**typed, "organisations": names, "add-new": "yes"})
    assert staff_browser.submit(CHECK).status_code == 303
    with database.reading() as session:
        there = session.exec(select(Organisation.name).join(SourceOrganisation)).all()
    assert sorted(there) == ["Kinnaird Water Counsil", "Loch Ossian Advocacy", "The Kelpie Trust"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "#title"),
        ({"held-on": ["", "3", "2026"]}, "#held-on"),
        ({"place": ""}, "#place"),
        ({"round": "round-999"}, "#round"),
        ({"permission": ""}, "#permission"),
        ({"notes": " \n "}, "#notes"),
        ({"notes": "-\n***"}, "#notes"),
        ({"notes": "A \x00 in it"}, "#notes"),
        ({"notes": "long " * 5000}, "#notes"),
        ({"notes": "- x\n" * 1001}, "#notes"),
        ({"notes": "x" * 100_001}, "#notes"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(
    changes: dict, field: str, staff_browser: Any, typed: dict, database: Database
) -> None:
    given = {**typed, **changes}
    answer = staff_browser.submit(NEW, given)
    assert answer.status_code == 422
    assert field in markup.problems(answer)
    assert markup.typed(answer, "notes").rstrip() == given["notes"].replace("\x00", "�").rstrip()
    assert number_of(database, Source) == 0


def test_a_meeting_is_not_held_tomorrow(staff_browser: Any, typed: dict[str, Any]) -> None:
    day = rounds.local_date() + timedelta(days=1)
    answer = staff_browser.submit(NEW, {**typed, "held-on": [str(day.day), str(day.month), str(day.year)]})
    assert "#held-on" in markup.problems(answer)


def test_no_permission_is_chosen_for_anybody_and_silence_is_none(
    staff_browser: Any, kept: Callable, database: Database
) -> None:
    assert markup.chosen(staff_browser.get(NEW), "permission") == []
    source_id = kept(permission=keying.NOT_SAID)
    with database.reading() as session:
        meeting = session.exec(select(Meeting)).one()
    assert (meeting.permission, meeting.permission_reason) == ("do-not-publish", "not-said")
    assert "nothing was said about it" in markup.words(staff_browser.get(f"/staff/sources/{source_id}"))


def test_notes_as_long_as_they_may_be_can_be_kept(kept: Callable, database: Database) -> None:
    paragraph = "Wir fowk ‘haud gaun’ – aye. " * 6
    text = "\n\n".join(f"{number} {paragraph}" for number in range(520))
    kept(notes=text)
    assert number_of(database, Passage) == 520


# -- Whose words they are ---------------------------------------------------------------------------


def id_of(database: Database, name: str) -> int:
    with database.reading() as session:
        return directory.named(session, name)


TOLD = {1: {"Nobody funds the post after March.": {"kinds": ["barrier"]}}}


def test_where_several_were_no_statement_is_one_organisations_own(
    kept: Callable, record_findings: Callable, staff_browser: Any, database: Database
) -> None:
    record_findings(kept(), TOLD)
    for name, other in (("Kinnaird Water Council", "Loch Ossian Advocacy"), ("Loch Ossian Advocacy", "Kinnaird")):
        id = id_of(database, name)
        with database.reading() as session:
            assert contents.of_organisation(session, id)["cells"] == {}
        page = staff_browser.get(f"/staff/organisations/{id}")
        assert f"said at a meeting with {other}" in markup.words(page, '//section[@id="sources"]')
        assert "Nobody funds" not in page.text


def test_where_one_organisation_was_its_statements_are_its_own(
    kept: Callable, record_findings: Callable, staff_browser: Any, database: Database
) -> None:
    record_findings(kept(organisations="Loch Ossian Advocacy"), TOLD)
    page = staff_browser.get(f"/staff/organisations/{id_of(database, 'Loch Ossian Advocacy')}")
    assert "Nobody funds the post after March." in page.text
    assert "said at a meeting" not in page.text


# -- Afterwards -------------------------------------------------------------------------------------


def test_the_facts_can_be_changed_and_the_notes_cannot(
    kept: Callable, staff_browser: Any, typed: dict[str, Any], database: Database, open_round: Round
) -> None:
    url = f"/staff/meetings/{kept()}"
    before = staff_browser.get(url)
    assert markup.typed(before, "organisations") == "Kinnaird Water Council\nLoch Ossian Advocacy"
    assert not markup.tree(before).xpath('//*[@name="notes"]')
    assert "points at their words" in markup.words(before)
    changes = {
        "organisations": "Loch Ossian Advocacy",
        "held-on": ["4", "3", "2026"],
        "round": f"round-{open_round.id}",
        "notes": "Other words.",
    }
    assert staff_browser.submit(url, {**typed, **changes, "place": ""}).status_code == 422
    assert staff_browser.submit(url, {**typed, **changes}).status_code == 303
    with database.reading() as session:
        source, meeting = session.exec(select(Source)).one(), session.exec(select(Meeting)).one()
        assert source.organisation_id == directory.named(session, "Loch Ossian Advocacy")
        assert (meeting.round_id, str(meeting.held_on)) == (open_round.id, "2026-03-04")
        assert "Other words." not in session.exec(select(Passage.text)).all()
        assert number_of(database, SourceOrganisation) == 1


def test_a_permission_that_a_colleague_changed_meanwhile_is_not_changed_back_unseen(
    kept: Callable, staff_browser: Any, typed: dict[str, Any], database: Database
) -> None:
    url = f"/staff/meetings/{kept()}"
    shown = {**typed, "_seen": markup.typed(staff_browser.get(url), "_seen")}
    staff_browser.submit(url, {**shown, "permission": "do-not-publish"})
    assert staff_browser.submit(url, {**shown, "place": "Oban"}).status_code == 303
    with database.reading() as session:
        assert session.exec(select(Meeting.place, Meeting.permission)).one() == ("Oban", "do-not-publish")
    other = next(one for one in ("with-name", "without-name") if one != typed["permission"])
    met = staff_browser.submit(url, {**shown, "place": "Oban", "permission": other})
    assert (met.status_code, list(markup.problems(met))) == (422, ["#permission"])
    assert "This was changed to" in markup.problems(met)["#permission"]


def test_notes_are_removed_with_all_that_was_made_of_them_and_the_reason_stays(
    kept: Callable, record_findings: Callable, staff_browser: Any, database: Database, analysed: Callable
) -> None:
    other = analysed()
    source_id = kept()
    record_findings(source_id, TOLD)
    with database.reading() as session:
        mine = session.exec(select(Statement.id).join(Passage).where(Passage.source_id == source_id)).one()
    staff_browser.submit(f"/staff/statements/{mine}/decisions", {"add": "kinds:idea"})
    assert number_of(database, Decision) == 1
    url = f"/staff/meetings/{source_id}/remove"
    assert "#why" in markup.problems(staff_browser.submit(url))
    assert staff_browser.submit(url, {"why": "A name was in them"}).headers["location"] == "/staff/removed"
    for path in (f"/staff/sources/{source_id}", url, f"/staff/statements/{mine}"):
        assert staff_browser.get(path).status_code == 404
    assert number_of(database, Meeting) == number_of(database, Decision) == number_of(database, SourceOrganisation) == 0
    assert staff_browser.get(f"/staff/sources/{other.source_id}").status_code == 200
    told = markup.words(staff_browser.get("/staff/removed"), "//table")
    for part in ("A name was in them", "The reviewer", "3 paragraphs", f"source {source_id}"):
        assert part in told
    with database.reading() as session:
        assert session.exec(select(Removal.source_id)).one() == source_id


def test_removed_notes_can_be_added_again(kept: Callable, staff_browser: Any, database: Database) -> None:
    staff_browser.submit(f"/staff/meetings/{kept()}/remove", {"why": "A wrong word"})
    kept()
    assert number_of(database, Source) == 1


def test_a_submission_is_not_removed_as_if_it_were_a_meeting(
    analysed: Callable, staff_browser: Any, database: Database
) -> None:
    source_id = analysed().source_id
    url = f"/staff/meetings/{source_id}"
    assert staff_browser.get(url).status_code == 404
    assert staff_browser.submit(f"{url}/remove", {"why": "By mistake"}).status_code == 404
    assert number_of(database, Source) == 1


def test_auditors_see_the_notes_and_change_nothing(
    kept: Callable, as_person: Callable, typed: dict[str, Any], database: Database
) -> None:
    source_id = kept()
    auditor = as_person(Person.AUDITOR)
    page = auditor.get(f"/staff/sources/{source_id}")
    assert "Rooms are far away." in page.text
    assert "remove the notes" not in page.text
    assert 'href="/staff/add"' not in page.text
    for url in (f"/staff/meetings/{source_id}", f"/staff/meetings/{source_id}/remove", NEW):
        assert auditor.get(url).status_code == auditor.submit(url, {**typed, "why": "No"}).status_code == 403
    assert number_of(database, Source) == 1


def test_a_name_that_is_none_is_told_before_anything_is_kept(
    staff_browser: Any, typed: dict[str, Any], database: Database
) -> None:
    """One that PostgreSQL could not look up, which would turn the meeting away again and again."""
    paragraph = "".join(sha256(bytes([number])).hexdigest() for number in range(120))
    before = number_of(database, Organisation)
    sent = staff_browser.submit(NEW, {**typed, "organisations": f"Kinnaird\n{paragraph}", "add-new": "yes"})
    assert sent.status_code == 422
    assert "Shorten each name to 200 characters" in markup.words(sent)
    assert number_of(database, Organisation) == before


def test_a_line_of_spaces_of_any_kind_names_nobody() -> None:
    assert meetings.names_in({"organisations": "Kinnaird\n\xa0\n \u3000\n- \n\u2003Loch"}) == ["Kinnaird", "\u2003Loch"]
