"""What was heard, in sentences that stand on statements: who said it is counted from what a sentence cites, and a
sentence that cites nothing cannot be made.

Whoever shows a sentence makes it anew of the statements that are left, so its numbers are never older than they are.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from enum import StrEnum
from functools import cached_property

NATIONWIDE = "scotland"
# Terms that the Language Fundamental avoids, and ours. Longer ones first: what is left of a longer one is no term.
OURS = (
    (r"(?:sibling|sister|brother)s?['’]? contact", "time together with brothers and sisters"),
    (r"(?:family|parental|direct|supervised) contact|contact (?:time|visits?|arrangements?)|contact", "time together"),
    (r"sibling (?:group|relationship)(s?)", r"relationship\1 of brothers and sisters"),
    (r"siblings", "brothers and sisters"),
    (r"sibling", "brother or sister"),
    (r"looked[- ]after (?:and accommodated )?(?:child(?:ren)?|young people)|LACs?|LAAC", "children who are cared for"),
    (r"(?:foster|residential|care) placement(s?)", r"home\1"),
    (r"placement (?:breakdown|move)(s?)", r"move\1 between homes"),
    (r"placement(s?)", r"home\1"),
    (r"respite(?: care| breaks?)?", "short breaks"),
    (r"challenging behaviours?", "distress"),
    (r"care leaver(s?)", r"care experienced young people"),
    (r"service users", "people who use services"),
)
TERMS = [(re.compile(rf"(?<!\w)(?:{term})(?!\w)", re.IGNORECASE), ours) for term, ours in OURS]
ARTICLE = re.compile("^(?:an?|the) ", re.IGNORECASE)
# Statements that are asked how they write the name of a point.
NAMED_BY = 20


class Way(StrEnum):
    NAMED = "named"  # what it cites says the name
    QUOTED = "quoted"  # one wording, which is its own name
    REST = "rest"  # what no point holds


@dataclass(frozen=True, slots=True)
class Organisation:
    id: int
    name: str
    kind: str
    areas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Said:
    """A statement and who said it: these organisations, or where there are none an `individual` or an `unnamed` source,
    told apart by a key. Those with one `wording` say the same in the same words."""

    id: int
    text: str
    organisations: tuple[Organisation, ...] = ()
    individual: str = ""
    unnamed: str = ""
    wording: int = 0


@dataclass(frozen=True)
class Sentence:
    """A sentence of ours on what some statements of a set say.

    ValueError where it cites nothing, a statement twice, or one that is not in the set (`among`), and for a name with a
    number in it: numbers follow from what is cited, and none can be given. `only`: nobody else was heard, so nothing
    says that one alone said it.
    """

    name: str
    citations: tuple[int, ...]
    among: InitVar[Mapping[int, Said]]
    way: Way = Way.NAMED
    only: bool = False
    cited: tuple[Said, ...] = field(init=False, repr=False)

    def __post_init__(self, among: Mapping[int, Said]) -> None:
        if not self.citations:
            raise ValueError("A sentence needs a statement to stand on")
        if len(set(self.citations)) != len(self.citations):
            raise ValueError("A sentence cites a statement once")
        if unknown := [id for id in self.citations if id not in among]:
            raise ValueError(f"A sentence cites statements of its set alone: {unknown[0]} is in none")
        if self.way is Way.NAMED and (not self.name.strip() or any(map(str.isnumeric, self.name))):
            raise ValueError("The name of a point is words: numbers follow from what is cited")
        object.__setattr__(self, "cited", tuple(among[id] for id in self.citations))

    @property
    def organisations(self) -> int:
        return len(self._organisations)

    @property
    def kinds(self) -> int:
        """Of those whose kind is known."""
        return len({one.kind for one in self._organisations} - {""})

    @property
    def areas(self) -> int:
        """Council areas. Who works everywhere is in none of them: see `nationwide`."""
        return len({area for one in self._organisations for area in one.areas} - {NATIONWIDE})

    @property
    def nationwide(self) -> bool:
        return any(NATIONWIDE in one.areas for one in self._organisations)

    @property
    def individuals(self) -> int:
        return len({one.individual for one in self.cited if one.individual})

    @property
    def unnamed(self) -> int:
        return len({one.unnamed for one in self.cited if one.unnamed})

    @property
    def voices(self) -> int:
        return self.organisations + self.individuals + self.unnamed

    @property
    def wordings(self) -> int:
        """Statements, those that say the same in the same words counted once for each organisation or person."""
        return len({(one.wording, voice) for one in self.cited for voice in [tuple(voices_of(one))]})

    @property
    def text(self) -> str:
        return TEXTS[self.way](self)

    @cached_property
    def _organisations(self) -> tuple[Organisation, ...]:
        return tuple({one.id: one for said in self.cited for one in said.organisations}.values())


def voices_of(said: Said) -> list[str]:
    """Who said it, one key each."""
    others = [key for key in (said.individual, said.unnamed) if key]
    return [f"organisation {one.id}" for one in said.organisations] + others


def named(sentence: Sentence) -> str:
    name, ways = in_our_words(sentence.name), sentence.wordings
    if sentence.voices > 1:
        return f"{upper(closed(who(sentence)))} spoke of {name}."
    return f"{upper(by_itself(sentence))} spoke of {name}" + (f", in {ways} statements." if ways > 1 else ".")


def quoted(sentence: Sentence) -> str:
    if sentence.voices > 1:
        together = len({one.id for one in sentence.cited}) == 1
        return f"{upper(closed(who(sentence)))} said this{' together' if together else ' in the same words'}."
    return f"{upper(by_itself(sentence))} said this."


def by_itself(sentence: Sentence) -> str:
    return whoever(sentence) + ("" if sentence.only else " alone")


def rest(sentence: Sentence) -> str:
    alone = sentence.wordings == 1
    told = f"{upper(counted(sentence.wordings, 'statement'))}, by {who(sentence)},"
    return f"{told} {'does not stand by itself' if alone else 'do not stand by themselves'}."


def all_told(sentence: Sentence, statements: int) -> str:
    """Who made so many statements, of a sentence that cites one of each source."""
    told = closed(who(sentence)) if sentence.voices > 1 else whoever(sentence)
    return f"{upper(told)} made {counted(statements, 'statement')}."


TEXTS = {Way.NAMED: named, Way.QUOTED: quoted, Way.REST: rest}


def who(sentence: Sentence) -> str:
    """ "14 organisations of 5 kinds, in 9 areas, and 2 individuals" """
    individuals = [counted(sentence.individuals, "individual")] if sentence.individuals else []
    unnamed = [counted(sentence.unnamed, "source without a name", "sources without a name")] if sentence.unnamed else []
    organisations = [whichever(sentence)] if sentence.organisations else []
    *first, last = organisations + individuals + unnamed
    joint = ", and " if organisations and "," in organisations[0] else " and "
    return ", ".join(first) + joint + last if first else last


def closed(told: str) -> str:
    """With a comma behind what stands between commas."""
    return f"{told}," if "," in told and " and " not in told.rpartition(",")[2].replace(" and across", "") else told


def whichever(sentence: Sentence) -> str:
    told = counted(sentence.organisations, "organisation")
    if sentence.kinds > 1:
        told += f" of {sentence.kinds} kinds"
    where = [f"in {counted(sentence.areas, 'area')}"] if sentence.areas else []
    where += ["across Scotland"] if sentence.nationwide else []
    return f"{told}{',' if sentence.kinds > 1 else ''} {' and '.join(where)}" if where else told


def whoever(sentence: Sentence) -> str:
    """The one that all of it comes from."""
    names = [one.name for said in sentence.cited for one in said.organisations]
    return names[0] if names else "one individual" if sentence.individuals else "one source without a name"


def counted(number: int, one: str, many: str = "") -> str:
    return f"one {one}" if number == 1 else f"{number:,} {many or one + 's'}"


def upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def in_our_words(name: str) -> str:
    """A name as we say it ourselves; what is quoted stays as it was said."""
    for term, ours in TERMS:
        name, times = term.subn(ours, name)
        if times:
            break
    return name


def name_of(forms: Iterable[tuple[str, bool]]) -> str:
    """How most of the first write it; each with whether it begins a sentence, where its capital says nothing."""
    said: Sequence[tuple[str, bool]] = list(forms)[:NAMED_BY]
    inside = {form for form, begins in said if not begins}
    written = Counter(
        form if not begins or form in inside or any(map(str.isupper, form[1:])) else lower(form)
        for form, begins in said
    )
    if not written:
        return ""
    most = min(written, key=lambda form: (-written[form], len(form), form))
    alone = ARTICLE.sub("", most)
    many = (f"{alone}s", f"{alone}es", f"{alone[:-1]}ies")
    # "spoke of homes", where any of them does: of one thing alone nobody would speak so.
    return " ".join(next((form for form in many if form in written), most).split())


def heading_of(name: str) -> str:
    """A name as it stands over a point."""
    return upper(ARTICLE.sub("", in_our_words(name)))


def lower(words: str) -> str:
    return words[:1].lower() + words[1:]
