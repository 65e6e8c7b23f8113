"""How many were asked each question of a round, and how many answered it: organisations, and individuals apart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlmodel import Session, col, select

from collector.findings import counts, small_numbers
from collector.findings.counts import Heard, Key, Within
from collector.intake.models import Answers, Source
from collector.profiles.document import Column, Row, Table
from forms.questionnaire import Questionnaire
from forms.questions import Question

# Who somebody is, and not what they have to say.
OF_WHO = frozenset({"text", "email", "organisation"})
COLUMNS = ("Organisations that answered", "Organisations that left it empty")
ANYONE = COLUMNS[:1]
ALONE = ("Individuals that answered", "Individuals that left it empty")
AT_ONCE = 100  # answers of submissions


@dataclass
class Reached:
    """Ids of organisations, and those of what individuals sent."""

    asked: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    asked_alone: set[int] = field(default_factory=set)
    answered_alone: set[int] = field(default_factory=set)

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        """Organisations that answered, and that left it empty; then individuals."""
        return (
            len(self.answered),
            len(self.asked - self.answered),
            len(self.answered_alone),
            len(self.asked_alone - self.answered_alone),
        )


def reached(
    session: Session, within: Within, heard: Heard, questionnaire: Questionnaire
) -> list[tuple[Question, Reached]]:
    """Of each question that anybody was asked, in their order. A joint return counts for each that sent it."""
    found = {id: Reached() for id, one in questionnaire.questions.items() if one.type not in OF_WHO}
    for organisations, submission_id, given in answers(session, within, heard):
        for question in questionnaire.questions_for(given):
            if (one := found.get(question.id)) is not None:
                add(one, organisations, submission_id, answered=bool(given.get(question.id)))
    return [(questionnaire.questions[id], one) for id, one in found.items() if one.asked or one.asked_alone]


def answers(session: Session, within: Within, heard: Heard) -> Iterator[tuple[frozenset[int], int, dict[str, Any]]]:
    chosen = select(Source.organisation_id, counts.joint_of(), col(Source.submission_id), Answers.given)
    chosen = chosen.join(Answers, col(Answers.submission_id) == Source.submission_id)
    chosen = chosen.where(*counts.sources_within(within), col(Source.upload_id).is_(None))
    rows = session.execute(chosen.order_by(col(Source.id)).execution_options(yield_per=AT_ONCE))
    for organisation_id, joint, submission_id, given in rows:
        yield heard.of(Key(organisation_id, joint)), submission_id, given


def add(one: Reached, organisations: frozenset[int], submission_id: int, *, answered: bool) -> None:
    asked, told = (one.asked, one.answered) if organisations else (one.asked_alone, one.answered_alone)
    whose = organisations or {submission_id}
    asked |= whose
    told |= whose if answered else set()


def tables(found: Sequence[tuple[Question, Reached]], questionnaire: Questionnaire, *, anyone: bool) -> Iterator[Table]:
    """One of each part of the questionnaire."""
    parts = {question.id: step.page.section for step in questionnaire.steps for question in step.page.questions}
    told = for_anybody(found) if anyone else for_staff(found)
    if not told:
        return
    for part, group in groupby(found, lambda one: parts[one[0].id]):
        held = list(group)
        columns = ANYONE if anyone else (*COLUMNS, *(ALONE if any(one.asked_alone for _, one in held) else ()))
        rows = tuple(Row(question.label, told[question.id][: len(columns)]) for question, _ in held)
        heads = (Column("Question"), *(Column(one, number=True) for one in columns))
        yield Table(f"{part or questionnaire.title}: answers to each question", heads, rows)


def for_staff(found: Iterable[tuple[Question, Reached]]) -> dict[str, tuple[str, ...]]:
    return {question.id: tuple(f"{number:,}" for number in one.numbers) for question, one in found}


def for_anybody(found: Sequence[tuple[Question, Reached]]) -> dict[str, tuple[str, ...]]:
    """Organisations that answered, and no more: who was asked a part is in who was asked the whole, so that the few who
    were not would follow from how many left it empty."""
    everybody = set().union(*(one.asked for _, one in found))
    told = small_numbers.told({question.id: len(one.answered) for question, one in found}, len(everybody))
    return {question.id: (told[question.id].words(),) for question, _ in found if question.id in told}
