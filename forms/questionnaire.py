"""A questionnaire: a file that says what is asked, of whom and in which order; and what of it a person is asked."""

from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, PrivateAttr, StrictInt

from forms import answers as reading
from forms import choices, consistency, definitions, framework, texts
from forms.answers import Problem
from forms.definitions import Definition, DefinitionError, DefinitionProblem, FieldPath, Id, Shape, Text
from forms.framework import Framework
from forms.questions import Answers, Block, Choice, Condition, Page, Question, Repeat

__all__ = [
    "Choice",
    "DefinitionError",
    "DefinitionProblem",
    "Page",
    "Problem",
    "Question",
    "Questionnaire",
    "load",
    "load_path",
]

FOLDER = Path(__file__).parent / "questionnaires"


class Step(NamedTuple):
    """A page as it may be asked, and all that must hold for it to be."""

    page: Page
    conditions: tuple[Condition, ...]


class Questionnaire(Shape):
    slug: Id
    version: Annotated[StrictInt, Field(gt=0)]
    title: Text
    summary: Text
    framework: Id
    audience: Text
    minutes: Annotated[StrictInt, Field(gt=0)]
    needed: tuple[Text, ...] = ()
    privacy: tuple[Text, ...] = ()
    blocks: Annotated[tuple[Block, ...], Field(alias="pages", min_length=1)]
    _english: "Questionnaire | None" = PrivateAttr(None)
    _language: str = PrivateAttr("en")

    @classmethod
    def from_definition(cls, definition: dict) -> "Questionnaire":
        return _checked(Definition("definition", definition))

    @cached_property
    def definition(self) -> dict:
        """Everything that makes this version, as plain JSON: from it the same questionnaire is built again.

        Choices and defaults are written out, so that a later change of a plan or of the code changes no version.
        """
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @property
    def language(self) -> str:
        return self._language

    @property
    def english(self) -> "Questionnaire":
        """As it was written and published: what is kept of answers, and read by others, has its words."""
        return self._english or self

    @cached_property
    def texts(self) -> dict[str, str]:
        """Every text that people read, by its place."""
        return {place: text for place, _, text in texts.of(self.definition)}

    def told(self, language: str, words: Mapping[FieldPath, str]) -> Self:
        """The same questionnaire with other words at these paths of its definition."""
        # Not a copy: that would keep what was worked out of the old words.
        told = self.model_construct(**{**dict(self), **texts.changed(self, words)})
        told._english, told._language = self.english, language
        return told

    @cached_property
    def questions(self) -> dict[str, Question]:
        """Every question that anybody can be asked, by id, in order."""
        return {question.id: question for step in self.steps for question in step.page.questions}

    @cached_property
    def lists(self) -> tuple[Question, ...]:
        """The questions that are answered item by item."""
        return tuple(question for question in self.questions.values() if question.type == "list")

    @cached_property
    def files_asked(self) -> tuple[Question, ...]:
        """The questions that ask for files."""
        return tuple(question for question in self.questions.values() if question.type == "file")

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return tuple(chain.from_iterable(map(self._steps_of, self.blocks)))

    def pages_for(self, answers: Answers) -> tuple[Page, ...]:
        """The pages that someone with these answers is asked, in order."""
        pages, asked = [], set()
        for (page, conditions), deciding in zip(self.steps, self._deciding, strict=True):
            # An answer to a question that is not asked any more counts for nothing.
            if all(condition.question in asked and condition.holds(answers) for condition in conditions):
                pages.append(page)
                asked |= deciding
        return tuple(pages)

    @cached_property
    def _deciding(self) -> tuple[frozenset[str], ...]:
        """Of each step the questions that other pages hang on. They are few, and every request looks at all pages."""
        wanted = {condition.question for step in self.steps for condition in step.conditions}
        return tuple(frozenset(one.id for one in step.page.questions if one.id in wanted) for step in self.steps)

    def page(self, page_id: str, answers: Answers) -> Page | None:
        return next((page for page in self.pages_for(answers) if page.id == page_id), None)

    def questions_for(self, answers: Answers) -> tuple[Question, ...]:
        return tuple(chain.from_iterable(page.questions for page in self.pages_for(answers)))

    def complete(self, answers: Answers) -> list[Problem]:
        """What is still to be answered, or to be put right, before these answers can be sent."""
        asked = self.questions_for(answers)
        given = {question.id: reading.sent_to(question, answers.get(question.id)) for question in asked}
        _, problems = reading.judged(asked, given)
        return problems + list(self._untouched(answers, {question.id for question in asked}))

    def unanswered(self, answers: Answers) -> list[Problem]:
        """What is still to be answered, where every answer that is there is known to be good."""
        asked = self.questions_for(answers)
        needed = [question for question in asked if not question.optional and not answers.get(question.id)]
        problems = [Problem(question.id, question.missing) for question in needed]
        return problems + list(self._untouched(answers, {question.id for question in asked}))

    def still_lacking(self, problems: Iterable[Problem], told: Container[str]) -> list[Problem]:
        """Those of the problems that are there still for somebody who has told us of these questions before."""
        settled = {message for message, ids in self._at_least_one if any(id in told for id in ids)}
        missing = {(id, one.missing) for id, one in self.questions.items() if one.source and id in told}
        return [one for one in problems if one.message not in settled and (one.question_id, one.message) not in missing]

    def _untouched(self, answers: Answers, asked: set[str]) -> Iterator[Problem]:
        for message, question_ids in self._at_least_one:
            together = [question_id for question_id in question_ids if question_id in asked]
            if together and not any(map(answers.get, together)):
                yield Problem(together[0], message)

    @cached_property
    def _at_least_one(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        repeats = [block for block in self.blocks if isinstance(block, Repeat) and block.at_least_one]
        return tuple((repeat.at_least_one, tuple(self._question_ids(repeat))) for repeat in repeats)

    def _question_ids(self, repeat: Repeat) -> Iterator[str]:
        return (question.id for step in self._steps_of(repeat) for question in step.page.questions)

    def _steps_of(self, block: Page | Repeat) -> Iterator[Step]:
        if isinstance(block, Page):
            yield Step(block, _conditions(block.when))
            return
        for chosen in self._choices_of(block.for_each):
            among = Condition(question=block.for_each, **{"is": chosen.id})
            for page in block.pages:
                conditions = _conditions(block.when, among, page.when)
                yield Step(_about(chosen, page, block.section, self._areas), conditions)

    def _choices_of(self, question_id: str) -> Iterator[Choice]:
        questions = chain.from_iterable(block.questions for block in self.blocks if isinstance(block, Page))
        asked = next(question for question in questions if question.id == question_id)
        return (choice for choice in asked.choices if not choice.exclusive)

    @cached_property
    def _areas(self) -> set[str]:
        return {area.id for area in framework.load(self.framework).priority_areas}


@cache
def load(slug: str, version: int | None = None, folder: Path = FOLDER) -> Questionnaire:
    """The newest version, or the one asked for; LookupError where there is none.

    `<slug>.yaml` is the newest; earlier versions stay beside it as `<slug>.<version>.yaml`.
    """
    if not definitions.ID.fullmatch(slug):
        raise LookupError("There is no such questionnaire")
    paths = [*folder.glob(f"{slug}.yaml"), *folder.glob(f"{slug}.*.yaml")]
    found = [load_path(path) for path in paths if not texts.is_translation(path)]
    wanted = [questionnaire for questionnaire in found if version in (None, questionnaire.version)]
    if not wanted:
        raise LookupError(f"There is no questionnaire “{slug}”" + (f" of version {version}" if version else ""))
    return max(wanted, key=lambda questionnaire: questionnaire.version)


def load_path(path: Path) -> Questionnaire:
    return _checked(definitions.read(path))


def _checked(definition: Definition) -> Questionnaire:
    questionnaire = definitions.check(Questionnaire, definition, consistency.faults)
    plan = framework.load(questionnaire.framework)
    blocks = tuple(_with_choices(block, plan) for block in questionnaire.blocks)
    return questionnaire.model_copy(update={"blocks": blocks})


def _with_choices(block: Any, plan: Framework) -> Any:
    """The block with the choices that it takes from elsewhere written out."""
    if isinstance(block, Repeat):
        return block.model_copy(update={"pages": tuple(_with_choices(page, plan) for page in block.pages)})
    if isinstance(block, Page):
        return block.model_copy(update={"questions": tuple(_with_choices(asked, plan) for asked in block.questions)})
    written = {"choices_from": None, "unknown": False, "choices": choices.of(block, plan)}
    written["questions"] = tuple(_with_choices(asked, plan) for asked in block.questions)
    return block.model_copy(update=written | ({"type": "one-of"} if block.type == "yes-no" else {}))


def _conditions(*conditions: Condition | None) -> tuple[Condition, ...]:
    return tuple(condition for condition in conditions if condition)


def _about(chosen: Choice, page: Page, section: str, areas: set[str]) -> Page:
    """The page as it is asked about one of the things chosen."""
    words = {"section": page.section or section, "title": page.title, "intro": page.intro}
    filled = {name: _filled(text, chosen) for name, text in words.items()}
    questions = tuple(_asked_about(chosen, question, areas) for question in page.questions)
    return page.model_copy(update={**filled, "id": f"{chosen.id}-{page.id}", "questions": questions})


def _asked_about(chosen: Choice, question: Question, areas: set[str]) -> Question:
    words = {name: getattr(question, name) for name in ("label", "hint", "missing", "outside")}
    filled = {name: _filled(text, chosen) for name, text in words.items()}
    concern = chosen.id if chosen.id in areas else question.concern
    return question.model_copy(update={**filled, "id": f"{chosen.id}.{question.id}", "concern": concern})


def _filled(text: str, chosen: Choice) -> str:
    words = {"{label}": chosen.label, "{hint}": chosen.hint}
    if text in words:
        return words[text]
    # What a text is (in English for want of another language) it stays.
    return type(text)(text.replace("{label}", chosen.label).replace("{hint}", chosen.hint))
