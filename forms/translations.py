"""Questionnaires in other languages: each translation a file beside what it translates, `NAME.gd.yaml`.

Every entry is known by the place of its text, and holds the English that it was made from. Where the English has
changed since, the entry is stale: like one that is missing, it is shown in English, and marked. So a translation can
never say what the questionnaire does not, and a better one of the same English may be added at any time.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from forms import choices, definitions, framework, questionnaire, texts
from forms.areas import area_names
from forms.definitions import DefinitionError, Fault, Shape, Text
from forms.questionnaire import Questionnaire
from forms.texts import LANGUAGES, PLACEHOLDER, Fallback, Lines

COMMON = Path(__file__).parent / "common.yaml"
# The labels of a plan that respondents see: they choose from them, or are shown what was read from their words.
SHOWN = ("priority-areas", "actions", "fundamentals", "barrier-themes")


class Entry(Shape):
    english: Text
    text: Text


class Translation(Shape):
    texts: dict[str, Entry] = {}

    def only(self, originals: Mapping[str, str]) -> dict[str, Entry]:
        """The entries that are made from these very originals, by place."""
        return {
            place: entry
            for place, entry in self.texts.items()
            if place in originals and _plain(entry.english) == _plain(originals[place])
        }

    def fit(self, originals: Mapping[str, str]) -> dict[str, str]:
        """What the entries made from these very originals say, by place."""
        return {place: entry.text for place, entry in self.only(originals).items()}


class State(NamedTuple):
    """How far a translation is: how many texts there are, by place those that it lacks, and those of older English.

    It is `begun` where it has more than what is the same for every questionnaire.
    """

    language: str
    texts: int
    missing: tuple[str, ...]
    stale: tuple[str, ...]
    begun: bool

    @property
    def done(self) -> int:
        return self.texts - len(self.missing) - len(self.stale)

    def __str__(self) -> str:
        if not self.begun:
            return f"{LANGUAGES[self.language]}: not translated"
        stale = f", {len(self.stale)} out of date" if self.stale else ""
        return f"{LANGUAGES[self.language]}: {self.done} of {self.texts} texts{stale}"


def spoken(original: Questionnaire, language: str, said: Translation | None = None) -> Questionnaire:
    """The questionnaire in this language; what has no translation stands in English, as a `Fallback`.

    It says what is `said`, or else what its file says, and of choices what they are called in any questionnaire.
    """
    original = original.english
    if language not in LANGUAGES:
        return original
    own = (said or of(original, language)).fit(original.texts)
    shared = _shared(original.framework, language)
    told = {
        path: _shown(own.get(place) or _choice(place, text, shared)) or Fallback(text)
        for place, path, text in texts.of(original.definition)
    }
    return original.told(language, told)


def of(original: Questionnaire, language: str, kept: Translation | None = None) -> Translation:
    """What its file says of these texts; of those that the file does not fit, what was `kept` of earlier files."""
    in_file = of_file(path_of(original.slug, language))
    both = {**in_file.texts, **(kept.only(original.texts) if kept else {}), **in_file.only(original.texts)}
    return Translation(texts=both)


def state(original: Questionnaire, language: str, said: Translation) -> State:
    """Counts each text once, and those of the areas and the plan where people can choose them."""
    own, shared = said.fit(original.texts), _shared(original.framework, language)
    lacking = [
        place for place, text in original.texts.items() if not own.get(place) and not _choice(place, text, shared)
    ]
    missing, stale = (tuple(one for one in lacking if (one in said.texts) is held) for held in (False, True))
    return State(language, len(original.texts), missing, stale, begun=bool(own or stale))


def path_of(slug: str, language: str, folder: Path | None = None) -> Path:
    return (folder or questionnaire.FOLDER) / f"{slug}.{language}.yaml"


def check(path: Path, originals: Mapping[str, str] | None = None) -> Translation:
    """The translation in a file (of these texts); DefinitionError with all that is wrong with it."""
    return definitions.check(Translation, definitions.read(path), lambda content: _faults(content, originals))


def checked(path: Path, original: Questionnaire) -> dict[str, Translation]:
    """By language, what stands beside the questionnaire at `path`; DefinitionError where one is not sound."""
    beside = {language: path.with_suffix(f".{language}.yaml") for language in LANGUAGES}
    return {language: check(file, original.texts) for language, file in beside.items() if file.is_file()}


@cache
def of_file(path: Path) -> Translation:
    """Read once. One that is not there or not sound says nothing: a slip in it takes no questionnaire offline."""
    try:
        return check(path) if path.is_file() else Translation()
    except DefinitionError:
        return Translation()


def of_plan(slug: str) -> dict[str, str]:
    """The texts of a plan that respondents see, by place."""
    plan = framework.load(slug)
    return {
        f"{family}.{label.id}.{name}": text
        for family in SHOWN
        for label in plan.labels(family.replace("-", "_"))
        for name, text in (("title", label.title), ("summary", label.summary))
    }


def common() -> dict[str, str]:
    """The texts that any questionnaire may have without writing them, by place."""
    fixed = {f"choices.{choice_id}": label for choice_id, label in (*choices.YES_NO, choices.UNKNOWN)}
    return {f"areas.{area_id}": name for area_id, name in area_names().items()} | fixed


@cache
def _shared(plan: str, language: str) -> dict[str, str]:
    """By the English, what is chosen in many questionnaires. A place has one name for everybody."""
    names = {name: name for name in area_names().values()} if language == "easy" else {}
    files = {framework.FOLDER / f"{plan}.{language}.yaml": of_plan(plan), _common(language): common()}
    for path, originals in files.items():
        told = of_file(path).fit(originals)
        names |= {_plain(originals[place]): text for place, text in told.items()}
    return names


def _common(language: str) -> Path:
    return COMMON.with_suffix(f".{language}.yaml")


def called(plan: str, title: str, language: str) -> str:
    """What a part of a plan is called in this language; in English, as a `Fallback`, where it has no other name."""
    return _shared(plan, language).get(_plain(title)) or Fallback(title) if language in LANGUAGES else title


def shared_text(original: Questionnaire, place: str, language: str) -> str:
    """What a choice is called in this language, whatever the questionnaire."""
    return _choice(place, original.texts[place], _shared(original.framework, language))


def _choice(place: str, text: str, shared: Mapping[str, str]) -> str:
    return shared.get(_plain(text), "") if ".choices." in place else ""


def _shown(text: str) -> str:
    return Lines(text) if "\n" in text else text


def _faults(content: Any, originals: Mapping[str, str] | None) -> Iterator[Fault]:
    written = content.get("texts") if isinstance(content, dict) else None
    for place, entry in written.items() if isinstance(written, dict) else ():
        if originals is not None and place not in originals:
            yield ("texts", place), "Remove this, or name a text that there is: none has this place"
        if isinstance(entry, dict):
            wrong = placeholder_faults(str(entry.get("english", "")), str(entry.get("text", "")))
            yield from ((("texts", place, "text"), message) for message in wrong)


def placeholder_faults(english: str, text: str) -> Iterator[str]:
    wanted, found = (set(PLACEHOLDER.findall(one)) for one in (english, text))
    for name in sorted(wanted - found):
        yield f"Write {name} here too: what was chosen takes its place"
    for name in sorted(found - wanted):
        yield f"Take {name} out: the English has none"


def _plain(text: str) -> str:
    """Line breaks in a file mean nothing to what is said."""
    return " ".join(text.split())
