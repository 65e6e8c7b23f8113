"""What was heard is summed up in points that stand on statements, and a person signs for it until there is newer."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from analysis.findings import Findings, Label, Statement
from collector.database import Database
from collector.findings import record
from collector.findings.audit_models import AgreementRun, LabelHold
from collector.findings.models import BlindItem
from collector.findings.models import Statement as Kept
from collector.findings.summary_models import Summary, SummaryCitation, SummaryEdit, SummaryPoint
from collector.intake import uploads
from collector.intake.models import Passage, Source, SubmissionPartner
from collector.organisations import directory
from collector.privacy import erasure
from collector.review import decisions, heard, heard_changes, heard_shown, picked, steps
from collector.review.heard import Subject
from tests.collector import markup
from worker import summarising

pytestmark = pytest.mark.usefixtures("worker_here")

ADVOCACY = Subject("action", "advocacy")
URL = "/staff/heard/actions/advocacy"
LABEL = Label("actions", "advocacy", 0.9)
ON_AID = [
    "We wait eleven weeks for legal aid.",
    "Nobody in the north has had legal aid since May.",
    "A child cannot ask for legal aid alone.",
]
ALONE = "Ferries to our islands stop at four in the winter."
HALF = "and then nothing"


@pytest.fixture
def say(database: Database) -> Callable[..., list[int]]:
    """Has somebody say these things, each a passage of one statement on advocacy; gives the statements' ids."""

    def keep(*texts: str, by: str = "", kind: str = "charity", areas: Sequence[str] = (), **source: Any) -> list[int]:
        with database.writing() as session:
            who = directory.find_or_add(session, name=by, kind=kind, areas=list(areas)) if by else None
            said = Source(kind="document", title="Said", organisation_id=who, **source)
            session.add(said)
            session.flush()
            rows = [Passage(source_id=said.id, position=at, text=text) for at, text in enumerate(texts, start=1)]
            session.add_all(rows)
            session.flush()
            record.record(session, {row.id: read(row) for row in rows})
            wanted = select(Kept.id).where(col(Kept.passage_id).in_([row.id for row in rows]))
            ids = list(session.exec(wanted.order_by(Kept.id)))
            session.commit()
            return ids

    return keep


def read(row: Passage) -> Findings:
    whole = Statement(0, len(row.text), (LABEL,))
    return Findings(id=str(row.id), statements=(whole,), model="test-1", language="en")


@pytest.fixture
def make(database: Database, staff_id: int) -> Callable[..., int]:
    """Has the summary made; gives its id."""

    def ask(subject: Subject = ADVOCACY) -> int:
        with database.writing() as session:
            id = heard.ask(session, subject, staff_id=staff_id)
            session.commit()
        summarising.summarise([id])
        return id

    return ask


def change(database: Database, do: Callable[[Session], Any]) -> None:
    with database.writing() as session:
        do(session)
        session.commit()


def points(database: Database, subject: Subject = ADVOCACY, **which: bool) -> list[heard_shown.Shown]:
    with database.reading() as session:
        summary = heard.find(session, subject)
        return heard_shown.shown(session, session.exec(heard_shown.points(session, summary, **which)).all(), lines=50)


def told(database: Database) -> list[str]:
    return [point.text for point in points(database)]


def point_on_aid(database: Database) -> int:
    return next(point.id for point in points(database) if point.heading == "Legal aid")


def words_of(page: Any) -> str:
    return " ".join(markup.words(page).split())


def three_say_it(say: Callable) -> list[int]:
    [one] = say(ON_AID[0], by="Kinnaird Water Council", kind="council", areas=["fife"])
    [two] = say(ON_AID[1], by="Machair Trust", areas=["fife", "moray"])
    [three] = say(ON_AID[2], by="Loch Ossian Advocacy", areas=["scotland"])
    say(ALONE, HALF, by="Machair Trust")
    return [one, two, three]


