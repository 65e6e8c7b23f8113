"""What a model says of a passage. Offsets count Unicode code points of the text as it was given."""

from dataclasses import dataclass

from forms.framework import FAMILIES


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int
    text: str

    def as_record(self) -> dict:
        return {"start": self.start, "end": self.end, "text": self.text}


# A wrong label costs three times what it costs to ask a person; below this chance to ask is cheaper (Chow 1970).
SURE = 0.75


@dataclass(frozen=True, slots=True)
class Label:
    """A label that holds, the chance that people would give it (0 to 1), and the words that earned it, best first."""

    family: str
    id: str
    score: float
    evidence: tuple[Span, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether the machine would answer for it; what it is not sure of is for a person to decide."""
        return self.score >= SURE

    @property
    def why(self) -> str:
        """One plain sentence, in the words of the text."""
        return f"Said because: {' … '.join(f'“{span.text}”' for span in self.evidence)}" if self.evidence else ""

    def as_record(self) -> dict:
        evidence = [span.as_record() for span in self.evidence]
        return {"id": self.id, "score": self.score, "sure": self.sure, "evidence": evidence, "why": self.why}


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence or bullet. Its labels cover all families, in the order of FAMILIES, highest score first."""

    start: int
    end: int
    labels: tuple[Label, ...] = ()

    def as_record(self) -> dict:
        return {"start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class Barrier:
    """What gets in the way, with the barrier themes it is about and the actions it blocks."""

    start: int
    end: int
    text: str
    themes: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    def as_record(self) -> dict:
        span = {"start": self.start, "end": self.end, "text": self.text}
        return {**span, "themes": list(self.themes), "actions": list(self.actions)}


@dataclass(frozen=True, slots=True)
class Topical:
    """A need, an offer, what worked or did not, or an idea: the words, and what they are about, to be matched by."""

    start: int
    end: int
    text: str
    actions: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()

    def as_record(self) -> dict:
        span = {"start": self.start, "end": self.end, "text": self.text}
        return {**span, "actions": list(self.actions), "themes": list(self.themes)}


@dataclass(frozen=True, slots=True)
class Due:
    """When a commitment falls due: the words, and the dates they stand for (ISO, or None when open)."""

    text: str
    from_: str | None = None
    to: str | None = None

    def as_record(self) -> dict:
        return {"text": self.text, "from": self.from_, "to": self.to}


@dataclass(frozen=True, slots=True)
class Commitment:
    start: int
    end: int
    text: str
    who: str = ""
    due: Due | None = None

    def as_record(self) -> dict:
        span = {"start": self.start, "end": self.end, "text": self.text}
        return {**span, "who": self.who, "due": self.due.as_record() if self.due else None}


@dataclass(frozen=True, slots=True)
class Link:
    """What a name may stand for, and how likely (0 to 1): a body or area of the gazetteer, or whoever says "we"."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Mention:
    """An organisation or area that is named. Several links: the name alone does not tell; none: it is not known."""

    start: int
    end: int
    text: str
    links: tuple[Link, ...] = ()

    def as_record(self) -> dict:
        span = {"start": self.start, "end": self.end, "text": self.text}
        return {**span, "links": [{"id": link.id, "score": link.score} for link in self.links]}


@dataclass(frozen=True, slots=True)
class PersonalDetail:
    start: int
    end: int
    kind: str

    def as_record(self) -> dict:
        return {"start": self.start, "end": self.end, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything found in one passage. `labels` is the union of its statements' labels."""

    id: str
    labels: tuple[Label, ...] = ()
    statements: tuple[Statement, ...] = ()
    barriers: tuple[Barrier, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    needs: tuple[Topical, ...] = ()
    offers: tuple[Topical, ...] = ()
    practices: tuple[Topical, ...] = ()
    ideas: tuple[Topical, ...] = ()
    organisations: tuple[Mention, ...] = ()
    personal_details: tuple[PersonalDetail, ...] = ()
    harm: bool = False
    language: str = ""
    model: str = ""

    def of_family(self, family: str) -> tuple[Label, ...]:
        return tuple(label for label in self.labels if label.family == family)

    def as_record(self) -> dict:
        """The JSON object of `feedback-loop analyse`: every key is there, also when nothing was found."""
        lists = ("barriers", "commitments", "needs", "offers", "practices", "ideas", "organisations")
        lists += ("personal_details", "statements")
        return {
            "id": self.id,
            **{family: [label.as_record() for label in self.of_family(family)] for family in FAMILIES},
            **{name: [found.as_record() for found in getattr(self, name)] for name in lists},
            "harm": self.harm,
            "language": self.language,
            "model": self.model,
        }
