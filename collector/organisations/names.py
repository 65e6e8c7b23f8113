"""Which organisation of the directory a name means: the same name, another name of it, or one like it with a score."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from collector.organisations.models import Organisation, OrganisationAlias
from forms import organisations

LIKE_ENOUGH = 0.55
MOST_CANDIDATES = 5
# Words that are left out or written in several ways; what is left tells one organisation from another.
LEGAL = re.compile(r"\b(ltd|limited|plc|llp|cic|scio|uk registered charity|charity|sc ?0?\d{5})\b")
WRITTEN_OUT = {"hscp": "health and social care partnership", "hsc": "health and social care", "ass": "association"}
FILLERS = {"the", "of", "for", "in", "and", "city"}


@dataclass(frozen=True)
class Candidate:
    organisation_id: int
    name: str
    score: float


@dataclass(frozen=True)
class Match:
    """An id where it is sure; candidates, the most like first, where a person has to say; neither where it is new."""

    organisation_id: int | None = None
    candidates: tuple[Candidate, ...] = ()


def key_of(name: str) -> str:
    """What makes two ways of writing one name in the directory: case and spaces do not count."""
    return " ".join(name.split()).casefold()


def plain(name: str) -> str:
    words = re.sub(r"[^\w&]+", " ", LEGAL.sub(" ", name.casefold())).replace("&", " and ")
    spelled = " ".join(WRITTEN_OUT.get(word, word) for word in words.split())
    return spelled.removeprefix("the ")


def initials(name: str) -> str:
    words = [word for word in plain(name).split() if word not in FILLERS]
    return "".join(word[0] for word in words) if len(words) > 2 else ""


def trigrams(name: str) -> set[str]:
    padded = f"  {' '.join(word for word in plain(name).split() if word not in FILLERS)} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


class Names:
    """The directory's names, ready to be asked many times."""

    def __init__(self, named: Iterable[tuple[int, str]], aliases: Iterable[tuple[str, int]] = ()) -> None:
        self.names = dict(named)
        self.by_key = {key_of(name): id for id, name in self.names.items()}
        self.by_key |= {key: id for key, id in aliases if id in self.names and key not in self.by_key}
        self.by_plain: defaultdict[str, set[int]] = defaultdict(set)
        self.by_part: defaultdict[str, set[int]] = defaultdict(set)
        self.by_initials: defaultdict[str, set[int]] = defaultdict(set)
        self.by_trigram: defaultdict[str, list[int]] = defaultdict(list)
        self.trigrams = {id: trigrams(name) for id, name in self.names.items()}
        for id, name in self.names.items():
            self.by_plain[plain(name)].add(id)
            for part in re.split(r"[()]", name):
                self.by_part[plain(part)].add(id)
            self.by_initials[initials(name)].add(id)
            for trigram in self.trigrams[id]:
                self.by_trigram[trigram].append(id)
        # What many names share, like "council", says little.
        self.weights = {one: math.log(1 + len(self.names) / len(ids)) for one, ids in self.by_trigram.items()}
        self.rare = math.log(1 + len(self.names))
        self.sizes = {id: self.weight(found) for id, found in self.trigrams.items()}

    def match(self, name: str) -> Match:
        if (known := self.by_key.get(key_of(name))) is not None:
            return Match(known)
        same = self.by_plain.get(plain(name), set())
        if len(same) == 1 and plain(name):
            return Match(next(iter(same)))
        scores = self.likeness(name) | dict.fromkeys(same or self.by_part.get(plain(name), ()), 0.95)
        if re.fullmatch(r"[A-Z&]{3,8}", name.strip()):
            scores |= dict.fromkeys(self.by_initials.get(name.strip().casefold().replace("&", ""), ()), 0.9)
        best = sorted(scores, key=lambda id: (-scores[id], id))[:MOST_CANDIDATES]
        return Match(
            None, tuple(Candidate(id, self.names[id], round(scores[id], 2)) for id in best if scores[id] >= LIKE_ENOUGH)
        )

    def likeness(self, name: str) -> dict[int, float]:
        """Twice the weight of the groups of three letters that both have, over the weight of all that each has."""
        asked = trigrams(name)
        shared: Counter[int] = Counter()
        for trigram in asked & self.by_trigram.keys():
            for id in self.by_trigram[trigram]:
                shared[id] += self.weights[trigram]
        size = self.weight(asked)
        return {id: min(0.99, 2 * weight / (size + self.sizes[id])) for id, weight in shared.items()}

    def weight(self, found: Iterable[str]) -> float:
        return sum(self.weights.get(one, self.rare) for one in found) or 1.0


def all_names(session: Session) -> Names:
    named = session.exec(select(Organisation.id, Organisation.name).where(col(Organisation.sample).is_(False)))
    aliases = session.exec(select(OrganisationAlias.name_key, OrganisationAlias.organisation_id))
    return Names(list(named), list(aliases))


def meant(known: Names, typed: str) -> Match:
    """As `match`, and also by what everybody calls an organisation (SCRA), where that means one of the directory."""
    found = known.match(typed)
    if found.organisation_id is not None:
        return found
    public = (known.by_key.get(key_of(name)) for name in organisations.spelled(typed))
    ids = {id for id in public if id is not None}
    if len(ids) == 1:
        return Match(ids.pop())
    told = {one.organisation_id for one in found.candidates}
    more = (Candidate(id, known.names[id], 0.9) for id in sorted(ids - told))
    return Match(None, (*more, *found.candidates)[:MOST_CANDIDATES])
