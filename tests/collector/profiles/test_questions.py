"""Questions worth asking come of what is late, fits ill together, is missing or is old; each with its reason."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import select

from analysis.findings import Commitment, Due
from collector.database import Database, now
from collector.findings.models import StandingLabel
from collector.frameworks import plan
from collector.intake import belonging
from collector.intake.models import ListedItem, Passage, Source
from collector.organisations import directory, leads
from collector.privacy import erasure
from collector.profiles import question_rules, question_words, questions
from collector.profiles.question_rules import Held
from collector.profiles.statements import Item, Told

ALL = ["what-matters", "listening", "poverty", "childrens-rights", "language"]


def said(kind: str, action: str = "", **labels: list[str]) -> dict[str, list[str]]:
    return {"kinds": [kind], **({"actions": [action]} if action else {}), **labels}


@pytest.fixture
def asked(says: Callable, id_of: Callable, staff_browser: Any) -> Callable[[dict], list[tuple[str, str, list[str]]]]:
    """The questions on the page of somebody who says these things: words, reason, and the lines that it stands on."""

    def ask(told: dict, **how: Any) -> list[tuple[str, str, list[str]]]:
        says("Loch Trust", told, **how)
        answer = staff_browser.get(f"/staff/organisations/{id_of('Loch Trust')}")
        return [
            (
                one.xpath("h3")[0].text_content(),
                one.xpath("p")[0].text_content(),
                [line.text_content() for line in one.xpath('.//*[contains(@class, "fl_line__words")]')],
            )
            for one in markup.tree(answer).xpath('//*[@class="fl_asking__item"]')
        ]

    return ask


def test_a_barrier_with_no_plan_and_no_call_for_help_beside_it(asked: Callable) -> None:
    found = asked({"Nobody pays for it.": said("barrier", "advocacy"), "Too few homes.": said("barrier", "planning")})
    assert found[0] == (
        "What would help with “Advocacy”?",
        "One thing is said to be in the way there, with no plan and no call for help beside it.",
        ["Nobody pays for it."],
    )


def test_a_barrier_that_a_plan_answers_is_no_question(asked: Callable) -> None:
    told = {"Nobody pays for it.": said("barrier", "advocacy"), "We will find money.": said("commitment", "advocacy")}
    assert "What would help with “Advocacy”?" not in words_of(asked(told))


def test_need_and_offer_on_one_action(asked: Callable) -> None:
    told = {"We need a trainer.": said("support-needed", "advocacy"), "We lend ours.": said("offer", "advocacy")}
    by_words = {words: lines for words, _, lines in asked(told)}
    lines = by_words["Who could use the help that you offer on “Advocacy”, and what do you need yourselves?"]
    assert lines == ["We need a trainer.", "We lend ours."]


def test_a_fundamental_that_nothing_speaks_to(asked: Callable) -> None:
    told = {f"We do {n}.": said("activity", "advocacy", fundamentals=ALL[:2] + ALL[3:]) for n in range(5)}
    why = "As far as we have read, none of their 5 statements on what they do and plan speaks to it."
    found = asked(told)[0]
    words = "What do you do to ease the strain of poverty on children and families?"
    assert found == (words, f"“Poverty” is one of the Fundamentals. {why}", [])


def test_every_fundamental_is_asked_for_in_words_of_its_own() -> None:
    assert set(question_words.LIVED) == {one.id for one in plan.current().fundamentals}


def test_nothing_heard_for_more_than_a_year(asked: Callable) -> None:
    last = now() - timedelta(days=400)
    words, why, _ = asked({"We meet.": said("activity", "advocacy")}, at=last)[0]
    assert words.startswith("What has changed since ")
    assert "more than a year ago" in why


def test_an_action_that_they_lead_and_say_nothing_of(
    asked: Callable, says: Callable, id_of: Callable, staff_browser: Any
) -> None:
    says("Loch Trust", {"We meet.": said("activity", "planning")})
    lead = {"action": "advocacy", "why": "The Act of 2014 says so."}
    assert staff_browser.submit(f"/staff/organisations/{id_of('Loch Trust')}/leads", lead).status_code == 303
    assert asked({})[0][0] == "What do you do as a lead for “Advocacy”?"


def test_a_plan_that_is_past_its_day(analysed: Callable, database: Database, staff_browser: Any) -> None:
    hub = {"id": "hub", "commitment": "We will open a hub.", "commitment-action": "planning", "commitment-due": "2025"}
    kept = analysed(told={}, commitments=[hub])
    with database.writing() as session:
        session.exec(sa.update(ListedItem).values(due_from=date(2025, 1, 1), due_to=date(2025, 12, 31), due_read=True))
        session.commit()
    words = markup.words(staff_browser.get(f"/staff/organisations/{kept.organisation_id}"), '//*[@id="questions"]')
    assert "What came of what you planned on “Planning”?" in words
    assert "It was to be done by 31 December 2025. They have not marked it as done." in words
    assert "We will open a hub." in words


def test_a_promise_in_a_document_that_is_past_its_day(asked: Callable) -> None:
    text = "We will open a hub by May 2025."
    due = Due("by May 2025", None, "2025-05-31")
    promised = Commitment(0, len(text), text, who="we", due=due)
    found = asked({text: said("commitment", "planning")}, commitments=(promised,))
    assert found[0] == ("What came of what you planned on “Planning”?", "It was to be done by 31 May 2025.", [text])


def test_what_begins_at_once_is_not_late_the_day_after(asked: Callable) -> None:
    text, at = "We stop closing cases with immediate effect.", now() - timedelta(days=3)
    day = at.date().isoformat()
    promised = Commitment(0, len(text), text, who="we", due=Due("with immediate effect", day, day))
    found = asked({text: said("commitment", "planning")}, commitments=(promised,), at=at)
    assert [words for words, _, _ in found if "came of" in words] == []


# -- Rules, each by itself ------------------------------------------------------------------------------


def words_of(asked: list[tuple[str, str, list[str]]]) -> list[str]:
    return [words for words, _, _ in asked]


def item(number: int, due: date | None, area: str = "planning") -> Item:
    return Item((1, "commitments", str(number)), "commitment", (area,), due)


def told(id: int, kind: str, *actions: str, days: int = 0, **more: Any) -> Told:
    made = Told(id, id, None, now() - timedelta(days=days), None, None, **more)
    made.labels["kinds"][kind] = ("suggested", 0.8)
    made.labels["actions"] |= dict.fromkeys(actions, ("suggested", 0.8))
    return made


def by(rule: str, *said: Told, items: tuple[Item, ...] = (), **more: Any) -> list[tuple[str, str, list[int]]]:
    """What a rule finds, in words, with the statements it rests on."""
    names = {7: "Moss Trust", 8: "Burn Council"}
    found = [{"rule": rule, **one} for one in question_rules.RULES[rule](Held(said, items, **more))]
    return [(*question_words.worded(one, names), one["statements"]) for one in found]


def test_every_rule_has_its_words() -> None:
    assert question_rules.RULES.keys() == question_words.WORDS.keys()


def test_a_plan_and_what_stands_in_its_way() -> None:
    both = (told(1, "barrier", "planning"), told(2, "commitment", "planning"), told(3, "barrier", "planning"))
    [(words, why, statements)] = by("planned-against-a-barrier", *both)
    assert words == "How will you get past what stands in the way of “Planning”?"
    assert why == "They tell of one plan there, and of 2 things in the way."
    assert statements == [1, 3, 2]
    assert by("planned-against-a-barrier", told(1, "barrier", "planning"), told(2, "commitment", "advocacy")) == []


def test_a_plan_with_nothing_under_way() -> None:
    [(words, why, statements)] = by("not-begun", told(1, "commitment", "planning"))
    assert words == "How far have you come with what you plan on “Planning”?"
    assert why == "They plan one thing there, and say nothing yet of work under way on it."
    assert statements == [1]
    assert by("not-begun", told(1, "commitment", "planning"), told(2, "activity", "planning")) == []


def test_what_was_said_in_the_round_before_and_not_again() -> None:
    since = {"actions": {"not-again": {"planning": [1], "advocacy": [2], "support": [3]}}}
    work = told(1, "activity", "planning", days=300)
    in_the_way, said_since = told(2, "barrier", "advocacy", days=300), told(4, "barrier", "support")
    [(words, why, statements)] = by(
        "not-said-again", work, in_the_way, told(3, "activity", "support", days=300), said_since, since=since
    )
    assert words == "What became of your work on “Planning”?"
    assert why.startswith("They told of it on ")
    assert statements == [1]
    assert by("not-said-again", work) == []


def test_help_that_others_offer_and_need() -> None:
    elsewhere = {("offer", "planning"): [(7, 70)], ("support-needed", "advocacy"): [(7, 71), (8, 72), (9, 73)]}
    said = (told(1, "support-needed", "planning"), told(2, "offer", "advocacy"))
    [(words, why, statements)] = by("need-that-others-meet", *said, elsewhere=elsewhere)
    assert words == "Have you talked with Moss Trust about “Planning”?"
    assert why == "They ask for help there, and Moss Trust offers some."
    assert statements == [1, 70]
    [(words, why, statements)] = by("offer-that-others-need", *said, elsewhere=elsewhere)
    assert words == "Do Moss Trust and Burn Council know that you can help with “Advocacy”?"
    assert why == "They offer help there, and Moss Trust and Burn Council ask for some. So do others."
    assert statements == [2, 71, 72]


def test_help_that_nobody_offers_or_takes_is_asked_of_only_where_it_was_looked_up() -> None:
    said = (told(1, "support-needed", "planning"), told(2, "offer", "advocacy"))
    nobody = {("offer", "planning"): [], ("support-needed", "advocacy"): []}
    [(words, _, _)] = by("need-that-nobody-meets", *said, elsewhere=nobody)
    assert words == "Who could give you the help that you need on “Planning”?"
    [(words, _, _)] = by("offer-that-nobody-takes", *said, elsewhere=nobody)
    assert words == "Who have you told of the help that you offer on “Advocacy”?"
    assert by("need-that-nobody-meets", *said) == by("offer-that-nobody-takes", *said) == []


def test_work_on_an_action_that_others_lead() -> None:
    said, led_by = told(1, "activity", "planning"), {"planning": [7]}
    [(words, why, _)] = by("others-lead", said, led_by=led_by)
    assert words == "Does Moss Trust know what you do on “Planning”?"
    assert why == "They tell of one thing that they do there. It is Moss Trust that leads this action, and they do not."
    assert by("others-lead", said, led_by=led_by, leads=["planning"]) == []


def test_a_source_of_long_ago_beside_newer_ones() -> None:
    old, new = told(1, "activity", "planning", days=600), told(2, "activity", "planning", days=10)
    [(words, why, statements)] = by("old-source", old, new)
    assert words.startswith("Does what you told us on ")
    assert why == "One statement of theirs is from then, more than a year and a half ago."
    assert statements == [1]
    assert by("old-source", told(1, "activity", days=500), new) == []
    assert by("old-source", old, told(2, "activity", days=400)) == []
    assert len(by("stale", old, told(2, "activity", days=400))) == 1


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([item(1, None)], "what they plan there names no day"),
        ([item(1, None), item(2, date(2099, 1, 1))], "one thing that they plan there names no day"),
        ([item(1, None), item(2, None)], "none of the 2 things that they plan there names a day"),
        ([item(1, None, area="other")], "one thing that they plan names no day"),
    ],
)
def test_plans_without_a_day(items: list[Item], words: str) -> None:
    [(asked, why, _)] = by("undated", items=tuple(items))
    assert why == f"As far as we have read, {words} by which it is to be done."
    assert asked.startswith("By when do you mean to do what you plan")


def test_a_plan_whose_words_say_when_is_not_without_a_day() -> None:
    dated, undated = told(1, "commitment", "planning", dated=True), told(2, "commitment", "advocacy")
    [(words, _, statements)] = by("undated", dated, undated)
    assert words == "By when do you mean to do what you plan on “Advocacy”?"
    assert statements == [2]


def test_what_is_on_an_action_by_its_words_is_asked_on_that_action() -> None:
    words = told(1, "commitment", "advocacy", item=("commitments", "1"))
    [(asked, _, _)] = by("undated", words, items=(item(1, None),))
    assert asked == "By when do you mean to do what you plan on “Advocacy”?"


# -- Which of them --------------------------------------------------------------------------------------


def test_no_more_than_three_are_asked_in_the_order_of_what_matters(database: Database) -> None:
    said = [told(1, "barrier", "advocacy", days=500), told(2, "barrier", "planning", days=500)]
    said += [told(3, "offer", "support", days=500), told(4, "support-needed", "support", days=500)]
    with database.reading() as session:
        found = questions.worth_asking(session, 1, said, [item(1, date(2020, 1, 1)), item(2, date(2021, 1, 1))])
    assert [one["rule"] for one in found] == ["overdue", "in-the-way", "stale"]
    assert found[0]["about"] == {"due": "2020-01-01", "number": 2, "listed": True, "area": "planning"}


def test_never_three_of_one_rule_where_others_apply() -> None:
    said = [told(n, "barrier", one.id) for n, one in enumerate(plan.current().actions[:5])]
    assert Counter(one["rule"] for one in questions.chosen(Held(said, []))) == {"in-the-way": 2, "unsaid": 1}


def test_two_questions_are_not_on_one_action_where_there_are_others() -> None:
    said = [
        told(1, "barrier", "planning"),
        told(2, "commitment", "planning", dated=True),
        told(3, "barrier", "support"),
    ]
    actions = [one["about"].get("action") for one in questions.chosen(Held(said, []))]
    assert sorted(actions, key=str) == [None, "planning", "support"]


def test_who_was_never_heard_is_asked_what_there_is_to_ask_anybody(database: Database) -> None:
    with database.reading() as session:
        found = questions.worth_asking(session, 1, [], [])
        assert leads.actions_of(session, 1) == []
    assert [question_words.worded(one, {}) for one in found] == [
        ("What are you doing now to keep the promise?", "Nothing of theirs has been read yet."),
        ("What gets in your way?", "Nothing of theirs has been read yet."),
        ("What do you mean to do next, and by when?", "Nothing of theirs has been read yet."),
    ]


def test_who_said_almost_nothing_is_asked_for_what_is_missing(asked: Callable) -> None:
    found = asked({"We meet.": said("activity", "planning")})
    assert found[0][:2] == (
        "What gets in your way?",
        "As far as we have read, nothing that they sent says what gets in their way.",
    )
    assert len(found) == 3


# -- Beside others --------------------------------------------------------------------------------------

NEED, OFFER = {"We need a trainer.": said("support-needed", "advocacy")}, {"We lend ours.": said("offer", "advocacy")}


def test_who_needs_help_is_asked_about_who_offers_it(asked: Callable, says: Callable) -> None:
    says("Moss Trust", OFFER)
    words, why, lines = asked(NEED)[0]
    assert words == "Have you talked with Moss Trust about “Advocacy”?"
    assert why == "They ask for help there, and Moss Trust offers some."
    assert lines == ["We need a trainer.", "We lend ours."]


@pytest.mark.parametrize(
    "put_away",
    [
        sa.update(Source).where(Source.title == "Plan of Moss Trust").values(sample=True),
        sa.update(Passage).where(Passage.text == "We lend ours.").values(harm=True),
        sa.update(Source).where(Source.title == "Plan of Moss Trust").values(organisation_id=None),
        sa.delete(StandingLabel).where(StandingLabel.label == "offer"),
    ],
)
def test_an_offer_of_the_sample_of_harm_or_of_no_organisation_is_told_nobody(
    asked: Callable, says: Callable, database: Database, put_away: Any
) -> None:
    says("Moss Trust", OFFER)
    with database.writing() as session:
        session.exec(put_away)
        session.commit()
    assert "Who could give you the help that you need on “Advocacy”?" in words_of(asked(NEED))


def test_what_two_say_together_is_not_another_s(
    analysed: Callable, jointly: Callable, database: Database, staff_browser: Any
) -> None:
    need, offer = said("support-needed", "advocacy"), said("offer", "advocacy")
    sent = analysed(told={1: {"We hold a family meeting before every decision.": need, "Parents chair it.": offer}})
    with database.writing() as session:
        partner = directory.find_or_add(session, name="Moss Trust", kind="third_sector")
        session.commit()
    jointly(sent.received.submission_id, partner)
    for id in (sent.organisation_id, partner):
        words = markup.words(staff_browser.get(f"/staff/organisations/{id}"), '//*[@id="questions"]')
        assert "Who could use the help that you offer on “Advocacy”" in words
        assert "Have you talked with" not in words


def test_a_question_about_one_that_is_gone_is_not_shown(
    says: Callable, id_of: Callable, rebuilt: Callable, database: Database, staff_browser: Any
) -> None:
    says("Moss Trust", OFFER)
    says("Loch Trust", NEED)
    rebuilt()
    with database.writing() as session:
        erasure.erase_sources(session, select(Source.id).where(Source.title == "Plan of Moss Trust"))
        belonging.forget(session, directory.named(session, "Moss Trust"))
        assert directory.named(session, "Moss Trust") is None
        session.commit()
    words = markup.words(staff_browser.get(f"/staff/organisations/{id_of('Loch Trust')}"), '//*[@id="questions"]')
    assert "Two questions worth asking" in words
    assert "Have you talked with" not in words


def test_who_leads_an_action_is_told_to_others_who_work_on_it(
    asked: Callable, says: Callable, id_of: Callable, staff_browser: Any
) -> None:
    says("Moss Trust", {"We meet.": said("activity", "planning")})
    lead = {"action": "advocacy", "why": "The Act of 2014 says so."}
    assert staff_browser.submit(f"/staff/organisations/{id_of('Moss Trust')}/leads", lead).status_code == 303
    found = asked({"We speak up.": said("activity", "advocacy")})
    assert "Does Moss Trust know what you do on “Advocacy”?" in words_of(found)
