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


@dataclass(frozen=True, slots=True)
class Label:
    """A label that holds, how sure the model is of it (0 to 1), and the words that earned it, best first."""

    family: str
    id: str
    score: float
    evidence: tuple[Span, ...] = ()

    def as_record(self) -> dict:
        return {"id": self.id, "score": self.score, "evidence": [span.as_record() for span in self.evidence]}


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
    needs: tuple[Span, ...] = ()
    offers: tuple[Span, ...] = ()
    personal_details: tuple[PersonalDetail, ...] = ()
    harm: bool = False
    language: str = ""
    model: str = ""

    def of_family(self, family: str) -> tuple[Label, ...]:
        return tuple(label for label in self.labels if label.family == family)

    def as_record(self) -> dict:
        """The JSON object of `feedback-loop analyse`: every key is there, also when nothing was found."""
        lists = ("barriers", "commitments", "needs", "offers", "personal_details", "statements")
        return {
            "id": self.id,
            **{family: [label.as_record() for label in self.of_family(family)] for family in FAMILIES},
            **{name: [found.as_record() for found in getattr(self, name)] for name in lists},
            "harm": self.harm,
            "language": self.language,
            "model": self.model,
        }