SHARED = "3 organisations of 2 kinds, in 2 areas and across Scotland, spoke of legal aid."


def test_what_several_name_comes_first_and_what_one_alone_says_is_kept(
    database: Database, say: Callable, make: Callable, staff_browser: Any
) -> None:
    three_say_it(say)
    make()
    assert told(database) == [
        SHARED,
        "Machair Trust alone said this.",
        "One statement, by one organisation in 2 areas, does not stand by itself.",
    ]
    with database.reading() as session:
        lead = heard_shown.of_summary(session, heard.find(session, ADVOCACY)).told
    assert lead == "3 organisations of 2 kinds, in 2 areas and across Scotland, made 5 statements."
    page = words_of(staff_browser.get(URL))
    for words in (SHARED, *ON_AID, ALONE, HALF, "Written by a machine", "Said by one", "Machair Trust"):
        assert words in page
    point = words_of(staff_browser.get(f"/staff/heard/points/{point_on_aid(database)}"))
    assert "The 3 statements it stands on" in point


def test_where_nobody_else_was_heard_nothing_says_that_one_alone_said_it(
    database: Database, say: Callable, make: Callable, staff_browser: Any
) -> None:
    say(ON_AID[0], by="Machair Trust", areas=["fife"])
    say(ALONE, by="Machair Trust")
    make()
    page = words_of(staff_browser.get(URL))
    assert "What they said" in page
    assert " alone " not in page
    assert "Said by one" not in page
    one = points(database)[0]
    assert one.text == "Machair Trust said this."
    assert " alone " not in words_of(staff_browser.get(f"/staff/heard/points/{one.id}"))
    say(ALONE, by="Loch Ossian Advocacy", areas=["moray"])
    make()
    assert "Machair Trust alone" in words_of(staff_browser.get(URL))


def test_an_organisation_and_an_area_have_a_summary_of_their_own(
    database: Database, say: Callable, make: Callable, staff_browser: Any
) -> None:
    three_say_it(say)
    with database.reading() as session:
        id = directory.named(session, "Machair Trust")
    for subject, url, heading, told_of in (
        (Subject("organisation", str(id)), f"/staff/heard/organisations/{id}", "Machair Trust", 3),
        (Subject("area", "fife"), "/staff/heard/areas/fife", "Fife", 4),
        (Subject("area", "scotland"), "/staff/heard/areas/scotland", "All of Scotland", 5),
    ):
        assert staff_browser.get(url).status_code == 200
        make(subject)
        page = staff_browser.get(url)
        assert markup.title(page) == f"What was heard: {heading}"
        assert f"made {told_of} statements" in words_of(page)
        # In its own summary an organisation is the only one: that it alone said so says nothing.
        own = subject.kind == "organisation"
        assert ("Machair Trust alone said this." in words_of(page)) is not own
        assert ("Machair Trust said this." in words_of(page)) is own
        assert ("What they said" in words_of(page)) is own
        assert ("Said by one" in words_of(page)) is not own
        assert staff_browser.get(markup.back(page)).status_code == 200
        opened = [staff_browser.get(f"/staff/heard/points/{one.id}") for one in points(database, subject)]
        assert {one.status_code for one in opened} == {200}
    for wrong in ("organisations/999", "organisations/01", "organisations/x", "areas/atlantis", "kinds/barrier"):
        assert staff_browser.get(f"/staff/heard/{wrong}").status_code == 404


def test_nothing_that_is_kept_of_what_was_said_is_words(
    database: Database, say: Callable, make: Callable, dump: Callable
) -> None:
    three_say_it(say)
    make()
    rows = dump()
    kept = repr([rows[table.__tablename__] for table in (Summary, SummaryPoint, SummaryCitation, SummaryEdit)]).lower()
    assert rows["summary_citation"]
    assert [word for word in " ".join([*ON_AID, ALONE]).lower().split() if len(word) > 4 and word in kept] == []


