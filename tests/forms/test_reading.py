"""What people send is kept exactly as they wrote it, or refused with what to do about it; and nothing raises."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import answers, questionnaire
from forms.answers import Reading, read, read_whole
from forms.questionnaire import Page, Question, Questionnaire

MAIN = questionnaire.load("keeping-the-promise")
WHOLE = {
    "respondent": "organisation",
    "organisation-name": "Strathbirnie Council",
    "organisation-kind": "local_authority",
    "areas": ["fife", "angus"],
    "priority-areas": ["planning"],
    "planning.doing": "  We keep a register.\n\n– And more…  ",
    "permission": "with-name",
    "contact-permission": "yes",
    "email": "plans@example.org",
}

# Everything a browser, a program or a fault between them could send as text.
ANY_TEXT = st.text(alphabet=st.characters(), max_size=300) | st.text(
    alphabet="\r\n\t\0\x0b\x1f\ud800\udfff \u200bé", max_size=30
)


def test_text_is_kept_exactly_with_the_line_ends_of_a_browser_made_plain() -> None:
    reading = posted("planning-doing", **{"planning.doing": ["  One –\r\n\ttwo “three”\r\n\r\nfour 👪🏽  "]})
    assert reading.answers == {"planning.doing": "  One –\n\ttwo “three”\n\nfour 👪🏽  "}
    assert reading.problems == ()


@settings(deadline=None)
@given(ANY_TEXT)
def test_any_text_is_kept_exactly_or_refused_with_a_message(text: str) -> None:
    reading = posted("planning-doing", **{"planning.doing": [text]})
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if reading.problems:
        assert reading.answers == {}
        assert reading.problems[0].message
    else:
        # Nothing but space is no answer, and this question may be left out.
        assert reading.answers == ({"planning.doing": plain} if plain.strip() else {})
    "".join(reading.typed["planning.doing"]).encode()


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from([*MAIN.questions, "other"]), st.lists(ANY_TEXT, max_size=3)),
    st.sampled_from(MAIN.steps),
)
def test_no_form_makes_reading_fail(form: dict[str, list[str]], step) -> None:
    reading = read(step.page, form)
    refused = {problem.question_id for problem in reading.problems}
    assert not refused & reading.answers.keys()
    assert refused | reading.answers.keys() <= {question.id for question in step.page.questions}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(JSON | st.dictionaries(st.sampled_from([*MAIN.questions]) | ANY_TEXT, JSON, max_size=6))
def test_no_json_makes_reading_fail_and_what_it_says_can_be_sent_back(answers: object) -> None:
    reading = read_whole(MAIN, answers)
    assert reading.problems
    json.dumps([[problem.question_id, problem.message] for problem in reading.problems], ensure_ascii=False).encode()
    json.dumps(reading.typed, ensure_ascii=False).encode()


@pytest.mark.parametrize("character", ["\0", "\x01", "\x0b", "\x0c", "\x1b", "\x1f", chr(0xD800), chr(0xDFFF)])
def test_a_character_that_cannot_be_kept_is_refused_with_its_line_and_all_else_shown_again(character: str) -> None:
    reading = posted("planning-doing", **{"planning.doing": [f"First line\r\nsecond{character} line"]})
    assert reading.answers == {}
    assert reading.problems[0].message.startswith("Line 2 has a character that cannot be kept")
    assert reading.typed == {"planning.doing": ["First line\nsecond� line"]}


def test_such_a_character_alone_is_refused_too_and_not_taken_for_a_blank() -> None:
    assert posted("planning-doing", **{"planning.doing": ["\x1c"]}).problems


def test_the_limit_is_kept_to_the_character_and_nothing_is_cut() -> None:
    assert posted("planning-doing", **{"planning.doing": ["é" * 20_000]}).problems == ()
    reading = posted("planning-doing", **{"planning.doing": ["é" * 20_001]})
    assert reading.problems[0].message == "Shorten your answer by 1 character: it can have up to 20,000"
    assert reading.typed == {"planning.doing": ["é" * 20_001]}
    longer = posted("planning-doing", **{"planning.doing": ["é" * 21_500]})
    assert longer.problems[0].message.startswith("Shorten your answer by 1,500 characters:")


def test_a_page_with_a_problem_comes_back_with_everything_typed() -> None:
    reading = posted("organisation", **{"organisation-name": ["Ours"], "organisation-kind": ["circus"]})
    assert reading.answers == {"organisation-name": "Ours"}
    assert reading.typed == {"organisation-name": ["Ours"], "organisation-kind": ["circus"]}
    assert [problem.question_id for problem in reading.problems] == ["organisation-kind"]


def test_a_blank_is_no_answer() -> None:
    reading = posted("organisation", **{"organisation-name": [" \r\n "], "organisation-kind": ["other"]})
    assert reading.answers == {"organisation-kind": "other"}
    assert reading.problems[0].message == "Enter the name of your organisation"
    assert posted("planning-doing", **{"planning.doing": [""]}) == Reading({}, (), {"planning.doing": [""]})


def test_fields_of_other_pages_are_passed_over() -> None:
    reading = posted("planning-doing", **{"permission": ["with-name"], "_csrf": ["x"], "planning.doing": ["Work"]})
    assert reading == Reading({"planning.doing": "Work"}, (), {"planning.doing": ["Work"]})


def test_a_name_goes_on_one_line() -> None:
    reading = posted("organisation", **{"organisation-name": ["Ours\nBcc: all"], "organisation-kind": ["other"]})
    assert reading.problems[0].message == "Write your answer on one line"


def test_one_choice_is_one_and_several_are_put_in_the_order_shown() -> None:
    assert posted("respondent", respondent=["organisation", "individual"]).problems[0].message.startswith("Choose one")
    assert posted("respondent").problems[0].message.startswith("Choose whether you answer for an organisation")
    assert posted("areas", areas=["fife", "angus", "fife"]).answers == {"areas": ["angus", "fife"]}
    assert posted("areas", areas=["fife", "atlantis"]).problems[0].message == "Choose from the answers shown"


def test_all_of_scotland_stands_alone() -> None:
    assert posted("areas", areas=["scotland"]).answers == {"areas": ["scotland"]}
    reading = posted("areas", areas=["scotland", "fife"])
    assert reading.problems[0].message == "Choose “All of Scotland” or other answers, not both"


@pytest.mark.parametrize(
    "address", ["a@b.scot", " name@example.org ", "o'brien+promise@sub.example.co.uk", "zoë@exämple.org"]
)
def test_a_plausible_address_is_kept_without_the_space_around_it(address: str) -> None:
    assert posted("email", email=[address]).answers == {"email": address.strip()}


@pytest.mark.parametrize(
    "address",
    ["name", "name@", "@example.org", "name@example", "a b@example.org", "a@b@c.org", "a@b..org", "a@b.org,c@d.org"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    reading = posted("email", email=[address])
    assert (reading.answers, len(reading.problems), reading.typed) == ({}, 1, {"email": [address]})


def test_an_address_cannot_smuggle_in_a_second_line() -> None:
    assert posted("email", email=["a@b.org\nBcc: c@d.org"]).problems[0].message == "Write your answer on one line"


def test_an_address_may_have_up_to_254_characters() -> None:
    assert posted("email", email=["x" * 249 + "@a.uk"]).problems == ()
    assert (
        posted("email", email=["x" * 250 + "@a.uk"])
        .problems[0]
        .message.startswith("Shorten your answer by 1 character:")
    )


def test_whole_answers_are_read_as_they_were_sent() -> None:
    reading = read_whole(MAIN, WHOLE)
    assert reading.problems == ()
    assert reading.answers == WHOLE | {"areas": ["angus", "fife"]}


def test_a_null_or_a_blank_in_json_is_an_answer_left_out() -> None:
    assert read_whole(
        MAIN, WHOLE | {"email": None, "planning.plans": " ", "your-name": ""}
    ).answers.keys() == WHOLE.keys() - {"email"}


@pytest.mark.parametrize(
    ("question_id", "value", "message"),
    [
        ("organisation-name", 7, "Send text"),
        ("organisation-name", ["Ours"], "Send text"),
        ("respondent", True, "Send the id of one choice, as text"),
        ("areas", "fife", "Send a list of choice ids"),
        ("areas", ["fife", 3], "Send a list of choice ids"),
        ("areas", {"fife": True}, "Send a list of choice ids"),
        ("areas", [], "Choose at least one area, or all of Scotland"),
        ("permission", "", "Choose whether we may publish your answers"),
        ("planning.doing", "\0", "Line 1 has a character"),
        ("planning.colour", "red", "Leave this out: no question has this id"),
        ("good-childhood.doing", "Work", "Leave this out: your other answers mean that it is not asked"),
        ("your-name", "Ailsa", "Leave this out: your other answers mean that it is not asked"),
    ],
)
def test_each_fault_in_json_is_one_problem_at_its_question(question_id: str, value: object, message: str) -> None:
    [problem] = read_whole(MAIN, WHOLE | {question_id: value}).problems
    assert problem.question_id == question_id
    assert problem.message.startswith(message)


def test_all_faults_in_json_are_told_at_once_in_the_order_of_the_questions() -> None:
    answers = {
        "permission": "perhaps",
        "priority-areas": ["planning"],
        "respondent": "organisation",
        "areas": "fife",
        "x": 1,
    }
    told = [problem.question_id for problem in read_whole(MAIN, answers).problems]
    assert told == [
        "x", "organisation-name", "organisation-kind", "areas", "planning.doing", "permission", "contact-permission",
    ]  # fmt: skip


@pytest.mark.parametrize("answers", [None, [], "text", 3, [["respondent", "individual"]]])
def test_what_is_no_object_is_refused_whole(answers: object) -> None:
    [problem] = read_whole(MAIN, answers).problems
    assert problem.message.startswith("Send the answers as one object")


def test_what_read_whole_takes_is_complete_and_reads_the_same_again() -> None:
    kept = read_whole(MAIN, WHOLE).answers
    assert MAIN.complete(kept) == []
    assert read_whole(MAIN, json.loads(json.dumps(kept))).answers == kept


def posted(page_id: str, **form: list[str]) -> Reading:
    return read(page_of(MAIN, page_id), form)


def page_of(asked: Questionnaire, page_id: str) -> Page:
    return next(step.page for step in asked.steps if step.page.id == page_id)


# -- Files ------------------------------------------------------------------------------------------


def files_wanted(**more: object) -> Question:
    return Question.model_validate({"id": "papers", "type": "file", "label": "Papers?", "optional": True, **more})


def test_files_are_kept_in_their_order_and_shown_by_their_names() -> None:
    question = files_wanted()
    sent = [answers.file_value("k-2_", "Our plan 2027.pdf"), answers.file_value("k1", "a.txt")]
    assert answers.judge(question, sent) == (sent, "")
    assert [answers.shown(question, value) for value in sent] == ["Our plan 2027.pdf", "a.txt"]
    assert [answers.file_key(value) for value in sent] == ["k-2_", "k1"]


@pytest.mark.parametrize("value", ["plan.pdf", "k1 ", "../k1 a.txt", "k1 a\nb.txt", "k1 \x00", "k1 a\u0000.txt"])
def test_what_is_no_file_that_was_kept_is_refused(value: str) -> None:
    kept, message = answers.judge(files_wanted(), [value])
    assert kept is None
    assert "Add the file again" in message


def test_no_more_files_than_the_question_takes() -> None:
    six = [f"k{number} a.txt" for number in range(6)]
    assert answers.judge(files_wanted(), six)[1] == "Remove some files: you can send up to 5"
    assert answers.judge(files_wanted(**{"most-files": 6}), six) == (six, "")


def test_files_that_are_needed_and_left_out_are_asked_for() -> None:
    needed = files_wanted(optional=False, missing="Add your plan")
    assert answers.judge(needed, []) == (None, "Add your plan")
