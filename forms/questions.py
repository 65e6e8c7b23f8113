"""What a questionnaire is built of: pages, the questions on them, and when a page is asked."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StrictBool, StrictInt, Tag, model_validator

from forms.definitions import Id, Shape, Text

Answer = str | list[str]
Answers = Mapping[str, Answer]

SIZES = {
    "text": {"max-length": 200},
    "long-text": {"max-length": 20_000, "rows": 8},
    "email": {"max-length": 254},
}
CHOOSING = ("one-of", "any-of")
# What can be chosen where a question says no more than its type, or that people may not know.
YES_NO = (("yes", "Yes"), ("no", "No"))
UNKNOWN = ("unknown", "I do not know")
SOURCES = ("areas", "priority-areas", "actions", "fundamentals")


class Choice(Shape):
    id: Id
    label: Text
    hint: str = ""
    exclusive: StrictBool = False


class Question(Shape):
    """One thing asked. `missing` is what a person reads who leaves out an answer that is needed.

    An answer of type `number` lies between `least` and `most`, with up to so many `decimals`, and is counted in `unit`;
    one of type `date` lies between `earliest` and `latest`. `unknown` adds “I do not know” to what can be chosen. A
    question of type `yes-no` is read as `one-of` with both written out.
    `concern` is the priority area that the question is about, `asks` the kind of thing that it invites, and `source`
    tells that the answer is read into passages and analysed, with `label` as the question it answers.
    """

    id: Id
    type: Literal["text", "long-text", "number", "date", "yes-no", "one-of", "any-of", "email"]
    label: Text
    hint: str = ""
    optional: StrictBool = False
    missing: str = ""
    choices_from: Literal[SOURCES] | None = None
    choices: tuple[Choice, ...] = ()
    max_length: Annotated[StrictInt, Field(gt=0)] | None = None
    rows: Annotated[StrictInt, Field(gt=0)] = 1
    least: StrictInt | None = None
    most: StrictInt | None = None
    decimals: Annotated[StrictInt, Field(ge=0, le=4)] = 0
    unit: str = ""
    earliest: date | None = None
    latest: date | None = None
    unknown: StrictBool = False
    concern: Id | None = None
    asks: Literal["doing", "plans", "barriers", "needs", "offers", "voice"] | None = None
    source: StrictBool = False
    autocomplete: str = ""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        return SIZES.get(str(given.get("type")), {}) | given if isinstance(given, dict) else given


class Condition(Shape):
    """Holds where the answer to `question` is, or includes, one of `is_`."""

    question: Id
    is_: Annotated[tuple[Id, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)]

    def holds(self, answers: Answers) -> bool:
        answer = answers.get(self.question, ())
        return answer in self.is_ if isinstance(answer, str) else any(chosen in self.is_ for chosen in answer)


class Page(Shape):
    """One step of the questionnaire. `title` is its only main heading, `section` the stretch that it belongs to."""

    id: Id
    section: str = ""
    title: Text
    intro: str = ""
    when: Condition | None = None
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]


class Repeat(Shape):
    """Pages asked once for each thing chosen in the question `for_each`.

    Their words may say `{label}` and `{hint}`: those of the thing chosen. `at_least_one` is what a person reads who
    leaves every question of every repetition unanswered; without it they may.
    """

    for_each: Id
    section: str = ""
    at_least_one: str = ""
    when: Condition | None = None
    pages: tuple[Page, ...]


def _shape(block: Any) -> str:
    repeats = "for-each" in block if isinstance(block, dict) else isinstance(block, Repeat)
    return "<repeat>" if repeats else "<page>"


Block = Annotated[
    Annotated[Page, Tag("<page>")] | Annotated[Repeat, Tag("<repeat>")],
    Discriminator(_shape),
]
