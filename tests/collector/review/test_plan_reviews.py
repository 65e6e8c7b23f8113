"""A review of local plans: how far each answers each question, who says so, what is counted and what is not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from analysis import findings as found
from collector.accounts import staff
from collector.database import Database, insert_one
from collector.findings import record, standing
from collector.findings.models import BlindItem, ExtractDecision, Statement
from collector.findings.plan_models import PlanDecision, PlanReview
from collector.frameworks import coding_frames, plan, walks
from collector.frameworks.models import Walk
from collector.intake import documents
from collector.intake.models import Job, Passage, Source
from collector.privacy import erasure
from collector.review import acts, plan_coverage, plan_decisions, plan_sets, plan_shown
from collector.review.acts import CannotDo
from collector.review.plan_coverage import Coverage, Found, proposed
from collector.review.plan_decisions import DecidedMeanwhile, Meant
from collector.review.plan_sets import Facts, Sought
from forms import coding_frame

FRAME = coding_frame.load("local-plans")
FAMILY = "frame-local-plans"
READER = "few-shot-test"


@dataclass
class Said:
    """A paragraph of a plan: its words, questions with the machine's score, kinds, and who promises what by when."""

    text: str
    codes: dict[str, float]
    kinds: tuple[str, ...] = ()
    who: str = ""
    due: str = ""
    actions: tuple[str, ...] = ()


GOVERNANCE = Said("The board meets four times a year.", {"governance": 0.9}, ("activity",))
LEADS = Said("Each priority has a lead.", {"governance": 0.8})
PROMISE = Said(
    "The secretary will publish the minutes by June.", {"governance": 0.7}, ("commitment",), "The secretary", "by June"
)
UNSURE = Said("A group is there.", {"governance": 0.4})
WAIT = Said("Children wait nine months to be seen.", {"mental-health": 0.9}, ("barrier",))
SILENCE = Said("The sea is wide.", {})


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    plan._held = None
    yield
    plan._held = None


