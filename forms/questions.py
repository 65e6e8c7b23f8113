"""What a questionnaire is built of: pages, the questions on them, and when a page is asked."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StrictBool, StrictInt, Tag, model_validator

from forms.definitions import Id, Shape, Text

# One thing of a list: the answers to the questions of that list, and under `id` what it is known by.
Item = dict[str, str | list[str]]
Answer = str | list[str] | list[Item]
Answers = Mapping[str, Answer]

SIZES = {
    "text": {"max-length": 200},
    "long-text": {"max-length": 20_000, "rows": 8},
    "email": {"max-length": 254},
    "organisation": {"max-length": 200},
    "list": {"most": 20},
    "file": {"most-files": 5},
}
CHOOSING = ("one-of", "any-of")
# What can be asked about each item of a list.
IN_A_LIST = ("text", "long-text", "number", "date", "yes-no", "one-of", "any-of", "email", "organisation")
# Under this name an item has what it is known by, so no question of a list is called so.
ITEM_ID = "id"
# What can be chosen where a question says no more than its type, or that people may not know.
YES_NO = (("yes", "Yes"), ("no", "No"))
UNKNOWN = ("unknown", "I do not know")
SOURCES = ("areas", "priority-areas", "actions", "fundamentals")


class Choice(Shape):
    """`group` is the heading that it stands under where there are many."""

    id: Id
    label: Text
    hint: str = ""
    group: str = ""
    exclusive: StrictBool = False


class Question(Shape):
    """One thing asked. `missing` is what a person reads who leaves out an answer that is needed, and `outside` what one
    reads whose answer is beyond its limits, in place of our own words.

    An answer of type `number` lies between `least` and `most`, with up to so many `decimals`, and is counted in `unit`;
    one of type `date` lies between `earliest` and `latest`; one of type `file` has up to `most-files` files.
    One of type `organisation` is answered with a name: one found in a public list, or any other.
    `unknown` adds “I do not know” to what can be chosen. A question of type `yes-no` is read as `one-of` with both
    written out.
    One of type `list` is answered by up to `most` items, each a small page of `questions`; `item` is the word for one
    of them, `items` for many where that is not the same word with an s.
    `concern` is the priority area that the question is about, `asks` the kind of thing that it invites, and `source`
    tells that the answer is read into passages and analysed, with `label` as the question it answers.
    """

    id: Id
    type: Literal[
        *("text", "long-text", "number", "date", "yes-no", "one-of", "any-of", "email", "organisation", "file", "list")
    ]
    label: Text
    hint: str = ""
    optional: StrictBool = False
    missing: str = ""
    outside: str = ""
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
    most_files: Annotated[StrictInt, Field(gt=0, le=20)] | None = None
    unknown: StrictBool = False
    concern: Id | None = None
    asks: Literal["doing", "plans", "barriers", "needs", "offers", "voice"] | None = None
    source: StrictBool = False
    autocomplete: str = ""
    item: str = ""
    items: str = ""
    questions: tuple["Question", ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        return SIZES.get(str(given.get("type")), {}) | given if isinstance(given, dict) else given

    @property
    def many(self) -> str:
        """What the items of a list are called."""
        return self.items or f"{self.item}s"

    def name_of(self, number: int) -> str:
        """What an item is called by its place in the list: “Commitment 2”."""
        return type(self.item)(f"{self.item[:1].upper()}{self.item[1:]} {number}")


class Condition(Shape):
    """Holds where the answer to `question` is, or includes, one of `is_`."""

    question: Id
    is_: Annotated[tuple[Id, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)]

    def holds(self, answers: Answers) -> bool:
        answer = answers.get(self.question, ())
        return answer in self.is_ if isinstance(answer, str) else any(chosen in self.is_ for chosen in answer)


class Page(Shape):
    """One step of the questionnaire. `title` is its only main heading, `section` the stretch that it belongs to.

    For whom `sensitive` holds, what is asked may touch what hurts or is not safe to be seen writing: they have a quick
    way out of it, and read there whom they can talk to.
    """

    id: Id
    section: str = ""
    title: Text
    intro: str = ""
    when: Condition | None = None
    sensitive: Condition | None = None
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]

    @property
    def listing(self) -> Question | None:
        """The question that is answered item by item; it stands on a page of its own."""
        return self.questions[0] if self.questions[0].type == "list" else None


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
