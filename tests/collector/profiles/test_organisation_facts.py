"""Staff put right what an organisation is called, of which kind it is and where it works."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, col, select

from collector.database import Database
from collector.intake import invitations
from collector.intake.models import Submission
from collector.organisations import directory, facts, names
from collector.organisations.facts import Facts
from collector.organisations.models import Organisation, OrganisationAlias, OrganisationArea, OrganisationChange
from collector.privacy import erasure
from forms.heard import NATIONWIDE, Said, Sentence
from forms.heard import Organisation as Heard
from tests.collector import markup

COUNCIL = "Kinnaird Water Council"
KEPT = {"name": COUNCIL, "kind": "local_authority", "areas": ["fife", "highland"]}

THEIRS = {"old-name": ["theirs"]}


def url_of(organisation_id: int) -> str:
    return f"/staff/organisations/{organisation_id}"


def save(browser: Any, organisation_id: int, *, seen: str = "", **changed: Any) -> Any:
    """As a person who opens the form, changes what is changed and saves."""
    url = f"{url_of(organisation_id)}/facts"
    page = browser.get(url)
    told = {"seen": seen or markup.typed(page, "seen"), "name": markup.typed(page, "name")}
    told |= {"kind": markup.chosen(page, "kind"), "areas": markup.chosen(page, "areas")}
    return browser.submit(url, told | changed)


def opened(browser: Any, organisation_id: int) -> str:
    return markup.typed(browser.get(f"{url_of(organisation_id)}/facts"), "seen")


def held(database: Database, organisation_id: int) -> Facts:
    with database.reading() as session:
        return facts.of(session, session.get_one(Organisation, organisation_id))


def profile(browser: Any, organisation_id: int, selector: str = "//main") -> str:
    return " ".join(markup.words(browser.get(url_of(organisation_id)), selector).split())


def write(database: Database, do: Callable[[Session], Any]) -> Any:
    with database.writing() as session:
        done = do(session)
        session.commit()
    return done


def test_name_kind_and_areas_are_changed_and_it_is_kept_who_did(
    receive: Callable, staff_browser: Any, database: Database
) -> None:
    receive()
    with database.reading() as session:
        id = directory.named(session, COUNCIL)
    assert "As they, or whoever named them first, told it" in profile(staff_browser, id, '//*[@id="facts"]')
    [way] = markup.tree(staff_browser.get(url_of(id))).xpath('//*[@id="facts"]//a/@href')
    assert way == f"{url_of(id)}/facts"
    answer = save(staff_browser, id, name="Kinnaird  Council ", kind="partnership", areas=["fife", "moray"])
    assert answer.headers["location"] == f"{url_of(id)}#facts"
    assert held(database, id) == Facts("Kinnaird Council", "partnership", ("fife", "moray"))
    told = profile(staff_browser, id, '//*[@id="facts"]')
    assert f"Name: {COUNCIL} → Kinnaird Council" in told
    assert "Kind: Local authority → Partnership" in told
    assert "Areas: Fife, Highland → Fife, Moray" in told
    assert "The reviewer," in told
    assert "Partnership, Fife, Moray" in profile(staff_browser, id)
    assert "Name: " in markup.words(staff_browser.get(f"{url_of(id)}/facts"))
    [row] = markup.tree(staff_browser.get("/staff/organisations?area=moray")).xpath("//tbody/tr")
    assert "Kinnaird Council" in row.text_content()


def test_saved_as_it_is_nothing_is_kept_of_it(receive: Callable, staff_browser: Any, database: Database) -> None:
    receive()
    id = write(database, lambda session: directory.named(session, COUNCIL))
    assert save(staff_browser, id).status_code == 303
    with database.reading() as session:
        assert session.exec(select(OrganisationChange)).all() == []


def test_an_auditor_sees_who_changed_what_and_changes_nothing(
    receive: Callable, staff_browser: Any, new_browser: Callable, sign_in: Callable, database: Database
) -> None:
    receive()
    id = write(database, lambda session: directory.named(session, COUNCIL))
    save(staff_browser, id, kind="partnership")
    with new_browser() as auditor:
        sign_in(auditor, "auditor")
        told = auditor.get(url_of(id))
        assert "Kind: Local authority → Partnership" in markup.words(told)
        assert markup.tree(told).xpath('//*[@id="facts"]//a') == []
        assert auditor.get(f"{url_of(id)}/facts").status_code == 403
        assert auditor.submit(f"{url_of(id)}/facts", KEPT).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"name": " \n"}, {"#name": "Enter the name of the organisation"}),
        ({"name": "ß" * 201}, {"#name": "Shorten the name to 200 characters"}),
        ({"name": "Trust \x07"}, {"#name": "This has a character that cannot be kept. Type it again or delete it"}),
        ({"kind": ""}, {"#kind": "Choose the kind of organisation, or that it is not known yet"}),
        ({"kind": "club"}, {"#kind": "Choose the kind of organisation, or that it is not known yet"}),
    ],
)
def test_what_is_wrong_is_told_and_the_rest_is_kept_as_typed(
    receive: Callable, staff_browser: Any, database: Database, wrong: dict[str, str], problem: dict[str, str]
) -> None:
    receive()
    id = write(database, lambda session: directory.named(session, COUNCIL))
    answer = save(staff_browser, id, areas=["moray"], **wrong)
    assert answer.status_code == 422
    assert markup.problems(answer) == problem
    assert markup.chosen(answer, "areas") == ["moray"]
    assert held(database, id).areas == ("fife", "highland")


def test_a_name_that_another_has_is_not_given_twice(receive: Callable, staff_browser: Any, database: Database) -> None:
    receive()
    id = write(database, lambda session: directory.named(session, COUNCIL))
    other = write(database, lambda session: directory.find_or_add(session, name="Moss Trust"))
    sample = write(database, lambda session: directory.find_or_add(session, name="Sample Trust", sample=True))
    answer = save(staff_browser, id, name="moss  TRUST", kind="partnership")
    assert "Another organisation in the directory has this name" in markup.problems(answer)["#name"]
    assert markup.typed(answer, "name") == "moss TRUST"
    assert markup.chosen(answer, "kind") == ["partnership"]
    assert markup.tree(answer).xpath("//form//a/@href | //main//p/a/@href") == [url_of(other)]
    assert held(database, id).name == COUNCIL
    # An invented one is another world.
    assert save(staff_browser, id, name="Sample Trust").status_code == 303
    assert held(database, sample).name == "Sample Trust"
    assert save(staff_browser, id, name="SAMPLE Trust").status_code == 303
    assert held(database, id).name == "SAMPLE Trust"


# -- Two at once ------------------------------------------------------------------------------------------


def test_of_two_who_change_it_at_once_the_second_is_told_and_loses_nothing(
    receive: Callable, staff_browser: Any, new_browser: Callable, sign_in: Callable, database: Database
) -> None:
    receive()
    id = write(database, lambda session: directory.named(session, COUNCIL))
    seen = opened(staff_browser, id)
    save(staff_browser, id, kind="partnership")
    answer = save(staff_browser, id, seen=seen, name="Kinnaird", areas=["moray"], kind="local_authority")
    assert answer.status_code == 409
    told = " ".join(markup.words(answer).split())
    assert "Changed by The reviewer on" in told
    assert "Nothing of yours is kept yet." in told
    assert (markup.typed(answer, "name"), markup.chosen(answer, "areas")) == ("Kinnaird", ["moray"])
    assert held(database, id) == Facts(COUNCIL, "partnership", ("fife", "highland"))
    again = {"name": "Kinnaird", "areas": ["moray"], "kind": "local_authority", "seen": markup.typed(answer, "seen")}
    assert staff_browser.submit(f"{url_of(id)}/facts", again).status_code == 303
    assert held(database, id) == Facts("Kinnaird", "local_authority", ("moray",))
    # A second press of the same button is no conflict.
    assert staff_browser.submit(f"{url_of(id)}/facts", again).status_code == 303
    with database.reading() as session:
        assert len(session.exec(select(OrganisationChange)).all()) == 2


def test_what_an_answer_adds_while_the_form_is_open_is_not_lost(
    receive: Callable, staff_browser: Any, database: Database
) -> None:
    receive()
    id = write(database, lambda session: directory.named(session, COUNCIL))
    seen = opened(staff_browser, id)
    receive("second", areas=["moray"])
    answer = save(staff_browser, id, seen=seen, areas=["fife"])
    assert "Changed by an answer or a document that came" in markup.words(answer)
    assert held(database, id).areas == ("fife", "highland", "moray")


# -- What they say themselves --------------------------------------------------------------------------------


def test_their_own_answer_tells_a_kind_that_is_not_known_and_never_what_staff_chose(
    receive: Callable, staff_browser: Any, database: Database
) -> None:
    id = write(database, lambda session: directory.find_or_add(session, name=COUNCIL))
    assert "Kind not known" in profile(staff_browser, id)
    assert markup.chosen(staff_browser.get(f"{url_of(id)}/facts"), "kind") == ["not-known"]
    receive()
    assert held(database, id).kind == "local_authority"
    save(staff_browser, id, kind="other")
    receive("second")
    assert held(database, id).kind == "other"


def test_areas_that_staff_took_out_stay_out_and_the_form_tells_that_they_are_said(
    receive: Callable, staff_browser: Any, database: Database
) -> None:
    receive()
    id = write(database, lambda session: directory.named(session, COUNCIL))
    save(staff_browser, id, areas=["fife"])
    receive("second", areas=["highland", "moray"])
    assert held(database, id).areas == ("fife", "moray")
    assert "Their own answers also name Highland." in markup.words(staff_browser.get(f"{url_of(id)}/facts"))
    save(staff_browser, id, areas=["highland"])
    assert held(database, id).areas == ("highland",)
    receive("third", areas=["highland", "angus"])
    assert held(database, id).areas == ("angus", "highland")


def test_areas_that_staff_put_in_stay_when_the_answers_go(
    receive: Callable, staff_browser: Any, database: Database
) -> None:
    kept, others = receive(), receive("second", areas=["fife"])
    id = write(database, lambda session: directory.named(session, COUNCIL))
    save(staff_browser, id, areas=["fife", "highland", "moray"])
    write(database, lambda session: erasure.withdraw(session, session.get_one(Submission, kept.submission_id)))
    assert held(database, id).areas == ("fife", "moray")
    write(database, lambda session: erasure.withdraw(session, session.get_one(Submission, others.submission_id)))
    with database.reading() as session:
        for table in (Organisation, OrganisationArea, OrganisationAlias, OrganisationChange):
            assert session.exec(select(table)).all() == [], table


def test_what_is_sent_under_the_name_before_is_its_own_still(
    receive: Callable, staff_browser: Any, database: Database, open_round: Any
) -> None:
    receive()
    id = write(database, lambda session: directory.named(session, COUNCIL))
    save(staff_browser, id, name="Kinnaird Council", **THEIRS)
    receive("second", areas=["moray"])
    guests = [
        invitations.Guest("office@example.org", name=COUNCIL),
        invitations.Guest("a@example.org", name="New Trust"),
    ]
    write(database, lambda session: invitations.add(session, open_round, guests))
    with database.reading() as session:
        assert sorted(session.exec(select(Organisation.name))) == ["Kinnaird Council", "New Trust"]
        assert set(session.exec(select(Submission.organisation_id))) == {id}
        assert directory.named(session, COUNCIL) == id
        assert names.all_names(session).match(COUNCIL).organisation_id == id
    # Another may be called so later: then it is that one.
    new = write(database, lambda session: directory.named(session, "New Trust"))
    assert save(staff_browser, new, name=COUNCIL, **THEIRS).status_code == 303
    with database.reading() as session:
        assert directory.named(session, COUNCIL) == new
        assert names.all_names(session).match("New Trust").organisation_id == new
    save(staff_browser, new, name="New Trust", **THEIRS)
    with database.reading() as session:
        assert directory.named(session, "New Trust") == new
        assert directory.named(session, COUNCIL) == new  # who had it last


def test_a_name_that_was_never_theirs_is_let_go(
    receive: Callable, staff_browser: Any, database: Database, open_round: Any
) -> None:
    receive()
    id = write(database, lambda session: directory.named(session, COUNCIL))
    save(staff_browser, id, name="Ben Trust", **THEIRS)
    save(staff_browser, id, name=COUNCIL)
    receive("second", **{"organisation-name": "Ben Trust"})
    with database.reading() as session:
        assert directory.named(session, COUNCIL) == id
        assert directory.named(session, "Ben Trust") not in (id, None)
        assert names.all_names(session).match("Ben Trust").organisation_id != id
        assert len(set(session.exec(select(Submission.organisation_id)))) == 2


def test_an_invented_one_is_put_right_too_and_goes_with_its_round(staff_browser: Any, database: Database) -> None:
    id = write(database, lambda session: directory.find_or_add(session, name="Sample Trust", sample=True))
    save(staff_browser, id, name="Sample Charity", **THEIRS, areas=["fife"])
    with database.reading() as session:
        assert directory.named(session, "Sample Trust", sample=True) == id
        assert directory.named(session, "Sample Trust") is None
        assert session.exec(select(OrganisationAlias)).all() == []
    with database.writing() as session:
        erasure.erase_sample(session)
    with database.reading() as session:
        assert session.exec(select(OrganisationChange)).all() == []


# -- Elsewhere ------------------------------------------------------------------------------------------------


def test_profiles_of_the_areas_that_it_left_and_came_to_are_rebuilt(
    says: Callable, rebuilt: Callable, staff_browser: Any, id_of: Callable, content: Callable
) -> None:
    says("Loch Trust", {"We open a house.": {"kinds": ["activity"]}}, areas=("fife", "angus"))
    id = id_of("Loch Trust")
    rebuilt()
    save(staff_browser, id, areas=["moray", "angus"], kind="partnership", name="Ash Trust")
    done = {one.area or one.organisation_id for one in rebuilt()}
    assert done >= {id, "fife", "moray", "angus", "scotland"}
    there = {area: [one for one, _ in content(area=area)["organisations"]] for area in ("fife", "moray", "angus")}
    assert there == {"fife": [], "moray": [id], "angus": [id]}
    assert "Partnership: heard from 1 of 1" in markup.words(staff_browser.get("/staff/areas/moray"))


def test_counts_by_kind_have_those_whose_kind_is_not_known_by_themselves(
    analysed: Callable, staff_browser: Any, database: Database
) -> None:
    id = analysed().organisation_id
    save(staff_browser, id, kind="not-known")
    page = staff_browser.get("/staff/counts?rows=kind&columns=none")
    heads = [one.text_content().strip() for one in markup.tree(page).xpath("//tbody//th")]
    assert any(head.startswith("Kind not known") for head in heads), heads


def test_one_whose_kind_is_not_known_makes_no_kind_more() -> None:
    kinds = ["local_authority", "", "other"]
    said = [
        Said(n, "A house.", (Heard(n, f"Trust {n}", kind, frozenset({NATIONWIDE})),)) for n, kind in enumerate(kinds)
    ]
    assert Sentence("A house", tuple(range(3)), {one.id: one for one in said}).kinds == 2


def test_directory_keeps_the_order_of_what_was_done(database: Database, staff_id: int) -> None:
    """Put in, taken out and put in again: the last counts."""
    id = write(database, lambda session: directory.find_or_add(session, name="Loch Trust", areas=["fife"]))
    for areas in ((), ("fife", "moray"), ("fife",)):
        with database.writing() as session:
            organisation = session.get_one(Organisation, id)
            seen = facts.of(session, organisation).mark
            facts.change(session, id, Facts("Loch Trust", "", areas), seen=seen, staff_id=staff_id)
            session.commit()
    with database.reading() as session:
        kept = directory.by_hand(session, [id])[id]
        assert (kept.put_in, kept.taken_out) == ({"fife"}, {"moray"})
        order = session.exec(select(OrganisationChange.areas_after).order_by(col(OrganisationChange.id))).all()
    assert order == [[], ["fife", "moray"], ["fife"]]