class Desk:
    """Somebody with a review of plans before them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.writing() as session:
            self.me = staff.add(session, email="me@example.org", name="Aileen Reid", role="reviewer").id
            session.commit()
        with database.writing() as session:
            frame, walk = coding_frames.add(session, FRAME, file_name="f.yaml", staff_id=self.me, passages=0)
            self.frame_id, self.walk_id = frame.id, walk.id
            session.commit()
        with database.writing() as session:
            coding_frames.use(session, self.frame_id, model=READER, how="few-shot", examples=30)
            session.commit()
        self.finish_walk()
        plan.look(database)
        with database.writing() as session:
            self.review_id = plan_sets.make(
                session, title="Plans", frame_id=self.frame_id, need_code="", staff_id=self.me, key="one"
            )
            session.commit()

    def finish_walk(self) -> None:
        with self.database.writing() as session:
            assert walks.finish(session, walks.leases.claim(session, self.walk_id))
            session.commit()

    def plan(self, title: str, *said: Said, read: bool = True, whose: str = "", language: str = "en") -> int:
        """A document in the review, with what a machine says of it."""
        with self.database.writing() as session:
            source = Source(kind="document", title=title, content_hash=title)
            session.add(source)
            session.flush()
            places = [f"Page {number}" for number in range(1, len(said) + 1)]
            documents.add_passages(session, source.id, [one.text for one in said], places=places)
            session.add(Job(source_id=source.id, state="done" if read else "waiting", total=len(said)))
            session.flush()
            plan_sets.add(session, self.review_id, [source.id], staff_id=self.me)
            id = source.id
            session.commit()
        if read:
            self.read(id, said, language)
        if whose:
            self.say(id, title, [whose], [])
        return id

    def read(self, source_id: int, said: tuple[Said, ...], language: str = "en") -> None:
        with self.database.writing() as session:
            passages = session.exec(select(Passage.id).where(Passage.source_id == source_id).order_by(Passage.id)).all()
            told = dict(zip(passages, said, strict=True))
            record.record(session, {id: findings_of(id, one, language) for id, one in told.items()})
            labels = {(id, 0, len(one.text)): labels_of(FAMILY, one.codes) for id, one in told.items()}
            record.record_beside(session, labels if language == "en" else {}, model=READER)
            session.commit()

    def say(self, source_id: int, title: str, organisations: list[str], areas: list[str]) -> None:
        facts = Facts(title, organisations, areas, date(2024, 4, 1), date(2027, 3, 31))
        with self.database.writing() as session:
            plan_sets.say(session, source_id, facts, staff_id=self.me)
            session.commit()

    def whole(self) -> Coverage:
        with self.database.reading() as session:
            return plan_coverage.coverage(session, session.get_one(PlanReview, self.review_id))

    def far(self, source_id: int, code: str = "governance") -> str:
        return self.whole().cells[source_id, code].how_far

    def decide(self, source_id: int, how_far: str, *, seen: int = 0, why: str = "", by: int = 0) -> int | None:
        with self.database.writing() as session:
            review = session.get_one(PlanReview, self.review_id)
            meant = Meant(source_id, "governance", how_far, why, seen)
            row = plan_decisions.decide(session, review, meant, staff_id=by or self.me)
            id = row and row.id
            session.commit()
        return id

    def colleague(self) -> int:
        with self.database.writing() as session:
            id = staff.add(session, email="other@example.org", name="Calum Orr", role="reviewer").id
            session.commit()
        return id


def findings_of(passage_id: int, one: Said, language: str) -> found.Findings:
    span = found.Span(0, len(one.text), one.text)
    labels = [found.Label("kinds", kind, 0.9, (span,)) for kind in one.kinds]
    labels += [found.Label("actions", action, 0.9, (span,)) for action in one.actions]
    due = found.Due(one.due) if one.due else None
    promised = (found.Commitment(0, len(one.text), one.text, one.who, due),) if "commitment" in one.kinds else ()
    statement = found.Statement(0, len(one.text), tuple(labels))
    return found.Findings(
        id=str(passage_id), statements=(statement,), commitments=promised, model="test-1", language=language
    )


def labels_of(family: str, codes: dict[str, float]) -> list[found.Label]:
    return [found.Label(family, code, score, ()) for code, score in codes.items()]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


# -- The rule -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "passages", "level"),
    [
        (Found(), 10, "none"),
        (Found(unsure=9), 10, "none"),
        (Found(statements=1, passages=1), 10, "mentioned"),
        (Found(statements=2, passages=1), 25, "described"),
        (Found(statements=2, passages=1), 26, "mentioned"),
        (Found(statements=2, passages=2), 50, "described"),
        (Found(statements=9, passages=7), 200, "mentioned"),
        (Found(statements=9, passages=8), 200, "described"),
        (Found(statements=9, passages=8, actions=1), 200, "actions"),
        (Found(statements=9, passages=7, actions=1), 200, "mentioned"),
        (Found(statements=1, passages=1, actions=1), 10, "actions"),
    ],
)
def test_how_far_follows_from_number_spread_and_actions(there: Found, passages: int, level: str) -> None:
    assert proposed(there, passages) == level


def test_what_stands_is_counted_by_question_and_what_the_machine_is_unsure_of_is_not(desk: Desk) -> None:
    id = desk.plan("A", GOVERNANCE, LEADS, UNSURE, WAIT)
    whole = desk.whole()
    assert whole.cells[id, "governance"].found == Found(statements=2, passages=2, unsure=1)
    assert whole.cells[id, "governance"].how_far == "described"
    assert whole.cells[id, "mental-health"].how_far == "mentioned"
    assert whole.cells[id, "disability"].how_far == "none"


def test_an_action_says_who_or_by_when(desk: Desk) -> None:
    vague = Said("We will do better.", {"governance": 0.9}, ("commitment",), who="we")
    assert desk.far(desk.plan("Vague", vague, LEADS)) == "described"
    assert desk.far(desk.plan("Dated", PROMISE, LEADS)) == "actions"
    by_when = Said("We will report by June.", {"governance": 0.9}, ("commitment",), who="we", due="by June")
    assert desk.far(desk.plan("By when", by_when, LEADS)) == "actions"


def test_an_action_that_a_person_took_out_counts_as_none(desk: Desk) -> None:
    id = desk.plan("A", PROMISE, LEADS)
    with desk.database.writing() as session:
        passage = session.exec(select(Passage).where(Passage.source_id == id).order_by(Passage.id)).first()
        act = acts.begin(session, staff_id=desk.me, what="decide")
        place = {"start": 0, "end": len(passage.text), "first_start": 0, "first_end": len(passage.text)}
        row = {"act_id": act.id, "passage_id": passage.id, "kind": "commitment", "verdict": "reject", **place}
        session.add(ExtractDecision(**row, staff_id=desk.me))
        session.commit()
    assert desk.far(id) == "described"


def test_a_quote_that_a_person_says_does_not_belong_is_gone_and_one_they_add_counts(desk: Desk) -> None:
    from collector.review import decisions

    id = desk.plan("A", GOVERNANCE, UNSURE, SILENCE)
    with desk.database.reading() as session:
        ids = session.exec(
            select(Statement.id).join(Passage).where(Passage.source_id == id).order_by(Statement.id)
        ).all()
    for statement_id, verdict in ((ids[0], "reject"), (ids[2], "add")):
        with desk.database.writing() as session:
            said = {"family": FAMILY, "label": "governance", "verdict": verdict, "staff_id": desk.me}
            decisions.decide(session, statement_id=statement_id, **said)
            session.commit()
    assert desk.whole().cells[id, "governance"].found == Found(statements=1, passages=1, decided=1, unsure=1)
    with desk.database.reading() as session:
        quoted = plan_coverage.quotes(session, [id], FAMILY, "governance")
    assert [(one.statement_id, one.counts) for one in quoted] == [(ids[1], False), (ids[2], True)]


def test_the_page_of_one_question_counts_as_the_whole_review_does(desk: Desk) -> None:
    for number, said in enumerate([(GOVERNANCE, LEADS, UNSURE), (PROMISE, LEADS), (SILENCE,), (WAIT, UNSURE)]):
        desk.plan(str(number), *said)
    whole = desk.whole()
    with desk.database.reading() as session:
        review = session.get_one(PlanReview, desk.review_id)
        one, _ = plan_coverage.of_one_question(session, review, "governance")
    assert one.cells == {key: cell for key, cell in whole.cells.items() if key[1] == "governance"}
    assert {cell.how_far for cell in one.cells.values()} == {"described", "actions", "none"}


# -- What is not read -----------------------------------------------------------------------------------------------


def test_a_plan_that_is_not_read_is_never_counted_as_not_at_all(desk: Desk) -> None:
    desk.plan("Read", SILENCE)
    waits = desk.plan("Waits", GOVERNANCE, read=False)
    whole = desk.whole()
    assert whole.cells[waits, "governance"].how_far == "not-read"
    counted = plan_coverage.counted(whole, "governance")
    assert (counted.of, counted.levels["none"], counted.not_read) == (1, 1, 1)
    assert plan_shown.progress_words(whole) | {"reason": ""} == {
        "read": 1, "of": 2, "not_read": 1, "unreadable": 0, "stopped": False, "reason": "", "begun": True,
    }  # fmt: skip


def test_a_plan_whose_text_could_not_be_read_stands_apart_until_a_person_says_how_far(desk: Desk) -> None:
    gaelic = desk.plan("Gaelic", SILENCE, language="gd")
    scan = desk.plan("Scan")
    with desk.database.writing() as session:
        [job] = session.exec(select(Job).where(Job.source_id == scan))
        job.state, job.reason = "set-aside", "There is no text in this file"
        session.commit()
    assert desk.far(gaelic) == desk.far(scan) == "unreadable"
    desk.decide(gaelic, "described")
    counted = plan_coverage.counted(desk.whole(), "governance")
    assert (counted.of, counted.levels["described"], counted.unreadable) == (1, 1, 1)


def test_documents_read_before_the_questions_came_are_not_read_against_them_until_the_walk_has_passed(
    desk: Desk,
) -> None:
    first, second = desk.plan("First", GOVERNANCE), desk.plan("Second", GOVERNANCE)
    with desk.database.writing() as session:
        last = session.exec(select(Passage.id).where(Passage.source_id == first)).one()
        walk = walks.begin(session, what="frame", frame_id=desk.frame_id, total=2, place=last)
        desk.walk_id = walk.id
        session.commit()
    assert (desk.far(first), desk.far(second)) == ("mentioned", "not-read")
    assert plan_shown.progress_words(desk.whole())["read"] == 1
    desk.finish_walk()
    assert desk.far(second) == "mentioned"


def test_before_any_reader_of_the_questions_is_in_use_nothing_is_read(desk: Desk, database: Database) -> None:
    id = desk.plan("A", GOVERNANCE)
    with database.writing() as session:
        reader = coding_frames.reader_of(session, desk.frame_id)
        reader.in_use = False
        session.add(reader)
        session.commit()
    assert desk.far(id) == "not-read"


def test_a_walk_that_was_set_aside_holds_back_until_a_later_one_has_read_as_much(desk: Desk) -> None:
    id = desk.plan("A", GOVERNANCE)
    with desk.database.writing() as session:
        session.add(Walk(what="frame", frame_id=desk.frame_id, state="set-aside", total=5, reason="The model is away"))
        session.commit()
    whole = desk.whole()
    assert (desk.far(id), whole.progress.state, whole.progress.reason) == ("not-read", "set-aside", "The model is away")
    with desk.database.writing() as session:
        session.add(Walk(what="frame", frame_id=desk.frame_id, state="done", total=5, done=5))
        session.commit()
    assert desk.far(id) == "mentioned"


def test_passages_that_are_coded_blind_tell_nothing(desk: Desk) -> None:
    id = desk.plan("A", GOVERNANCE, LEADS)
    with desk.database.writing() as session:
        passage_id = session.exec(select(Passage.id).where(Passage.source_id == id).order_by(Passage.id)).first()
        session.add(BlindItem(passage_id=passage_id, coders=1, chance=0.1))
        session.flush()
        standing.settle(session, session.exec(select(Statement.id).where(Statement.passage_id == passage_id)).all())
        session.commit()
    whole = desk.whole()
    assert whole.cells[id, "governance"].found == Found(statements=1, passages=1)
    assert "coded blind" in plan_shown.reading_words(whole.readings[id])


# -- What people decide ---------------------------------------------------------------------------------------------


def test_a_person_outranks_the_proposal_and_taking_it_back_lets_it_count_again(desk: Desk) -> None:
    id = desk.plan("A", GOVERNANCE)
    first = desk.decide(id, "described", why="The annex tells all of it.")
    cell = desk.whole().cells[id, "governance"]
    assert (cell.how_far, cell.by_person, cell.proposed) == ("described", True, "mentioned")
    assert desk.decide(id, "described", why="The annex tells all of it.") == first  # sent twice is said once
    desk.decide(id, "", seen=first)
    assert (desk.far(id), desk.whole().cells[id, "governance"].by_person) == ("mentioned", False)
    with desk.database.reading() as session:
        history = plan_decisions.history(session, desk.review_id, id, "governance")
    assert [(one.how_far, one.proposed, one.why) for one in history] == [
        ("", "mentioned", ""), ("described", "mentioned", "The annex tells all of it."),
    ]  # fmt: skip


def test_who_did_not_see_what_a_colleague_decided_is_told_and_nothing_is_kept(desk: Desk) -> None:
    id = desk.plan("A", GOVERNANCE)
    theirs = desk.decide(id, "described", by=desk.colleague())
    with pytest.raises(DecidedMeanwhile, match="Calum Orr decided while you had this page open: Described"):
        desk.decide(id, "none", seen=0)
    assert desk.far(id) == "described"
    desk.decide(id, "none", seen=theirs)
    assert desk.far(id) == "none"


def test_nonsense_is_refused_in_words(desk: Desk) -> None:
    id = desk.plan("A", GOVERNANCE)
    with pytest.raises(CannotDo, match="Choose how far"):
        desk.decide(id, "splendid")
    with pytest.raises(CannotDo, match="Shorten the reason"):
        desk.decide(id, "none", why="a" * 5000)
    with pytest.raises(CannotDo, match="not in the review"):
        desk.decide(999, "none")
    with desk.database.reading() as session:
        assert session.exec(select(PlanDecision)).all() == []


def test_a_plan_that_is_taken_out_and_put_back_keeps_what_was_decided(desk: Desk) -> None:
    id = desk.plan("A", GOVERNANCE)
    desk.decide(id, "actions")
    with desk.database.writing() as session:
        plan_sets.take_out(session, desk.review_id, id, staff_id=desk.me)
        session.commit()
    assert desk.whole().plans == []
    with desk.database.writing() as session:
        assert plan_sets.add(session, desk.review_id, [id], staff_id=desk.me) == 1
        assert plan_sets.add(session, desk.review_id, [id], staff_id=desk.me) == 0
        session.commit()
    assert desk.far(id) == "actions"


def test_when_the_questions_are_retired_only_what_people_decided_is_left(desk: Desk) -> None:
    id, other = desk.plan("A", GOVERNANCE), desk.plan("B", GOVERNANCE)
    desk.decide(id, "actions")
    with desk.database.writing() as session:
        coding_frames.retire(session, desk.frame_id, staff_id=desk.me, why="Done")
        session.commit()
    whole = desk.whole()
    assert whole.retired
    assert (whole.cells[id, "governance"].how_far, whole.cells[other, "governance"].how_far) == ("actions", "not-read")


# -- Joint plans, counts --------------------------------------------------------------------------------------------


def test_a_joint_plan_counts_once_and_is_shown_for_each_of_its_areas(desk: Desk) -> None:
    joint, own = desk.plan("Joint", GOVERNANCE), desk.plan("Own", SILENCE)
    desk.say(joint, "Three areas", ["North Council", "East Council", "West Council"], ["angus", "fife", "moray"])
    desk.say(own, "One area", ["South Council"], ["fife"])
    whole = desk.whole()
    counted = plan_coverage.counted(whole, "governance")
    assert (counted.any, counted.of, counted.organisations, counted.of_organisations) == (1, 2, 3, 4)
    assert plan_shown.said_of(counted).replace("\u00a0", " ") == (
        "About half of the plans say something of it: 1 of 2, from 3 of 4 organisations. "
        "Mentioned, about half: 1 of 2; not at all, about half: 1 of 2."
    )
    nothing = plan_shown.said_of(plan_coverage.counted(whole, "disability")).replace("\u00a0", " ")
    assert nothing == "No plan says anything of it: 0 of 2."
    for area, titles in (("angus", ["Three areas"]), ("fife", ["One area", "Three areas"]), ("moray", ["Three areas"])):
        wanted = plan_shown.read({"area": area}, whole)
        assert [one.title for one in plan_shown.narrowed(whole, wanted).plans] == titles


def test_whose_a_plan_is_follows_the_document_until_staff_say_otherwise(
    desk: Desk, analysed: Callable[..., Any]
) -> None:
    from collector.intake.models import SubmissionPartner
    from collector.organisations import directory

    kept = analysed()
    with desk.database.writing() as session:
        partner = directory.find_or_add(session, name="Loch Ossian Advocacy", areas=["moray"])
        session.add(SubmissionPartner(submission_id=kept.received.submission_id, organisation_id=partner))
        facts = {"kind": "document", "title": "plan.pdf", "submission_id": kept.received.submission_id}
        # A file that was sent with answers has the submission's organisation.
        id = insert_one(session, Source, **facts, organisation_id=kept.organisation_id, upload_id=an_upload(session))
        [before] = plan_sets.known(session, [id])
        session.commit()
    assert (before.whose, before.areas) == (
        "Kinnaird Water Council, Loch Ossian Advocacy",
        ("fife", "highland", "moray"),
    )
    assert (before.joint, before.permission) == (True, "without-name")
    desk.say(id, "Our plan", ["Kinnaird Water Council"], ["fife"])
    with desk.database.reading() as session:
        [after] = plan_sets.known(session, [id])
    assert (after.title, after.whose, after.areas, after.starts_on) == (
        "Our plan", "Kinnaird Water Council", ("fife",), date(2024, 4, 1),
    )  # fmt: skip


def an_upload(session: Any) -> int:
    from collector.intake import uploads

    return uploads.keep(session, "plan.txt", b"We plan.").id


def test_what_is_said_of_a_plan_has_faults_by_field_and_forgets_whom_nothing_else_leads_to(desk: Desk) -> None:
    from collector.organisations.models import Organisation

    id = desk.plan("A", GOVERNANCE)
    for facts, field in (
        (Facts(" ", [], [], None, None), "title"),
        (Facts("A", ["x" * 300], [], None, None), "organisations"),
        (Facts("A", [], [], date(2026, 1, 2), date(2026, 1, 1)), "ends"),
    ):
        with pytest.raises(plan_sets.Fault) as fault, desk.database.writing() as session:
            plan_sets.say(session, id, facts, staff_id=desk.me)
        assert fault.value.field == field
    desk.say(id, "A", ["Norht Council"], [])
    desk.say(id, "A", ["North Council"], [])
    with desk.database.reading() as session:
        assert session.exec(select(Organisation.name)).all() == ["North Council"]


# -- Documents to choose from ---------------------------------------------------------------------------------------


def test_plans_are_found_by_name_organisation_area_and_day(desk: Desk) -> None:
    first, second = desk.plan("Glen plan", GOVERNANCE), desk.plan("Shore plan", GOVERNANCE)
    desk.say(second, "The 100 % plan", ["Shore_Partnership"], ["orkney-islands"])

    def found(**sought: Any) -> list[int]:
        with desk.database.reading() as session:
            return list(session.exec(plan_sets.candidates(Sought(**sought))))

    assert found() == [second, first]
    assert found(search="glen") == [first]
    assert found(search="100 %") == found(search="shore_p") == found(area="orkney-islands") == [second]
    assert found(search="Shore plan") == [second]  # as the file is called
    today = date.today()
    assert found(since=today.replace(year=today.year + 1)) == found(until=date(2020, 1, 1)) == []
    assert found(since=date(2020, 1, 1), until=date(2200, 1, 1)) == [second, first]


def test_only_documents_may_be_plans_and_so_many(desk: Desk, analysed: Callable[..., Any], monkeypatch: Any) -> None:
    kept = analysed()
    with desk.database.writing() as session:
        assert plan_sets.add(session, desk.review_id, [kept.source_id], staff_id=desk.me) == 0
    monkeypatch.setattr(plan_sets, "MOST_PLANS", 1)
    desk.plan("A", GOVERNANCE)
    with pytest.raises(CannotDo, match="Keep to 1 plans"):
        desk.plan("B", GOVERNANCE)


# -- Needs ------------------------------------------------------------------------------------------------------------


def needs_of(desk: Desk, source_id: int, need_code: str = "") -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    with desk.database.reading() as session:
        found_ = plan_coverage.needs(session, source_id, FAMILY, need_code)
        words = plan_shown.words_of(session, [one.statement_id for one in found_])
    return [(words[one.statement_id]["text"], one.about) for one in found_]


def test_a_need_without_an_action_is_listed_and_one_that_is_met_is_not(desk: Desk) -> None:
    counsellor = Said("Each school has a counsellor.", {"mental-health": 0.6}, ("activity",))
    assert needs_of(desk, desk.plan("Unmet", WAIT, GOVERNANCE)) == [(WAIT.text, ((FAMILY, "mental-health"),))]
    assert needs_of(desk, desk.plan("Met", WAIT, counsellor)) == []


def test_a_need_on_no_question_is_told_by_its_action(desk: Desk) -> None:
    need = Said("We lack homes near by.", {}, ("support-needed",), actions=("brothers-and-sisters",))
    assert needs_of(desk, desk.plan("A", need)) == [(need.text, (("actions", "brothers-and-sisters"),))]


def test_a_need_on_no_question_and_no_action_is_listed_too(desk: Desk) -> None:
    need = Said("We lack the money for it.", {}, ("support-needed",))
    doing = Said("Each school has a counsellor.", {"mental-health": 0.6}, ("activity",))
    assert needs_of(desk, desk.plan("A", need, doing)) == [(need.text, ())]


def test_what_is_told_under_the_question_about_need_is_a_need_on_what_else_it_is_about(desk: Desk) -> None:
    told = Said("One in nine children is disabled.", {"assessment-of-need": 0.9, "disability": 0.6})
    id = desk.plan("A", told)
    assert needs_of(desk, id) == []
    assert needs_of(desk, id, "assessment-of-need") == [(told.text, ((FAMILY, "disability"),))]


# -- Erasure -----------------------------------------------------------------------------------------------------------


def test_an_erased_document_leaves_nothing_of_it_in_any_review(desk: Desk, dump: Callable[[], Any]) -> None:
    id = desk.plan("A", GOVERNANCE)
    desk.say(id, "A", ["North Council"], ["fife"])
    desk.decide(id, "described", why="They say so.")
    with desk.database.writing() as session:
        erasure.erase_sources(session, select(Source.id).where(Source.id == id))
        session.commit()
    rows = dump()
    gone = ("local_plan", "local_plan_organisation", "local_plan_area", "reviewed_plan", "plan_decision")
    assert [rows[table] for table in gone] == [[]] * 5
    assert len(rows["plan_review"]) == 1