def test_a_joint_return_counts_for_each_and_individuals_are_counted_apart(
    database: Database, say: Callable, make: Callable, receive: Callable
) -> None:
    sent = {text: receive(text).submission_id for text in ON_AID[:2]}
    [own], [joint] = say(ON_AID[0]), say(ON_AID[1], by="Machair Trust")
    with database.writing() as session:
        for id, submission_id in ((own, sent[ON_AID[0]]), (joint, sent[ON_AID[1]])):  # in files beside their answers
            upload = uploads.keep(session, "a.txt", str(id).encode(), submission_id=submission_id)
            of_file = {"submission_id": submission_id, "upload_id": upload.id}
            session.exec(sa.update(Source).where(col(Source.id).in_(source_of(id))).values(**of_file))
        partner = directory.find_or_add(session, name="Kinnaird Water Council", kind="charity", areas=[])
        session.add(SubmissionPartner(submission_id=sent[ON_AID[1]], organisation_id=partner))
        session.commit()
    make()
    assert told(database) == ["2 organisations of 2 kinds, in 2 areas, and one individual spoke of legal aid."]


def test_what_comes_goes_or_is_redacted_since_is_told_and_ends_a_sign_off(
    database: Database, say: Callable, make: Callable, staff_id: int, staff_browser: Any
) -> None:
    ids = three_say_it(say)
    make()
    sign(staff_browser, database)
    assert "Signed off by" in words_of(staff_browser.get(URL))
    say("Our legal aid ends in March.", by="Craigmore Trust")
    reject = {"family": "actions", "label": "advocacy", "verdict": "reject", "staff_id": staff_id}
    change(database, lambda session: decisions.decide(session, statement_id=ids[0], **reject))
    change(database, lambda session: redact(session, ids[1], staff_id))
    change(database, lambda session: erasure.erase_sources(session, source_of(ids[2])))
    page = words_of(staff_browser.get(URL))
    assert "4 statements came or changed since: 1 is new, 2 are no longer in it and 1 was redacted" in page
    assert "Sign-off outdated" in page
    assert "Sign-off outdated: newer evidence since" in words_of(staff_browser.get("/staff/heard"))
    refused = staff_browser.submit(URL, {"do": "sign", "revision": revision(database)})
    assert refused.status_code == 409
    assert "there is newer evidence" in words_of(refused)
    make()
    assert "came or changed since" not in words_of(staff_browser.get(URL))


def source_of(statement_id: int) -> Any:
    passages = select(Passage.source_id).join(Kept, col(Kept.passage_id) == Passage.id)
    return passages.where(Kept.id == statement_id)


def redact(session: Session, statement_id: int, staff_id: int) -> None:
    statement = session.get_one(Kept, statement_id)
    place = (statement.start, statement.end)
    made = {"first": place, "place": place, "details": {"reason": "child"}, "staff_id": staff_id}
    picked.decide(session, passage_id=statement.passage_id, kind="redaction", verdict="add", **made)


def revision(database: Database) -> int:
    with database.reading() as session:
        return heard.find(session, ADVOCACY).revision


def sign(browser: Any, database: Database) -> None:
    assert browser.submit(URL, {"do": "sign", "revision": revision(database)}).status_code == 303


def test_words_that_are_redacted_are_neither_quoted_nor_name_a_point(
    database: Database, say: Callable, make: Callable, staff_id: int, staff_browser: Any
) -> None:
    ids = three_say_it(say)
    make()
    for id in ids:
        change(database, lambda session, id=id: redact(session, id, staff_id))
    for made_again in (False, True):
        if made_again:
            make()
        assert "legal aid" not in words_of(staff_browser.get(URL)).lower()
    assert sum(len(point.sentence.citations) for point in points(database)) == 5


