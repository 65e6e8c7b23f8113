"""What passages say that the framework has no word for, and what several of them say in the same words."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from analysis import clusters, duplicates, languages
from analysis.clusters import Theme
from analysis.findings import Findings, Span
from analysis.passages import Passage

# More would part statements by their words again, fewer would join subjects: of many statements, themes by ten were
# heaps of a fifth of all.
FEWEST_SUBJECTS = 10


@dataclass(frozen=True, slots=True)
class Quoted:
    """A stretch of a passage, by the passage's id."""

    passage: str
    span: Span

    def as_record(self) -> dict:
        return {"id": self.passage, **self.span.as_record()}


@dataclass(frozen=True, slots=True)
class Outside:
    """Themes by name with the statements of each, nearest first; and ids of passages that are near-duplicates."""

    themes: tuple[tuple[tuple[str, ...], tuple[Quoted, ...]], ...]
    duplicates: tuple[tuple[str, ...], ...]

    def as_record(self) -> dict:
        themes = [{"name": list(name), "statements": [one.as_record() for one in some]} for name, some in self.themes]
        return {"themes": themes, "duplicates": [list(group) for group in self.duplicates]}


def read(passages: Sequence[Passage], found: Sequence[Findings]) -> Outside:
    """Themes of the statements that were read and that no label holds; groups of passages that are near-duplicates."""
    unlabelled = [
        Quoted(passage.id, Span(one.start, one.end, passage.text[one.start : one.end]))
        for passage, findings in zip(passages, found, strict=True)
        for one in findings.statements
        if not one.labels and findings.language in languages.READ
    ]
    texts = [one.span.text for one in unlabelled]
    found = themes(texts)
    groups = duplicates.groups([passage.text for passage in passages])
    return Outside(
        tuple((theme.name, tuple(unlabelled[place] for place in theme.members)) for theme in found),
        tuple(tuple(passages[place].id for place in group) for group in groups),
    )


def themes(texts: Sequence[str]) -> list[Theme]:
    """As `clusters.themes`, of texts alone: by the words that they share."""
    return clusters.themes(texts, meanings(texts))


def meanings(texts: Sequence[str]) -> np.ndarray:
    """What each text is about (texts x subjects): words that are said together lie together.

    As many subjects as the square root of the number of texts, and FEWEST_SUBJECTS at least; docs/quality.md has what
    that brings.

    Latent semantic analysis (Deerwester et al. 1990) of the texts themselves. The encoder is fine-tuned to tell the
    labels of the framework apart, and what carries none of them all looks alike to it: themes by its states were
    less stable (least adjusted Rand index 0.73 against 0.97 on the invented statements of the tests).
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not any(map(str.strip, texts)):
        return np.zeros((len(texts), 1), np.float32)
    vectoriser = TfidfVectorizer(stop_words="english", sublinear_tf=True, token_pattern=clusters.WORD.pattern)
    try:
        counts = vectoriser.fit_transform(texts)
    except ValueError:  # stop words alone
        return np.zeros((len(texts), 1), np.float32)
    subjects = min(max(FEWEST_SUBJECTS, isqrt(len(texts))), *(size - 1 for size in counts.shape))
    return TruncatedSVD(subjects, random_state=0).fit_transform(counts) if subjects > 0 else counts.toarray()
