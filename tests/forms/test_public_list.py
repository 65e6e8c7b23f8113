"""A name of an organisation: found in a public list by what is typed, or any other name as it was typed."""

import pytest

from forms import answers, finding, organisations
from forms.questionnaire import load
from forms.questions import Page, Question

NAME = Question(id="name", type="organisation", label="Name?", missing="Enter the name")
PAGE = Page(id="p", title="P", questions=(NAME,))


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("SCRA", "Scottish Children's Reporter Administration"),
        ("chs", "Children's Hearings Scotland"),
        ("children’s hearing", "Children's Hearings Scotland"),
        ("Fife", "Fife Council"),
        ("FIFE COUNCI", "Fife Council"),
        ("Fyfe Council", "Fife Council"),
        ("highland council", "The Highland Council"),
        ("Comhairle nan Eilean Siar", "Comhairle nan Eilean Siar"),
        ("  cosla ", "Convention of Scottish Local Authorities"),
        ("edinburgh & council", "City of Edinburgh Council"),
    ],
)
def test_an_organisation_is_found_by_the_beginnings_of_its_words_its_short_name_or_nearly_its_letters(
    typed: str, first: str
) -> None:
    assert organisations.like(typed)[0] == first


@pytest.mark.parametrize("typed", ["", "  ", "zzzz", "Kinnaird Water Council Group", "😀", "\x00", "x" * 20_000])
def test_what_means_none_of_them_finds_none(typed: str) -> None:
    assert organisations.like(typed) == []


def test_few_are_shown_at_once_and_each_once() -> None:
    found = organisations.like("nhs")
    assert len(found) == len(set(found)) == organisations.MOST_MATCHES


@pytest.mark.slow
def test_every_one_is_found_by_its_own_name_and_by_each_other_way_to_write_it() -> None:
    for one in organisations.listed():
        assert organisations.like(one.name)[0] == one.name
        for other in one.others:
            assert one.name in organisations.like(other), other


def test_a_name_that_is_in_no_list_is_kept_as_it_was_typed() -> None:
    assert answers.read(PAGE, {"name": ["Kinnaird  Water"]}).answers == {"name": "Kinnaird  Water"}
    assert answers.read(PAGE, {"name": ["highland council"]}).answers == {"name": "highland council"}
    assert answers.read(PAGE, {"name": [" "]}).problems[0].message == "Enter the name"
    assert "one line" in answers.read(PAGE, {"name": ["a\nb"]}).problems[0].message
    assert "Shorten" in answers.read(PAGE, {"name": ["a" * 201]}).problems[0].message


def test_asking_for_names_keeps_nothing_and_shows_them_beside_what_was_typed() -> None:
    reading = answers.read(PAGE, {"name": ["SCRA"], finding.FIND: ["name"]})
    assert reading.unfinished
    assert (reading.answers, reading.problems) == ({}, ())
    assert reading.typed["name"] == ["SCRA"]
    assert reading.typed["name--found"] == ["Scottish Children's Reporter Administration"]
    assert reading.typed["name--sought"] == ["SCRA"]


def test_asking_for_the_names_of_another_question_is_passed_over() -> None:
    assert not answers.read(PAGE, {"name": ["SCRA"], finding.FIND: ["other"]}).unfinished


@pytest.mark.parametrize(
    ("posted", "kept"),
    [
        ({"name": ["SCRA"], "name--sought": ["SCRA"], "name--chosen": ["S C R A"]}, "S C R A"),
        ({"name": ["SCRA"], "name--sought": ["SCRA"], "name--chosen": [""]}, "SCRA"),
        ({"name": ["SCRA"], "name--sought": ["SCRA"]}, "SCRA"),
        ({"name": ["Another"], "name--sought": ["SCRA"], "name--chosen": ["S C R A"]}, "Another"),
        ({"name": ["SCRA"], "name--chosen": ["S C R A"]}, "SCRA"),
    ],
)
def test_a_name_that_was_chosen_counts_unless_another_was_typed_since(posted: dict, kept: str) -> None:
    assert answers.read(PAGE, posted).answers == {"name": kept}


def test_what_is_chosen_is_checked_as_what_is_typed() -> None:
    posted = {"name": ["x"], "name--sought": ["x"], "name--chosen": ["a\nb"]}
    assert answers.read(PAGE, posted).answers == {}
    asked = Question(id="l", type="list", label="L", item="x", optional=True, questions=(NAME,))
    reading = answers.read_item(asked, {"name": ["SCRA"], "name--sought": ["SCRA"], "name--chosen": ["S"]})
    assert reading.answers == {"name": "S"}
    assert answers.read_item(asked, {"name": ["SCRA"], finding.FIND: ["name"]}).unfinished


def test_who_answers_names_their_organisation_and_their_partners_by_it() -> None:
    questions = load("keeping-the-promise").questions
    assert questions["organisation-name"].type == "organisation"
    assert questions["partners"].questions[0].type == "organisation"