def test_a_person_words_a_sentence_and_the_machines_own_is_kept_beside_it(
    database: Database, say: Callable, make: Callable, staff_browser: Any
) -> None:
    three_say_it(say)
    make()
    sign(staff_browser, database)
    url = f"/staff/heard/points/{point_on_aid(database)}"
    ours = "Children wait too long for a lawyer."
    blank = staff_browser.submit(url, {"do": "worded", "sentence": " ", "revision": revision(database)})
    assert (blank.status_code, "Write the sentence" in words_of(blank)) == (422, True)
    staff_browser.submit(url, {"do": "worded", "sentence": ours, "revision": revision(database)})
    page = words_of(staff_browser.get(url))
    assert ours in page
    assert SHARED in page
    assert "Sign-off outdated" in words_of(staff_browser.get(URL))
    staff_browser.submit(url, {"do": "unworded", "revision": revision(database)})
    assert told(database)[0] == SHARED
    history = words_of(staff_browser.get(url))
    assert ours in history
    assert "took back the machine’s sentence" in history


def test_a_point_is_dropped_with_a_reason_and_put_back(
    database: Database, say: Callable, make: Callable, staff_browser: Any
) -> None:
    three_say_it(say)
    make()
    point = point_on_aid(database)
    url = f"/staff/heard/points/{point}"
    assert staff_browser.submit(url, {"do": "dropped", "revision": revision(database)}).status_code == 422
    staff_browser.submit(url, {"do": "dropped", "why": "Said of England", "revision": revision(database)})
    assert point not in [one.id for one in points(database)]
    assert "Said of England" in words_of(staff_browser.get(URL))
    staff_browser.submit(url, {"do": "put-back", "revision": revision(database)})
    assert point in [one.id for one in points(database)]


def test_of_two_at_once_the_second_is_told_and_loses_nothing(
    database: Database, say: Callable, make: Callable, staff_browser: Any, staff_id: int
) -> None:
    three_say_it(say)
    make()
    seen, point = revision(database), point_on_aid(database)
    with database.writing() as session:
        row = session.get_one(SummaryPoint, point)
        heard_changes.change(session, row, "worded", revision=seen, staff_id=staff_id, text="Lawyers are late.")
        session.commit()
    url = f"/staff/heard/points/{point}"
    second = staff_browser.submit(url, {"do": "worded", "sentence": "Lawyers are scarce.", "revision": seen})
    page = words_of(second)
    assert second.status_code == 409
    for words in (
        "Moira wrote another sentence since you opened this page",
        "Lawyers are late.",
        "Lawyers are scarce.",
    ):
        assert words in page
    assert told(database)[0] == "Lawyers are late."
    assert staff_browser.submit(URL, {"do": "sign", "revision": seen}).status_code == 409
    assert "Nobody has signed it off yet" in words_of(staff_browser.get(URL))


def test_made_again_a_point_goes_on_with_what_people_did_and_one_that_is_no_more_is_kept_for_its_history(
    database: Database, say: Callable, make: Callable, staff_browser: Any, staff_id: int
) -> None:
    three_say_it(say)
    make()
    point = point_on_aid(database)
    alone = next(one.id for one in points(database) if ALONE in {line.text for line in one.lines})
    for id, text in ((point, "Lawyers are late."), (alone, "Islands are cut off.")):
        sent = {"do": "worded", "sentence": text, "revision": revision(database)}
        staff_browser.submit(f"/staff/heard/points/{id}", sent)
    say("Legal aid is for the rich, our families say.", by="Craigmore Trust")
    [ferries] = [line.id for one in points(database) if one.id == alone for line in one.lines]
    reject = {"family": "actions", "label": "advocacy", "verdict": "reject", "staff_id": staff_id}
    change(database, lambda session: decisions.decide(session, statement_id=ferries, **reject))
    make()
    [first, *_] = points(database)
    assert (first.id, first.text, len(first.sentence.citations)) == (point, "Lawyers are late.", 4)
    assert [one.text for one in points(database, parted=True)] == ["Islands are cut off."]
    assert "no point any more" in words_of(staff_browser.get(URL))


