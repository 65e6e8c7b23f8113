"""The next round begun from what is held: by whom, item by item, over three rounds, and with every word read once."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from collector.accounts import secrets
from collector.database import Database
from collector.findings import standing
from collector.findings.models import Statement
from collector.intake import given, held, invitations, item_rows, item_states, own_links, rounds
from collector.intake.models import (
    Draft,
    ItemState,
    Job,
    ListedItem,
    Passage,
    Round,
    Source,
    Submission,
    SubmissionPartner,
)
from collector.mine import corrections
from collector.privacy import erasure
from forms import questionnaire
from forms.questionnaire import Questionnaire

START = "/questionnaires/keeping-the-promise"
BEGIN, HELD, CHECK = f"{START}/begin", f"{START}/held", f"{START}/check"
LISTED = [
    {"id": "a1", "commitment": "We will open on Saturdays.", "commitment-due": "by spring 2024"},
    {"id": "b2", "commitment": "We will hire a family worker.", "commitment-action": "family-support"},
    {"id": "c3", "commitment": "We will train all staff."},
    {"id": "d4", "commitment": "We will close the waiting list."},
]
CHOICES = {"a1": "done", "b2": "kept", "c3": "change", "d4": "withdrawn"}


@pytest.fixture
def sent(browser: Any, send: Callable) -> Any:
    """Sent in the first round, by the browser that its own link has let in."""
    return send(commitments=LISTED)


@pytest.fixture
def next_round(database: Database) -> Callable[..., Round]:
    """Closes what is open and opens another round."""

    def open_next(slug: str = "second-round", form: Questionnaire | None = None) -> Round:
        with database.writing() as session:
            session.exec(sa.update(Round).values(closes_on=date(2026, 1, 31)))
            asked = form or questionnaire.load("keeping-the-promise")
            round_ = rounds.open_round(session, asked, slug=slug, title=slug.replace("-", " ").capitalize())
            session.commit()
            session.refresh(round_)
            session.expunge(round_)
        return round_

    return open_next


def begin(browser: Any, mine: Any, url: str = BEGIN) -> None:
    assert browser.submit(url, {"from": mine.reference}).headers["location"].endswith("/held")


def choose(browser: Any, choices: dict[str, str], held_url: str = HELD) -> Any:
    """Choose on the page as it is shown now."""
    page = markup.tree(browser.get(f"{held_url}/commitments"))
    seen = {field.get("name"): field.get("value") for field in page.xpath("//input[starts-with(@name, '_seen-')]")}
    return browser.submit(f"{held_url}/commitments", {**seen, **{f"_state-{id}": way for id, way in choices.items()}})


def go_through(browser: Any) -> None:
    """Keep one, change one, mark one done and take one back, each with what is to be said of it."""
    choose(browser, CHOICES)
    done, withdrawn, changed = (f"{HELD}/commitments/items/a1", f"{HELD}/commitments/items/d4", item_url("c3"))
    came = browser.submit(done, {"ended": "March 2026", "text": "Forty families came each week."})
    assert came.status_code == 303
    assert browser.submit(withdrawn, {"text": "The money ran out."}).status_code == 303
    assert browser.submit(changed, {"commitment": "We will train all staff twice."}).status_code == 303


def item_url(item_id: str) -> str:
    return f"{START}/lists/commitments/items/{item_id}"


def finish(browser: Any, start: str = START) -> Any:
    """Answer what is asked anew and send."""
    browser.submit(f"{start}/pages/permission", {"permission": "do-not-publish"})
    browser.submit(f"{start}/pages/follow-up", {"contact-permission": "no"})
    page = markup.tree(browser.get(f"{start}/check"))
    shown = {field.get("name"): field.get("value") for field in page.xpath("//main//form//input[@type='hidden']")}
    return browser.submit(f"{start}/check", {name: value for name, value in shown.items() if name != "_csrf"})


def latest(database: Database) -> Submission:
    with database.reading() as session:
        return session.exec(select(Submission).order_by(col(Submission.id).desc())).first()


def states_of(database: Database, submission_id: int) -> dict[str, str]:
    with database.reading() as session:
        return {one.item_id: one.state for one in item_states.of_submission(session, submission_id)}


def counted(session: Session) -> list[str]:
    """The words that count, each as often as it does."""
    chosen = select(Passage.text).where(col(Passage.retired_at).is_(None), col(Passage.superseded_by).is_(None))
    return list(session.exec(chosen.order_by(Passage.id)))


# -- Who may begin from it ----------------------------------------------------------------------------


def test_whoever_was_let_in_by_the_own_link_chooses_where_to_start(sent: Any, browser: Any, next_round: Any) -> None:
    next_round()
    assert "Choose where to start" in markup.words(browser.get(START))
    assert "Second round is open" in markup.words(browser.get(sent.url))
    page = browser.get(BEGIN)
    assert "Start from what you told us in First round" in markup.words(page)
    assert not markup.tree(page).xpath("//input[@checked]")
    assert browser.submit(BEGIN).status_code == 422
    assert browser.submit(BEGIN, {"from": "afresh"}).headers["location"] == f"{START}/pages/respondent"
    begin(browser, sent)
    assert "We will open on Saturdays." in markup.words(browser.get(f"{HELD}/commitments"))


def test_nobody_begins_from_it_by_its_reference_or_its_organisations_name(
    sent: Any, new_browser: Callable, next_round: Any, database: Database
) -> None:
    next_round()
    stranger = new_browser()
    stranger.get("/sign-in")
    assert "Choose where to start" not in stranger.get(START).text
    assert stranger.get(BEGIN).headers["location"] == START
    stranger.submit(BEGIN, {"from": sent.reference})
    stranger.submit(f"{START}/pages/respondent", {"respondent": "organisation"})
    name = {"organisation-name": "Kinnaird Water Council", "organisation-kind": "local_authority"}
    stranger.submit(f"{START}/pages/organisation", name)
    for page in (f"{START}/tasks", CHECK, HELD, f"{HELD}/commitments", f"{START}/pages/planning-doing"):
        assert "Saturdays" not in stranger.get(page).text
        assert "family meeting" not in stranger.get(page).text
    with database.reading() as session:
        assert session.exec(select(Draft.begun_from).where(col(Draft.begun_from).is_not(None))).all() == []


def test_another_submissions_own_link_opens_that_one_alone(
    sent: Any, send: Callable, new_browser: Callable, next_round: Any
) -> None:
    other = new_browser()
    theirs = send(other, **{"organisation-name": "Loch Ossian Advocacy", "email": "else@example.org"})
    next_round()
    assert other.submit(BEGIN, {"from": sent.reference}).status_code == 422
    assert sent.reference not in other.get(BEGIN).text
    begin(other, theirs)


def test_who_was_shut_out_or_whose_link_was_replaced_begins_from_nothing(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    with database.writing() as session:
        own_links.shut_out(session, browser.cookies["visitor"], sent.submission_id)
        session.commit()
    assert browser.submit(BEGIN, {"from": sent.reference}).headers["location"] == f"{START}/pages/respondent"


def test_nothing_is_offered_of_a_withdrawn_submission_or_of_the_same_round(
    sent: Any, browser: Any, next_round: Any
) -> None:
    assert browser.get(BEGIN).status_code == 303
    next_round()
    browser.submit(f"{sent.url}/withdraw", {"sure": "yes"})
    assert browser.get(BEGIN).headers["location"] == START
    assert browser.submit(BEGIN, {"from": sent.reference}).headers["location"] == f"{START}/pages/respondent"


def test_nothing_is_offered_of_sample_data(sent: Any, browser: Any, next_round: Any, database: Database) -> None:
    next_round()
    with database.writing() as session:
        session.exec(sa.update(Round).where(Round.slug == "first-round").values(sample=True))
        session.commit()
    assert browser.get(BEGIN).headers["location"] == START


def test_a_round_that_closed_meanwhile_takes_nothing_and_gives_back_what_was_typed(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    second = next_round()
    with database.writing() as session:
        session.exec(sa.update(Round).where(Round.id == second.id).values(closes_on=date(2026, 1, 31)))
        session.commit()
    assert browser.submit(BEGIN, {"from": sent.reference}).status_code == 410
    with database.writing() as session:
        session.exec(sa.update(Round).where(Round.id == second.id).values(closes_on=None))
        session.commit()
    begin(browser, sent)
    choose(browser, {"a1": "done"})
    with database.writing() as session:
        session.exec(sa.update(Round).where(Round.id == second.id).values(closes_on=date(2026, 1, 31)))
        session.commit()
    late = browser.submit(f"{HELD}/commitments/items/a1", {"text": "Forty families came."})
    assert late.status_code == 410
    assert "Forty families came." in markup.words(late)


@pytest.fixture
def invited(database: Database, app: Any) -> Callable[[Round, str], str]:
    """Invites the organisation at an address; returns the path in the mail that opens what is held, if any."""

    def invite(round_: Round, email: str, name: str = "Kinnaird Water Council") -> str:
        links = invitations.Links("", app.state.form_key)
        with database.writing() as session:
            current = session.get_one(Round, round_.id)
            invitations.add(session, current, [invitations.Guest(email, name=name)])
            one = next(one for one in invitations.listed(session, round_.id) if one.invitation.email == email)
            words = invitations.words(session, current, links, one)
            session.commit()
            assert words["start_url"] == f"{START}.{round_.id}"
            return words["held_url"]

    return invite


def test_an_invitation_opens_it_to_the_address_that_sent_it(
    sent: Any, new_browser: Callable, next_round: Any, invited: Callable
) -> None:
    link, colleague = invited(next_round(), "plans@kinnaird.example.org"), new_browser()
    page = colleague.get(link)
    assert "family meeting" not in page.text
    assert "Saturdays" not in page.text
    begin(colleague, sent, link)
    assert "We will open on Saturdays." in markup.words(colleague.get(f"{HELD}/commitments"))


@pytest.mark.parametrize(
    ("email", "name"),
    [("other@kinnaird.example.org", "Kinnaird Water Council"), ("plans@kinnaird.example.org", "Loch Ossian Advocacy")],
)
def test_an_invitation_of_another_address_or_another_organisation_opens_nothing(
    sent: Any, next_round: Any, invited: Callable, email: str, name: str
) -> None:
    assert invited(next_round(), email, name) == ""


@pytest.mark.parametrize(
    ("page", "other"),
    [
        ("email", {"email": "other@kinnaird.example.org"}),
        ("organisation", {"organisation-name": "Loch Ossian Advocacy", "organisation-kind": "third_sector"}),
    ],
)
def test_the_link_of_an_invitation_opens_nothing_any_more_where_address_or_organisation_became_another(
    sent: Any, browser: Any, new_browser: Callable, next_round: Any, invited: Callable, page: str, other: dict
) -> None:
    round_, colleague = next_round(), new_browser()
    link, start = invited(round_, "plans@kinnaird.example.org"), f"{START}.{round_.id}"
    assert browser.submit(f"{sent.url}/answers/{page}", other).headers["location"].endswith("?saved=yes")
    assert colleague.get(link).headers["location"] == start
    assert colleague.submit(link, {"from": sent.reference}).headers["location"] == f"{start}/pages/respondent"


def test_a_link_that_was_made_up_or_is_of_another_round_opens_nothing(
    sent: Any, browser: Any, new_browser: Callable, next_round: Any, invited: Callable
) -> None:
    link = invited(next_round(), "plans@kinnaird.example.org")
    stranger = new_browser()
    assert stranger.get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 404
    assert stranger.get(f"{BEGIN}/1-none").status_code == 404
    next_round("third-round")
    assert stranger.get(link).status_code == 404


def test_an_invitation_to_an_older_open_round_leads_to_that_round_and_stays_there(
    sent: Any, new_browser: Callable, next_round: Any, invited: Callable, database: Database, answers: dict
) -> None:
    second = next_round()
    link, colleague = invited(second, "plans@kinnaird.example.org"), new_browser()
    with database.writing() as session:
        third = rounds.open_round(session, questionnaire.load("keeping-the-promise"), slug="third", title="Third round")
        session.commit()
        third_id = third.id
    own = f"{START}.{second.id}"
    assert "Second round" in markup.words(colleague.get(link))
    assert colleague.submit(link, {"from": "afresh"}).headers["location"] == f"{own}/pages/respondent"
    saved = colleague.submit(f"{own}/pages/respondent", {"respondent": "individual"})
    assert saved.headers["location"].startswith(f"{own}/pages/")
    other = new_browser()
    other.submit(f"{START}/pages/respondent", {"respondent": "individual"})  # in the newest round, and not lost by it
    assert other.submit(link, {"from": sent.reference}).headers["location"] == f"{own}/held"
    choose(other, KEPT, f"{own}/held")
    assert "/receipts/" in finish(other, own).headers["location"]
    assert latest(database).round_id == second.id
    with database.writing() as session:
        drafts_in = session.exec(select(Draft.round_id).where(col(Draft.submission_id).is_(None))).all()
        assert sorted(drafts_in) == [second.id, third_id]
        session.exec(sa.update(Round).where(Round.id == second.id).values(closes_on=date(2026, 1, 31)))
        session.commit()
    assert new_browser().get(link).status_code == 404
    assert "Third round" in markup.words(new_browser().get(own))


def test_the_links_of_a_round_to_come_say_when_it_opens_while_another_takes_answers(
    sent: Any, new_browser: Callable, next_round: Any, invited: Callable, database: Database
) -> None:
    to_come = next_round()
    link = invited(to_come, "plans@kinnaird.example.org")
    with database.writing() as session:
        rounds.open_round(session, questionnaire.load("keeping-the-promise"), slug="now", title="Now")
        opens_at = rounds.opening_of(date(2031, 3, 4))
        session.exec(sa.update(Round).where(Round.id == to_come.id).values(opened_at=opens_at))
        session.commit()
    own = f"{START}.{to_come.id}"
    assert new_browser().get(link).headers["location"] == own
    assert "4 March 2031" in markup.words(new_browser().get(own))
    assert "Now" in markup.words(new_browser().get(START))


def test_a_partner_of_a_joint_return_is_offered_nothing_of_what_the_lead_sent(
    send: Callable, browser: Any, next_round: Any, invited: Callable, database: Database
) -> None:
    partner = {"id": "p1", "partner-name": "Loch Ossian Advocacy"}
    joint = send(commitments=LISTED, partners=[partner])
    second = next_round()
    assert invited(second, "plans@kinnaird.example.org", "Loch Ossian Advocacy") == ""
    begin(browser, joint)
    page = browser.get(f"{HELD}/partners")
    assert "Loch Ossian Advocacy" in markup.words(page)
    assert "It is done" not in markup.words(page)
    seen = {"_seen-p1": "", "_state-p1": "kept"}
    browser.submit(f"{HELD}/partners", seen)
    go_through(browser)
    finish(browser)
    with database.reading() as session:
        assert len(session.exec(select(SubmissionPartner)).all()) == 2


# -- The draft ----------------------------------------------------------------------------------------


def test_facts_are_filled_in_and_leave_is_asked_anew(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    with database.reading() as session:
        draft = session.exec(select(Draft).where(Draft.begun_from == sent.submission_id)).one()
    assert draft.answers == {
        "respondent": "organisation",
        "organisation-name": "Kinnaird Water Council",
        "organisation-kind": "local_authority",
        "areas": ["fife", "highland"],
        "priority-areas": ["planning"],
        "email": "plans@kinnaird.example.org",
    }
    assert "Highland" in markup.words(browser.get(HELD))


def test_long_answers_are_shown_and_only_what_is_new_is_asked(sent: Any, browser: Any, next_round: Any) -> None:
    next_round()
    begin(browser, sent)
    page = browser.get(f"{START}/pages/planning-doing")
    words = markup.words(page)
    assert "We hold a family meeting before every decision. Parents chair it." in words
    assert "Anything new since then?" in words
    assert markup.tree(page).xpath("//textarea")[0].text.strip() == ""
    assert "Anything new" not in markup.words(browser.get(f"{START}/pages/planning-plans"))


def test_it_can_be_sent_with_nothing_new_and_all_of_it_counts_once(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    choose(browser, dict.fromkeys(("a1", "b2", "c3", "d4"), "kept"))
    assert "/receipts/" in finish(browser).headers["location"]
    with database.reading() as session:
        words = counted(session)
        assert sorted(words) == sorted({*words})
        assert "We will open on Saturdays." in words
        new = session.exec(select(Passage).join(Source).where(Source.submission_id == latest(database).id)).all()
        assert new == []
        assert given.answers_of(session, latest(database).id)["commitments"] == LISTED


def test_each_item_is_kept_changed_done_or_withdrawn(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    go_through(browser)
    assert "/receipts/" in (receipt := finish(browser).headers["location"])
    second = latest(database)
    assert second.begun_from == sent.submission_id
    assert states_of(database, second.id) == {"a1": "done", "b2": "kept", "c3": "changed", "d4": "withdrawn"}
    with database.reading() as session:
        kept = given.answers_of(session, second.id)["commitments"]
        assert kept == [LISTED[1], {"id": "c3", "commitment": "We will train all staff twice."}]
        [done] = session.exec(select(ItemState).where(ItemState.item_id == "a1")).all()
        assert (done.ended, done.text) == ("March 2026", "Forty families came each week.")
        words = counted(session)
    assert words.count("We will hire a family worker.") == 1
    assert "We will train all staff twice." in words
    assert "Forty families came each week." in words
    for gone in ("We will open on Saturdays.", "We will train all staff.", "We will close the waiting list."):
        assert gone not in words
    assert "1 kept as it is" in markup.words(browser.get(receipt))


def test_what_nobody_chose_for_is_asked_for_before_it_can_be_sent(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    choose(browser, {"b2": "kept"})
    refused = finish(browser)
    assert refused.status_code == 422
    assert "Commitment 1: choose what has become of it" in markup.words(refused)
    assert "Commitment 2: choose" not in markup.words(refused)
    assert latest(database).id == sent.submission_id


def test_a_kept_item_that_is_taken_out_of_the_list_is_asked_for_again(sent: Any, browser: Any, next_round: Any) -> None:
    next_round()
    begin(browser, sent)
    choose(browser, dict.fromkeys(("a1", "b2", "c3", "d4"), "kept"))
    browser.submit(f"{item_url('b2')}/remove")
    assert "Commitment 2: choose what has become of it" in markup.words(finish(browser))


def test_words_written_of_an_item_are_there_again_after_another_choice(
    sent: Any, browser: Any, next_round: Any
) -> None:
    next_round()
    begin(browser, sent)
    go_through(browser)
    choose(browser, {"c3": "done"})
    choose(browser, {"c3": "change"})
    assert "We will train all staff twice." in markup.words(browser.get(f"{HELD}/commitments"))
    choose(browser, {"c3": "kept"})
    choose(browser, {"c3": "change"})
    assert "We will train all staff twice." in browser.get(item_url("c3")).text


def test_a_list_that_is_not_ticked_any_more_is_asked_when_something_in_it_is_kept(
    send: Callable, browser: Any, next_round: Any, database: Database
) -> None:
    need = {"id": "n1", "need": "Money for a second worker."}
    mine = send(**{"commitments": [], "more-lists": ["needs"], "needs-list": [need]})
    next_round()
    begin(browser, mine)
    browser.submit(f"{START}/pages/more-lists", {"more-lists": "offers"})
    browser.submit(f"{HELD}/needs-list", {"_seen-n1": "", "_state-n1": "kept"})
    finish(browser)
    with database.reading() as session:
        answers = given.answers_of(session, latest(database).id)
    assert answers["more-lists"] == ["needs", "offers"]
    assert answers["needs-list"] == [need]


def test_two_colleagues_who_choose_at_once_do_not_undo_each_others_work(
    sent: Any, browser: Any, next_round: Any
) -> None:
    next_round()
    begin(browser, sent)
    choose(browser, {"a1": "done"})
    stale = {f"_seen-{id}": "" for id in CHOICES}
    untouched = browser.submit(f"{HELD}/commitments", {**stale, "_state-b2": "kept"})
    assert untouched.status_code == 303
    met = browser.submit(f"{HELD}/commitments", {**stale, "_state-a1": "kept", "_state-c3": "kept"})
    assert met.status_code == 409
    assert "“It is done” is saved now" in markup.words(met)
    assert markup.tree(met).xpath("//input[@name='_state-a1'][@value='kept']/@checked")


def test_two_who_press_at_once_get_one_draft_or_two_clean_ones(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    second = next_round()
    form = questionnaire.load("keeping-the-promise")
    gate, failed = threading.Barrier(3), []

    def press(secret: str) -> None:
        gate.wait()
        try:
            with database.writing() as session:
                found = held._standing(session, sent.submission_id)
                held.begin(session, secret, session.get_one(Round, second.id), form, found)
                session.commit()
        except Exception as problem:
            failed.append(problem)

    threads = [threading.Thread(target=press, args=(secret,)) for secret in ("one", "one", "another")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.reading() as session:
        drafts = session.exec(select(Draft).where(Draft.round_id == second.id)).all()
    assert len(drafts) == 2
    assert drafts[0].answers == drafts[1].answers
    assert {one.begun_from for one in drafts} == {sent.submission_id}


def test_answers_begun_afresh_are_never_mixed_with_what_is_held(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    browser.submit(f"{START}/pages/respondent", {"respondent": "individual"})
    assert browser.submit(BEGIN, {"from": sent.reference}).headers["location"] == f"{START}/tasks"
    with database.reading() as session:
        [draft] = session.exec(select(Draft).where(col(Draft.submission_id).is_(None))).all()
    assert draft.answers == {"respondent": "individual"}
    assert draft.begun_from is None


def test_gaps_are_told_and_stand_in_nobodys_way(sent: Any, browser: Any, next_round: Any, database: Database) -> None:
    with database.writing() as session:  # as the worker reads “by spring 2024”
        dated = {"due_to": date(2024, 5, 31), "due_read": True}
        session.exec(sa.update(ListedItem).where(ListedItem.item_id == "a1").values(**dated))
        session.commit()
    next_round()
    begin(browser, sent)
    words = markup.words(browser.get(f"{START}/tasks"))
    assert "What we do not know yet" in words
    assert "You planned this by 31 May 2024: “We will open on Saturdays”" in words
    assert "you told us what gets in the way. What help would you need?" in words
    go_through(browser)
    browser.submit(f"{START}/pages/planning-needs", {"planning.needs": "A second post."})
    words = markup.words(browser.get(f"{START}/tasks"))
    assert "You planned this by" not in words
    assert "What help would you need?" not in words


# -- Versions -----------------------------------------------------------------------------------------


def another_version(**changed: Any) -> Questionnaire:
    """The next version, with what is changed in its pages by id; None takes a page out."""
    definition = questionnaire.load("keeping-the-promise").definition
    pages = [page if page.get("id") not in changed else changed[page["id"]] for page in definition["pages"]]
    return Questionnaire.from_definition({**definition, "version": 99, "pages": [page for page in pages if page]})


def test_what_is_asked_no_longer_is_told_and_lands_nowhere(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    definition = questionnaire.load("keeping-the-promise").definition
    pages = {page["id"]: page for page in definition["pages"] if "id" in page}
    areas, commitments = pages["areas"], pages["commitments"]
    [asked], [listing] = areas["questions"], commitments["questions"]
    without_fife = {**asked, "choices": [one for one in asked["choices"] if one["id"] != "fife"]}
    without_action = {
        **listing,
        "questions": [one for one in listing["questions"] if one["id"] != "commitment-action"],
    }
    form = another_version(
        areas={**areas, "questions": [without_fife]},
        commitments={**commitments, "questions": [without_action]},
        email={**pages["email"], "questions": [{**pages["email"]["questions"][0], "id": "address"}]},
    )
    next_round(form=form)
    begin(browser, sent)
    words = markup.words(browser.get(HELD))
    told = words.partition("What we no longer ask")[2]
    for gone in ("Fife", "Family Support", "plans@kinnaird.example.org"):
        assert gone in told
    choose(browser, dict.fromkeys(CHOICES, "kept"))
    finish(browser)
    with database.reading() as session:
        answers = given.answers_of(session, latest(database).id)
    assert answers["areas"] == ["highland"]
    assert "address" not in answers
    assert answers["commitments"][1] == {"id": "b2", "commitment": "We will hire a family worker."}
    assert states_of(database, latest(database).id)["b2"] == "kept"


# -- Over rounds --------------------------------------------------------------------------------------


KEPT = dict.fromkeys(CHOICES, "kept")


@pytest.fixture
def go_on(sent: Any, browser: Any, next_round: Any, database: Database) -> Callable[..., int]:
    """Begins the next round from what was sent last, and sends it with these choices, or with one of each."""

    def begin_and_send(choices: dict[str, str] | None = None, **words: str) -> int:
        before = latest(database)
        next_round(f"round-after-{before.id}")
        with database.writing() as session:
            own_links.let_in(session, browser.cookies["visitor"], before.id)
            session.commit()
        shown = own_links.references.shown(before.reference)
        assert browser.submit(BEGIN, {"from": shown}).headers["location"] == HELD
        if choices is None:
            go_through(browser)
        else:
            choose(browser, choices)
        for item_id, text in words.items():
            assert browser.submit(item_url(item_id), {"commitment": text}).status_code == 303
        assert "/receipts/" in finish(browser).headers.get("location", "")
        return latest(database).id

    return begin_and_send


@pytest.fixture
def three(sent: Any, go_on: Callable) -> list[int]:
    """Three submissions, each begun from the one before."""
    return [sent.submission_id, go_on(KEPT), go_on()]


def withdraw(database: Database, submission_id: int) -> None:
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, submission_id))
        session.commit()


def correct(database: Database, submission_id: int, item_id: str, words: str | None = None) -> None:
    """Has an item say something else; without words it is taken out."""
    form = questionnaire.load("keeping-the-promise")
    with database.writing() as session:
        answers = given.answers_of(session, submission_id)
        items = [
            one if one["id"] != item_id else {**one, "commitment": words}
            for one in answers["commitments"]
            if words or one["id"] != item_id
        ]
        corrections.correct(
            session, session.get_one(Submission, submission_id), form, {**answers, "commitments": items}
        )
        session.commit()


def current(database: Database) -> list[tuple[int, str]]:
    """The items that nobody has said more of in a later round, with the submission that lists each."""
    with database.reading() as session:
        rows = session.exec(select(ListedItem).where(item_rows.latest())).all()
    return sorted((row.submission_id, row.item_id) for row in rows)


def commitments_counted(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(one for one in counted(session) if one.startswith("We will "))


def test_withdrawing_the_middle_of_three_counts_nothing_twice_and_brings_nothing_back(
    sent: Any, go_on: Callable, database: Database
) -> None:
    words = {"c3": "We will train all staff twice.", "d4": "We will close half of it."}
    second = go_on({"a1": "kept", "b2": "kept", "c3": "change", "d4": "change"}, **words)
    third = go_on({"a1": "done", "b2": "kept", "c3": "change", "d4": "done"}, c3="We will train the new staff.")
    now_counted = ["We will hire a family worker.", "We will train the new staff."]
    assert commitments_counted(database) == now_counted
    withdraw(database, second)
    assert current(database) == [(third, "b2"), (third, "c3")]
    assert commitments_counted(database) == now_counted
    with database.reading() as session:
        assert session.get_one(Submission, third).begun_from == sent.submission_id


def test_who_leaves_out_what_was_written_in_a_submission_that_is_gone_can_still_correct(
    sent: Any, go_on: Callable, database: Database
) -> None:
    second = go_on(KEPT)
    third = go_on(KEPT)
    withdraw(database, second)
    withdraw(database, sent.submission_id)
    with database.reading() as session:
        form = questionnaire.load("keeping-the-promise")
        told = held.told_before(session, session.get_one(Submission, third), form)
    assert "planning.doing" in told


def test_kept_items_keep_their_ids_over_three_rounds_and_are_read_once(three: list[int], database: Database) -> None:
    first, second, third = three
    with database.reading() as session:
        rows = session.exec(select(ItemState).where(ItemState.submission_id == third)).all()
        assert {one.item_id: one.words_in for one in rows} == dict.fromkeys(CHOICES, first)
        words = counted(session)
        assert words.count("We will hire a family worker.") == 1
        assert "We will train all staff." not in words
        assert given.answers_of(session, third)["commitments"][0] == LISTED[1]


def test_withdrawing_what_holds_the_words_hands_them_to_who_keeps_them(three: list[int], database: Database) -> None:
    first, second, third = three
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, first))
        session.commit()
    with database.reading() as session:
        words = counted(session)
        assert words.count("We will hire a family worker.") == 1
        assert words.count("We will train all staff twice.") == 1
        assert "We will train all staff." not in words
        assert "We will open on Saturdays." not in words
        sources = session.exec(select(Source.id).where(Source.submission_id == second)).all()
        assert "waiting" in session.exec(select(Job.state).where(col(Job.source_id).in_(sources))).all()


def test_withdrawing_what_ended_an_item_lets_it_stand_again(three: list[int], database: Database) -> None:
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, three[2]))
        session.commit()
    with database.reading() as session:
        words = counted(session)
        assert session.exec(select(ItemState).where(ItemState.submission_id == three[2])).all() == []
    assert sorted(one for one in words if one.startswith("We will")) == sorted(one["commitment"] for one in LISTED)


def test_withdrawing_what_is_held_takes_the_copies_out_of_a_draft_and_leaves_what_is_new(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    go_through(browser)
    browser.submit(f"{sent.url}/withdraw", {"sure": "yes"})
    with database.reading() as session:
        [draft] = session.exec(select(Draft).where(col(Draft.submission_id).is_(None))).all()
    assert draft.begun_from is None
    assert draft.became == {}
    assert draft.answers["commitments"] == [{"id": "c3", "commitment": "We will train all staff twice."}]
    assert browser.get(HELD).headers["location"] == f"{START}/tasks"
    assert "family meeting" not in browser.get(f"{START}/pages/planning-doing").text


def test_what_a_colleague_wrote_of_an_item_is_not_overwritten_unsaid(sent: Any, browser: Any, next_round: Any) -> None:
    next_round()
    begin(browser, sent)
    choose(browser, {"a1": "done"})
    page = f"{HELD}/commitments/items/a1"
    [seen] = markup.tree(browser.get(page)).xpath("//input[@name='_seen']/@value")
    browser.submit(page, {"_seen": seen, "text": "Forty families came each week."})
    met = browser.submit(page, {"_seen": seen, "text": "It went well."})
    assert met.status_code == 409
    for words in ("Forty families came each week.", "It went well."):
        assert words in markup.words(met)
    assert "Forty families came each week." in browser.get(page).text
    [seen] = markup.tree(met).xpath("//input[@name='_seen']/@value")
    assert browser.submit(page, {"_seen": seen, "text": "It went well."}).status_code == 303


def test_words_on_what_came_of_an_item_are_given_back_when_a_colleague_has_withdrawn_it_meanwhile(
    sent: Any, browser: Any, next_round: Any
) -> None:
    next_round()
    begin(browser, sent)
    choose(browser, {"a1": "done"})
    page = f"{HELD}/commitments/items/a1"
    [seen] = markup.tree(browser.get(page)).xpath("//input[@name='_seen']/@value")
    choose(browser, {"a1": "withdrawn"})
    late = browser.submit(page, {"_seen": seen, "text": "Forty families came each week."})
    assert "could not be saved" in markup.words(late)
    assert "Forty families came each week." in markup.words(late)
    assert "Forty families" not in browser.get(page).text


def test_what_came_of_an_item_stays_read_after_the_item_has_gone_and_something_else_is_corrected(
    three: list[int], database: Database
) -> None:
    withdraw(database, three[1])
    withdraw(database, three[0])
    came = select(Passage).where(Passage.question_id == item_states.BECAME)
    with database.writing() as session:
        [before] = session.exec(came).all()
        before.concern = "planning"  # as of an item that says what it is about
        session.add(before)
        session.commit()
        session.refresh(before)
    correct(database, three[2], "b2", "We will hire two family workers.")
    with database.reading() as session:
        [after] = session.exec(came).all()
    assert after.retired_at is None
    assert (after.id, after.concern, after.item_number) == (before.id, before.concern, before.item_number)


def test_an_item_taken_out_in_the_middle_is_read_where_it_is_still_kept(
    sent: Any, go_on: Callable, database: Database
) -> None:
    second, third = go_on(KEPT), go_on(KEPT)
    counted_before = commitments_counted(database)
    correct(database, second, "b2")
    assert commitments_counted(database) == counted_before
    with database.reading() as session:
        of_third = select(Passage.text).join(Source).where(Source.submission_id == third)
        assert session.exec(of_third).all() == ["We will hire a family worker."]
    withdraw(database, second)
    assert commitments_counted(database) == counted_before
    go_on({**KEPT, "b2": "done"})
    assert "We will hire a family worker." not in commitments_counted(database)


def test_an_item_changed_in_the_middle_ends_with_those_who_kept_it(
    sent: Any, go_on: Callable, database: Database
) -> None:
    second = go_on(KEPT)
    go_on(KEPT)
    correct(database, second, "b2", "We will hire two family workers.")
    words = commitments_counted(database)
    assert "We will hire two family workers." in words
    assert "We will hire a family worker." not in words
    go_on({**KEPT, "b2": "done"})
    assert not [one for one in commitments_counted(database) if "family worker" in one]


def test_a_correction_of_what_has_ended_since_does_not_count_again(three: list[int], database: Database) -> None:
    correct(database, three[0], "a1", "We will open on Sundays.")
    assert "We will open on Sundays." not in commitments_counted(database)


def the_draft(database: Database) -> Draft:
    with database.reading() as session:
        return session.exec(select(Draft).where(col(Draft.submission_id).is_(None))).one()


def test_withdrawing_leaves_a_draft_no_facts_and_no_item_that_was_corrected_since_it_was_kept(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    choose(browser, KEPT)
    browser.submit(f"{START}/pages/areas", {"areas": ["fife"]})
    correct(database, sent.submission_id, "b2", "We will hire two family workers.")
    withdraw(database, sent.submission_id)
    assert the_draft(database).answers == {"areas": ["fife"]}


def test_withdrawing_leaves_a_draft_no_fact_that_was_corrected_since_it_was_filled_in(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    form = questionnaire.load("keeping-the-promise")
    with database.writing() as session:
        answers = given.answers_of(session, sent.submission_id) | {"email": "new@kinnaird.example.org"}
        corrections.correct(session, session.get_one(Submission, sent.submission_id), form, answers)
        session.commit()
    withdraw(database, sent.submission_id)
    assert the_draft(database).answers == {}


def test_what_is_kept_stays_kept_and_is_sent_as_it_was_corrected_meanwhile(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    choose(browser, KEPT)
    correct(database, sent.submission_id, "b2", "We will hire two family workers.")
    assert "We will hire two family workers." in markup.words(browser.get(f"{HELD}/commitments"))
    assert "/receipts/" in finish(browser).headers["location"]
    second = latest(database)
    assert states_of(database, second.id) == KEPT
    with database.reading() as session:
        kept = given.answers_of(session, second.id)["commitments"]
    assert kept[1]["commitment"] == "We will hire two family workers."
    assert commitments_counted(database).count("We will hire two family workers.") == 1
    assert "We will hire a family worker." not in commitments_counted(database)


def test_words_on_what_came_of_an_item_are_not_sent_as_why_it_is_withdrawn(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    go_through(browser)
    choose(browser, {"a1": "withdrawn", "d4": "done"})
    why = browser.get(f"{HELD}/commitments/items/a1")
    assert "Forty families" not in why.text
    assert browser.submit(f"{HELD}/commitments/items/a1", {"text": "Nobody came."}).status_code == 303
    finish(browser)
    with database.reading() as session:
        rows = item_states.of_submission(session, latest(database).id)
        said = {one.item_id: (one.state, one.ended, one.text) for one in rows}
    assert said["a1"] == ("withdrawn", "", "Nobody came.")
    assert said["d4"] == ("done", "", "")


def test_words_on_what_came_of_an_item_are_there_again_when_it_is_done_after_all(
    sent: Any, browser: Any, next_round: Any
) -> None:
    next_round()
    begin(browser, sent)
    go_through(browser)
    choose(browser, {"a1": "withdrawn"})
    choose(browser, {"a1": "done"})
    assert "Forty families came each week." in browser.get(f"{HELD}/commitments/items/a1").text


def test_the_day_by_which_something_is_planned_is_not_put_off_by_keeping_it(
    sent: Any, go_on: Callable, database: Database
) -> None:
    read = {"said_on": date(2023, 11, 2), "due_from": None, "due_to": date(2024, 5, 31), "due_read": True}
    with database.writing() as session:
        session.exec(sa.update(ListedItem).where(ListedItem.item_id == "a1").values(**read))
        session.commit()
    second = go_on(KEPT)
    with database.reading() as session:
        row = item_rows.of_submission(session, second)["commitments", "a1"]
    assert {name: getattr(row, name) for name in read} == read


def test_what_was_given_with_another_address_is_not_opened_by_way_of_a_later_submission(
    sent: Any, browser: Any, new_browser: Callable, next_round: Any, invited: Callable, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    browser.submit(f"{START}/pages/email", {"email": "new@kinnaird.example.org"})
    choose(browser, KEPT)
    assert "/receipts/" in finish(browser).headers["location"]
    second = latest(database)
    colleague, link = new_browser(), invited(next_round("third-round"), "new@kinnaird.example.org")
    shown = own_links.references.shown(second.reference)
    assert colleague.submit(link, {"from": shown}).headers["location"].endswith("/held")
    assert "We will open on Saturdays." in markup.words(colleague.get(f"{HELD}/commitments"))
    assert "family meeting" not in colleague.get(f"{START}/pages/planning-doing").text
    assert "What you wrote" not in markup.words(colleague.get(HELD))


def test_a_correction_says_what_became_of_an_item_too(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    choose(browser, dict.fromkeys(CHOICES, "kept"))
    finish(browser)
    second = latest(database)
    with database.writing() as session:
        own_links.let_in(session, browser.cookies["visitor"], second.id)
        session.commit()
    url = f"{own_links.submission_url(second)}/answers"
    page = markup.tree(browser.get(f"{url}/commitments/items/b2"))
    seen = page.xpath("//input[@name='_seen']/@value")[0]
    changed = browser.submit(
        f"{url}/commitments/items/b2", {"_seen": seen, "commitment": "We will hire two family workers."}
    )
    assert changed.status_code == 303
    assert browser.submit(f"{url}/commitments/items/d4/remove").status_code == 303
    assert states_of(database, second.id) == {"a1": "kept", "b2": "changed", "c3": "kept", "d4": "withdrawn"}
    with database.reading() as session:
        words = counted(session)
    assert "We will hire two family workers." in words
    assert "We will hire a family worker." not in words
    assert "We will close the waiting list." not in words
    assert words.count("We will train all staff.") == 1
    shown = markup.words(browser.get(url))
    assert "What you said of what you listed before" in shown


def test_an_item_corrected_out_of_what_is_held_is_read_where_it_is_kept(
    sent: Any, browser: Any, next_round: Any, database: Database
) -> None:
    next_round()
    begin(browser, sent)
    choose(browser, dict.fromkeys(CHOICES, "kept"))
    finish(browser)
    assert browser.submit(f"{sent.url}/answers/commitments/items/b2/remove").status_code == 303
    with database.reading() as session:
        assert counted(session).count("We will hire a family worker.") == 1


# -- Where it is seen ---------------------------------------------------------------------------------


def test_what_became_of_items_is_shown_to_be_checked_before_it_is_sent(
    sent: Any, browser: Any, next_round: Any
) -> None:
    next_round()
    begin(browser, sent)
    go_through(browser)
    words = markup.words(browser.get(CHECK))
    for told in ("We will open on Saturdays.", "March 2026", "Forty families came each week.", "The money ran out."):
        assert told in words


def test_staff_see_what_became_of_items_on_the_round_the_source_and_the_profile(
    sent: Any, browser: Any, next_round: Any, staff_browser: Any, database: Database
) -> None:
    second_round = next_round()
    begin(browser, sent)
    assert "1 of those started from what was held" in markup.words(
        staff_browser.get(f"/staff/rounds/{second_round.id}")
    )
    go_through(browser)
    finish(browser)
    second = latest(database)
    words = markup.words(staff_browser.get(f"/staff/rounds/{second_round.id}"))
    assert "kept as it is 1, changed 1, done 1, withdrawn 1" in words
    with database.reading() as session:
        source_id = session.exec(select(Source.id).where(Source.submission_id == second.id)).one()
    for page in (f"/staff/sources/{source_id}", f"/staff/organisations/{second.organisation_id}"):
        words = markup.words(staff_browser.get(page))
        for told in ("We will open on Saturdays.", "March 2026", "Forty families came", "The money ran out."):
            assert told in words, (page, told)


def test_a_statement_of_an_item_that_has_ended_counts_no_more_in_the_profile(
    sent: Any, browser: Any, next_round: Any, staff_browser: Any, database: Database, record_findings: Callable
) -> None:
    said = {3: {"We will open on Saturdays.": {"kinds": ["commitment"]}}}
    said |= {4: {"We will hire a family worker.": {"kinds": ["commitment"]}}}
    record_findings(sent.source_id, said)
    profile = f"/staff/organisations/{latest(database).organisation_id}"
    assert "4 plans stated" in markup.words(staff_browser.get(profile))
    next_round()
    begin(browser, sent)
    go_through(browser)
    finish(browser)
    answer = staff_browser.get(profile)
    assert "2 plans stated" in markup.words(answer)
    in_groups = '//section[contains(@class, "fl_group")]//*[contains(@class, "fl_line__words")]'
    lines = [one.text_content().strip() for one in markup.tree(answer).xpath(in_groups)]
    listed = {"We will hire a family worker.", "We will train all staff twice.", "We will train all staff."}
    assert sorted(line for line in lines if line in listed) == sorted(listed - {"We will train all staff."})
    with database.reading() as session:
        standing_ = select(Statement.id).join(Passage).where(*standing.current())
        assert len(session.exec(standing_).all()) == 1
    earlier = markup.words(staff_browser.get(f"/staff/sources/{sent.source_id}"))
    assert earlier.count("What was sent later says something else of this") == 3
    assert markup.words(browser.get(f"{sent.url}/understood")).count("You have told us since what became of this") == 3


def test_no_page_about_what_is_held_opens_without_a_draft(sent: Any, browser: Any, next_round: Any) -> None:
    next_round()
    for page in (HELD, f"{HELD}/commitments", f"{HELD}/commitments/items/a1"):
        assert browser.get(page).headers["location"].startswith(START)
        assert browser.submit(page, {"text": ""}).status_code in (303, 405)


def test_secrets_of_links_are_not_the_same_for_two_uses(app: Any) -> None:
    links = invitations.Links("", app.state.form_key)
    one = invitations.Invitation(id=1, round_id=2, organisation_id=3, email="a@example.org")
    assert links.held_key(one) != links.stop_key(one)
    assert len(secrets.signed(app.state.form_key, "x")) >= invitations.KEY_LENGTH
