"""Profiles are kept up to date with what they are drawn from, and nothing is rebuilt that did not change."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database, now
from collector.findings import profile_changes
from collector.findings.profile_models import Profile, ProfileChange
from collector.intake import belonging
from collector.intake.models import Source, Submission
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.privacy import erasure
from collector.profiles import areas, contents, kept
from collector.profiles.kept import Subject
from collector.review import acts, decisions

WORK = {"kinds": ["activity"], "actions": ["planning"]}
BARRIER = {"kinds": ["barrier"], "actions": ["planning"], "barrier_themes": ["funding"]}


def changes(database: Database) -> list[tuple[int | None, str | None]]:
    with database.reading() as session:
        rows = session.exec(select(ProfileChange.organisation_id, ProfileChange.area)).all()
        return sorted({tuple(row) for row in rows}, key=str)


def decide(database: Database, statement_id: int, staff_id: int, verdict: str = "accept") -> int:
    with database.writing() as session:
        label = {"family": "kinds", "label": "activity"}
        made = decisions.decide(session, statement_id=statement_id, **label, verdict=verdict, staff_id=staff_id)
        session.commit()
        return made.act_id


def test_what_is_said_is_noted_and_then_kept_for_the_organisation_its_areas_and_scotland(
    says: Callable, rebuilt: Callable, id_of: Callable, content: Callable, database: Database
) -> None:
    said = says("Loch Trust", {"We plan ahead.": WORK})
    id = id_of("Loch Trust")
    assert changes(database) == [(id, None)]
    assert rebuilt() == [Subject(id), Subject(area="fife"), Subject(area="scotland")]
    own = content(organisation_id=id)
    assert own["statements"] == 1
    assert own["cells"]["actions"] == {"planning": [1, 0]}
    assert own["cells"]["area-kind"] == {"planning|activity": [1, 0]}
    assert own["lines"]["area-kind"]["planning|activity"] == list(said.values())
    assert content(area="fife")["cells"]["actions"] == {"planning": [1, 0, 1, 0]}
    assert changes(database) == []


def test_a_decision_and_its_undoing_are_in_the_profile_after_the_next_rebuilding(
    says: Callable, rebuilt: Callable, id_of: Callable, content: Callable, database: Database, staff_id: int
) -> None:
    [statement] = says("Loch Trust", {"We plan ahead.": WORK}).values()
    rebuilt()
    act_id = decide(database, statement, staff_id)
    rebuilt()
    assert content(organisation_id=id_of("Loch Trust"))["cells"]["kinds"] == {"activity": [1, 1]}
    assert content(area="scotland")["cells"]["kinds"] == {"activity": [1, 1, 1, 1]}
    with database.writing() as session:
        acts.undo(session, act_id, staff_id=staff_id)
        session.commit()
    rebuilt()
    assert content(area="scotland")["cells"]["kinds"] == {"activity": [1, 0, 1, 0]}


def test_a_page_shows_a_decision_at_once(
    says: Callable, rebuilt: Callable, id_of: Callable, database: Database, staff_id: int
) -> None:
    [statement] = says("Loch Trust", {"We plan ahead.": WORK}).values()
    rebuilt()
    decide(database, statement, staff_id, "reject")
    with database.reading() as session:
        shown = kept.of_organisation(session, id_of("Loch Trust"))
        assert "activity" not in shown.content["cells"].get("kinds", {})
        assert kept.of_area(session, "fife").content["cells"]["kinds"] == {"activity": [1, 0, 1, 0]}


def test_only_what_changed_is_rebuilt(
    says: Callable, rebuilt: Callable, id_of: Callable, database: Database, staff_id: int
) -> None:
    [statement] = says("Loch Trust", {"We plan ahead.": WORK}).values()
    says("Ben Trust", {"We plan too.": WORK}, areas=("moray",))
    rebuilt()
    decide(database, statement, staff_id)
    assert rebuilt() == [Subject(id_of("Loch Trust")), Subject(area="fife"), Subject(area="scotland")]


def test_where_nothing_came_of_a_change_no_area_is_rebuilt(
    says: Callable, rebuilt: Callable, id_of: Callable, database: Database
) -> None:
    says("Loch Trust", {"We plan ahead.": WORK})
    rebuilt()
    with database.writing() as session:
        profile_changes.note_organisations(session, [id_of("Loch Trust")])
        session.commit()
    assert rebuilt() == [Subject(id_of("Loch Trust"))]


def test_what_changes_while_a_profile_is_rebuilt_is_rebuilt_again(
    says: Callable, id_of: Callable, database: Database, staff_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    [statement] = says("Loch Trust", {"We plan ahead.": WORK}).values()
    subject, made = Subject(id_of("Loch Trust")), kept.made

    def and_then_somebody_decides(session: Any, subject: Subject) -> Any:
        found = made(session, subject)
        decide(database, statement, staff_id)
        return found

    monkeypatch.setattr(kept, "made", and_then_somebody_decides)
    kept.rebuild(database, subject)
    with database.reading() as session:
        assert subject in kept.noted(session)


def test_who_began_before_another_had_finished_keeps_nothing(
    says: Callable, rebuilt: Callable, id_of: Callable, database: Database
) -> None:
    says("Loch Trust", {"We plan ahead.": WORK})
    rebuilt()
    subject = Subject(id_of("Loch Trust"))
    with database.reading() as session:
        before = session.exec(select(Profile).where(subject.is_of(Profile))).one()
        older = {**before.content, "statements": 99}
    with database.writing() as session:
        assert kept.keep(session, subject, {**before.content, "statements": 7}, before)
        assert not kept.keep(session, subject, older, before)
        session.commit()
    with database.reading() as session:
        assert kept.found(session, subject).content["statements"] == 7


def test_an_organisation_that_goes_while_its_profile_is_made_is_no_trouble(
    says: Callable, id_of: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    says("Loch Trust", {"We plan ahead.": WORK})
    subject, made = Subject(id_of("Loch Trust")), kept.made

    def and_then_it_goes(session: Any, subject: Subject) -> Any:
        found = made(session, subject)
        with database.writing() as other:
            erasure.erase_sources(other, select(Source.id))
            belonging.forget(other, subject.organisation_id)
            other.commit()
        return found

    monkeypatch.setattr(kept, "made", and_then_it_goes)
    kept.rebuild(database, subject)
    with database.writing() as session:
        kept.pass_over(session, subject, seen=now())
        assert session.exec(select(Profile)).all() == []


def test_what_is_missing_or_was_not_looked_at_for_a_day_is_rebuilt(
    says: Callable, rebuilt: Callable, id_of: Callable, database: Database
) -> None:
    says("Loch Trust", {"We plan ahead.": WORK})
    rebuilt()
    with database.writing() as session:
        assert kept.anything_to_do(session)  # the other areas have none yet
        kept.note_old(session)
        session.commit()
    assert len(rebuilt()) == len(directory.area_names()) - 2
    with database.writing() as session:
        assert not kept.anything_to_do(session)
        directory.find_or_add(session, name="Never heard", kind="other")
        assert kept.anything_to_do(session)
        kept.note_old(session)
        session.commit()
    assert Subject(id_of("Never heard")) in rebuilt()
    with database.writing() as session:
        old = sa.update(Profile).where(Profile.area == "moray").values(built_at=now() - timedelta(hours=25))
        session.exec(old)
        kept.note_old(session)
        session.commit()
    assert rebuilt() == [Subject(area="moray")]


def test_a_withdrawn_submission_leaves_every_profile(
    analysed: Callable, rebuilt: Callable, content: Callable, database: Database
) -> None:
    sent = analysed()
    rebuilt()
    assert content(area="fife")["statements"] == 3
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, sent.received.submission_id))
        session.commit()
    rebuilt()
    assert content(area="fife") == content(area="scotland")
    assert content(area="fife")["statements"] == 0
    assert content(area="fife")["organisations"] == []
    with database.reading() as session:
        assert session.exec(select(Profile).where(Profile.organisation_id.is_not(None))).all() == []


def test_a_joint_return_counts_for_each_and_once_in_an_area(
    analysed: Callable, jointly: Callable, rebuilt: Callable, content: Callable, says: Callable, id_of: Callable
) -> None:
    sent = analysed()
    says("Loch Trust", {"We plan ahead.": WORK})
    jointly(sent.received.submission_id, id_of("Loch Trust"))
    says("Loch Trust", {"We plan still.": WORK})  # and with it the profile is made anew
    rebuilt()
    assert content(organisation_id=sent.organisation_id)["statements"] == 3
    assert content(organisation_id=id_of("Loch Trust"))["statements"] == 5
    fife = content(area="fife")
    assert fife["statements"] == 5
    assert fife["cells"]["kinds"] == {"activity": [2, 0, 4, 0], "barrier": [2, 0, 1, 0]}
    lines = [id for ids in fife["lines"]["area-kind"].values() for id in ids]
    assert len(lines) == len(set(lines))


def test_the_lines_of_an_area_are_of_many_organisations(
    says: Callable, rebuilt: Callable, content: Callable, database: Database
) -> None:
    by = {name: says(name, {f"{name} does {n}.": WORK for n in range(6)}) for name in ("A Trust", "B Trust", "C Trust")}
    rebuilt()
    shown = content(area="fife")["lines"]["area-kind"]["planning|activity"]
    assert len(shown) == contents.LINES
    assert sorted(sum(id in said.values() for id in shown) for said in by.values()) == [1, 2, 2]


def test_invented_organisations_are_in_no_area_where_there_are_real_ones(
    says: Callable, rebuilt: Callable, content: Callable, database: Database
) -> None:
    says("Made up", {"We plan ahead.": WORK})
    with database.writing() as session:
        session.exec(sa.update(Organisation).values(sample=True))
        session.commit()
    rebuilt()
    assert content(area="scotland")["statements"] == 1
    says("Real", {"We plan ahead.": WORK, "Nobody pays.": BARRIER})
    rebuilt()
    assert content(area="scotland")["statements"] == 2
    with database.reading() as session:
        assert not areas.only_sample(session)