def test_who_withdraws_is_in_no_summary_and_a_point_that_nothing_is_left_of_goes_with_what_staff_wrote(
    database: Database, say: Callable, make: Callable, dump: Callable, staff_id: int
) -> None:
    ids = three_say_it(say)
    make()
    point = point_on_aid(database)
    with database.writing() as session:
        row = session.get_one(SummaryPoint, point)
        heard_changes.change(session, row, "worded", revision=row.summary_id + 1, staff_id=staff_id, text="About Ailsa")
        session.commit()
    change(database, lambda session: erasure.erase_sources(session, source_of(ids[0])))
    [left] = [one for one in points(database) if one.id == point]
    assert left.sentence.text == "2 organisations in 2 areas and across Scotland spoke of legal aid."
    for id in ids[1:]:
        change(database, lambda session, id=id: erasure.erase_sources(session, source_of(id)))
    rows = dump()
    assert point not in [one.id for one in points(database)]
    assert "Ailsa" not in repr(rows["summary_edit"])


def test_what_is_set_aside_coded_blind_or_on_hold_is_in_none(
    database: Database, say: Callable, make: Callable, staff_id: int
) -> None:
    ids = three_say_it(say)
    with database.reading() as session:
        passages = [session.get_one(Kept, id).passage_id for id in ids]
    reason = {"staff_id": staff_id, "reason": "Not ours"}
    change(database, lambda session: steps.move(session, passages[0], "set-aside", **reason))
    change(database, lambda session: session.add(BlindItem(passage_id=passages[1], coders=1, chance=0.1)))
    change(database, lambda session: heard.standing.settle(session, ids))
    make()
    assert sum(len(one.sentence.citations) for one in points(database)) == 3
    accept = {"family": "actions", "label": "advocacy", "verdict": "accept", "staff_id": staff_id}
    change(database, lambda session: decisions.decide(session, statement_id=ids[2], **accept))
    with database.writing() as session:
        run = AgreementRun()
        session.add(run)
        session.flush()
        hold = {"model": "test-1", "run_id": run.id, "figures": {}, "passages": 30}
        session.add(LabelHold(family="actions", label="advocacy", **hold))
        session.commit()
    make()
    assert [line.text for one in points(database) for line in one.lines] == [ON_AID[2]]


def test_a_summary_is_made_of_an_organisation_and_of_an_area_too(
    database: Database, say: Callable, make: Callable
) -> None:
    three_say_it(say)
    with database.reading() as session:
        organisation = directory.named(session, "Machair Trust")
    for subject, number in ((Subject("organisation", str(organisation)), 3), (Subject("area", "fife"), 4)):
        make(subject)
        assert sum(len(one.sentence.citations) for one in points(database, subject)) == number


def test_asked_twice_it_is_made_once_and_a_lost_claim_keeps_nothing(
    database: Database, say: Callable, staff_id: int
) -> None:
    three_say_it(say)
    with database.writing() as session:
        id = heard.ask(session, ADVOCACY, staff_id=staff_id)
        assert heard.ask(session, ADVOCACY, staff_id=staff_id) == id
        claim = heard.leases.claim(session, id)
        heard.leases.put_back(session, claim)
        assert not heard.finish(session, claim, [], model="test-1", statements=0, more=False)
        session.commit()
    summarising.summarise([id, id])
    with database.reading() as session:
        [summary] = session.exec(select(Summary)).all()
    assert (summary.state, summary.statements, summary.attempts) == ("done", 5, 1)


def test_auditors_read_and_change_nothing(
    database: Database, say: Callable, make: Callable, new_browser: Any, sign_in: Any
) -> None:
    three_say_it(say)
    make()
    auditor = new_browser()
    sign_in(auditor, "auditor")
    page = words_of(auditor.get(URL))
    assert SHARED in page
    assert "Sign it off" not in page
    assert "Change this point" not in page
