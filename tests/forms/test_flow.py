"""Only what concerns a person is asked: conditions, pages for each thing chosen, and what is still to be answered."""

import pytest

from forms import questionnaire
from forms.questionnaire import Page, Questionnaire

SIX = ["doing", "plans", "barriers", "needs", "offers", "voice"]


@pytest.fixture(scope="module")
def main() -> Questionnaire:
    return questionnaire.load("keeping-the-promise")


def test_a_newcomer_is_asked_who_answers_and_nothing_that_depends_on_it(main: Questionnaire) -> None:
    assert ids(main.pages_for({})) == [
        *("respondent", "areas", "priority-areas", "documents", "permission", "follow-up", "email")
    ]


def test_an_organisation_is_asked_its_name_and_a_person_is_not(main: Questionnaire) -> None:
    assert "organisation" in ids(main.pages_for({"respondent": "organisation"}))
    assert "organisation" not in ids(main.pages_for({"respondent": "individual"}))
    assert "you" in ids(main.pages_for({"respondent": "individual"}))


def test_each_chosen_priority_area_brings_its_six_pages_in_the_order_of_the_plan(main: Questionnaire) -> None:
    pages = main.pages_for({"priority-areas": ["planning", "good-childhood"]})
    repeated = [page for page in pages if page.questions[0].source]
    assert ids(repeated) == [f"{area}-{asks}" for area in ("good-childhood", "planning") for asks in SIX]
    assert [page.questions[0].asks for page in repeated] == SIX * 2
    assert {page.section for page in repeated} == {"A Good Childhood", "Planning"}


def test_a_repeated_page_names_its_priority_area_and_its_question_stays_general(main: Questionnaire) -> None:
    page = main.page("planning-barriers", {"priority-areas": ["planning"]})
    assert page.title == "Planning: what is getting in the way?"
    question = page.questions[0]
    assert (question.id, question.label) == ("planning.barriers", "What is getting in the way?")
    assert (question.concern, question.source, question.optional) == ("planning", True, True)
    assert main.page("planning-doing", {"priority-areas": ["planning"]}).intro.startswith("Scotland plans ahead")


def test_a_page_that_is_not_asked_is_not_found(main: Questionnaire) -> None:
    assert main.page("planning-barriers", {"priority-areas": ["good-childhood"]}) is None
    assert main.page("nowhere", {}) is None


def test_an_answer_under_a_choice_since_taken_back_counts_for_nothing() -> None:
    chained = Questionnaire.from_definition(definition_of(
        page("one", choosing("one", ["a", "b"])),
        page("two", choosing("two", ["a", "b"]), when={"question": "one", "is": "a"}),
        page("three", choosing("three", ["a", "b"]), when={"question": "two", "is": ["b"]}),
    ))  # fmt: skip
    assert ids(chained.pages_for({"one": "a", "two": "b"})) == ["one", "two", "three"]
    assert ids(chained.pages_for({"one": "b", "two": "b"})) == ["one"]


def test_no_pages_are_repeated_for_a_choice_that_stands_alone() -> None:
    choices = [{"id": "work", "label": "Work"}, {"id": "none", "label": "None of these", "exclusive": True}]
    subjects = {"id": "subjects", "type": "any-of", "label": "?", "missing": "Choose", "choices": choices}
    repeat = {"for-each": "subjects", "pages": [page("more", writing("more"))]}
    asked = Questionnaire.from_definition(definition_of(page("subjects", subjects), repeat))
    assert ids(asked.pages_for({"subjects": ["none"]})) == ["subjects"]
    assert ids(asked.pages_for({"subjects": ["work"]})) == ["subjects", "work-more"]


def test_a_condition_on_repeated_pages_holds_for_each_of_them() -> None:
    repeat = {
        "for-each": "subjects",
        "when": {"question": "who", "is": "a"},
        "pages": [page("more", writing("more")), page("late", writing("late"), when={"question": "who", "is": "b"})],
    }
    who, subjects = choosing("who", ["a", "b"]), choosing("subjects", ["x", "y"], kind="any-of")
    asked = Questionnaire.from_definition(definition_of(page("who", who), page("subjects", subjects), repeat))
    assert ids(asked.pages_for({"who": "a", "subjects": ["x", "y"]})) == ["who", "subjects", "x-more", "y-more"]
    assert ids(asked.pages_for({"who": "b", "subjects": ["x", "y"]})) == ["who", "subjects"]


def test_every_question_that_can_be_asked_is_known_by_id(main: Questionnaire) -> None:
    assert len(main.questions) == 11 + 5 * 6 + 5
    assert main.questions["building-capacity.voice"].asks == "voice"


def test_the_same_answers_give_the_very_same_pages(main: Questionnaire) -> None:
    answers = {"respondent": "organisation", "priority-areas": ["planning"]}
    first, second = main.pages_for(answers), main.pages_for(dict(answers))
    assert all(one is other for one, other in zip(first, second, strict=True))


def test_what_is_still_to_be_answered_is_said_as_what_to_do(main: Questionnaire) -> None:
    assert {problem.question_id: problem.message for problem in main.complete({"respondent": "organisation"})} == {
        "organisation-name": "Enter the name of your organisation",
        "organisation-kind": "Choose the kind of organisation that fits best",
        "areas": "Choose at least one area, or all of Scotland",
        "priority-areas": "Choose at least one part of the plan",
        "permission": "Choose whether we may publish your answers",
        "contact-permission": "Choose whether we may get in touch with you again",
    }


def test_one_answer_about_the_plan_is_enough_and_none_is_not(main: Questionnaire) -> None:
    base = {
        "respondent": "individual",
        "areas": ["fife"],
        "priority-areas": ["planning", "good-childhood"],
        "permission": "without-name",
        "contact-permission": "no",
    }
    [problem] = main.complete(base)
    assert problem.question_id == "good-childhood.doing"
    assert problem.message.startswith("Answer at least one question")
    assert main.complete(base | {"planning.offers": "A spare room"}) == []
    # An answer about a part that is not chosen any more does not count.
    assert main.complete(base | {"building-capacity.doing": "A law"}) == [problem]


def test_an_answer_that_does_not_fit_any_more_is_to_be_put_right(main: Questionnaire) -> None:
    problems = main.complete({"respondent": "committee", "areas": ["fife", "scotland"]})
    told = {problem.question_id: problem.message for problem in problems}
    assert told["respondent"] == "Choose from the answers shown"
    assert told["areas"] == "Choose “All of Scotland” or other answers, not both"


def ids(pages: list[Page] | tuple[Page, ...]) -> list[str]:
    return [page.id for page in pages]


def definition_of(*pages: dict) -> dict:
    head = {"slug": "small", "version": 1, "title": "Small", "summary": "A few questions.", "audience": "Anyone."}
    return head | {"framework": "plan-21-24", "minutes": 1, "pages": list(pages)}


def page(page_id: str, question: dict, **more: dict) -> dict:
    return {"id": page_id, "title": page_id, "questions": [question], **more}


def choosing(question_id: str, choice_ids: list[str], kind: str = "one-of") -> dict:
    choices = [{"id": choice_id, "label": choice_id} for choice_id in choice_ids]
    return {"id": question_id, "type": kind, "label": "?", "missing": "Choose one", "choices": choices}


def writing(question_id: str) -> dict:
    return {"id": question_id, "type": "long-text", "label": "?", "optional": True}
