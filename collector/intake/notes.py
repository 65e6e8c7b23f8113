"""Notes of a meeting, cut into passages: a paragraph each, or a bullet each, under the line that heads them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

_BULLET = re.compile(r"\s*(?:[-*•‣◦·▪●○–—]|o(?=\t))\s+(?=\S)")
# The number of a list is kept with its words: “12. March” may be a date.
_NUMBERED = re.compile(r"\s*\(?(?:[0-9]{1,2}|[a-z])[.)]\s+(?=\S)")
LONGEST_HEADING = 200


@dataclass(frozen=True)
class Paragraph:
    """What becomes one passage. `heading` is what it was said to: a question asked, or what the talk was about."""

    text: str
    heading: str = ""


def split(text: str) -> list[Paragraph]:
    """The notes in order; no word is left out.

    Blank lines part paragraphs, and each bullet or numbered line begins one. A line that begins with # or ends with
    a colon or a question mark is a heading: right above some lines it heads those, alone it heads all up to the next
    that is alone.
    """
    paragraphs: list[Paragraph] = []
    over_all: list[str] = []
    unused = False
    for lines in _blocks(text):
        if _is_heading(lines[0]) and len(lines) == 1:
            over_all = [*(over_all if unused else []), _bare(lines[0])]
            unused = True
            continue
        above = [_bare(lines[0])] if _is_heading(lines[0]) else []
        heading = " – ".join(over_all + above)
        paragraphs += [Paragraph(piece, heading) for piece in _pieces(lines[len(above) :])]
        unused = False
    return [*paragraphs, *([Paragraph(" – ".join(over_all))] if unused else [])]


def _blocks(text: str) -> Iterator[list[str]]:
    """Lines that stand together. One without a letter or a figure in it is as good as blank."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for told, block in groupby(lines, key=lambda line: any(map(str.isalnum, line))):
        if told:
            yield [line.rstrip() for line in block]


def _is_heading(line: str) -> bool:
    if _BULLET.match(line) or _NUMBERED.match(line) or len(line) > LONGEST_HEADING:
        return False
    return line.startswith("#") or line.endswith((":", "?"))


def _bare(line: str) -> str:
    return line.lstrip("#").strip().rstrip(":").rstrip()


def _pieces(lines: list[str]) -> Iterator[str]:
    """A bullet with the lines that go on below it is one piece."""
    piece: list[str] = []
    for line in lines:
        if piece and (_BULLET.match(line) or _NUMBERED.match(line)):
            yield _joined(piece)
            piece = []
        piece.append(_BULLET.sub("", line, count=1).strip() if _BULLET.match(line) else line.strip())
    yield _joined(piece)


def _joined(lines: list[str]) -> str:
    """A line that goes on with a small letter was only wrapped: its sentence is not cut there."""
    text = lines[0]
    for line in lines[1:]:
        text += (" " if line[0].islower() else "\n") + line
    return text
