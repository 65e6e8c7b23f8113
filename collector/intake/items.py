"""Items: what respondents listed one by one, as rows that can be joined with what was said in words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from collector.intake import given, rounds
from collector.intake.models import Submission
from forms import answers as forms_answers
from forms import choices, framework
from forms.questionnaire import Questionnaire
from forms.questions import ITEM_ID, Item, Question


@dataclass(frozen=True)
class Listed:
    """One item of a list: its id lasts as long as the item, its number is its place among those that were sent."""

    listing: Question
    item_id: str
    number: int
    answers: Item

    @property
    def name(self) -> str:
        return self.listing.name_of(self.number)


def of_submission(
    session: Session, submission_id: int, asked: Callable[[Session, int], Questionnaire] = rounds.questionnaire_of
) -> list[Listed]:
    """Every item that this submission lists, list by list, in the order given; `asked` finds its questionnaire."""
    submission = session.get_one(Submission, submission_id)
    lists = asked(session, submission.questionnaire_id).lists
    kept = given.answers_of(session, submission_id)
    return [item for listing in lists for item in of_list(listing, kept.get(listing.id))]


def of_list(listing: Question, answer: Any) -> list[Listed]:
    return [
        Listed(listing, item.get(ITEM_ID, ""), number, {name: value for name, value in item.items() if name != ITEM_ID})
        for number, item in enumerate(forms_answers.sent_to(listing, answer), start=1)
    ]


def words_in(questionnaire: Questionnaire, listing: Question, answer: Any) -> Iterator[dict[str, Any]]:
    """The free text of each item, as passages are made of it: under the area of the action chosen beside it."""
    plan = framework.load(questionnaire.framework)
    for item in of_list(listing, answer):
        area = choices.area_of(listing, item.answers, plan)
        for question in listing.questions:
            if question.source and question.id in item.answers:
                yield {
                    "question_id": question.id,
                    "question": question.label,
                    "concern": area or question.concern,
                    "list_id": listing.id,
                    "item_id": item.item_id,
                    "item_number": item.number,
                    "text": item.answers[question.id],
                }


def told(item: Listed, *, but: str = "") -> list[dict[str, Any]]:
    """What is said of an item, question by question, as people read it; `but` leaves out one of the questions."""
    return [
        {
            "question_id": question.id,
            "question": question.label,
            "answer": ", ".join(words),
            "long": question.type == "long-text",
        }
        for question, words in forms_answers.told(item.listing, item.answers)
        if question.id != but
    ]


def rows(listing: Question, answer: Any) -> list[dict[str, Any]]:
    """Each item of a list as a page shows it."""
    return [{"name": item.name, "item_id": item.item_id, "told": told(item)} for item in of_list(listing, answer)]
