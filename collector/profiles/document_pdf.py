"""A document as a PDF that is tagged for screen readers (PDF/UA-1)."""

import json
import re
import unicodedata
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import typst

from collector import dates
from collector.profiles import document_html
from collector.profiles.document import ADDRESS, Chart, Document, Quote, Reply, held_words, written
from forms import speech

LAYOUT = Path(__file__).with_name("document.typ")
# Per cent of the room of a chart that its longest bar takes.
LONGEST_BAR = 85
# Signs that turn the letters after them round: on paper words stand in the order in which they were typed.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# A line of print holds fewer letters than this; a longer word may be parted after so many.
LONGEST_WORD = 40
_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")
# The fonts have all letters of Europe; of what is beyond them each sign is tried once.
_BEYOND = re.compile("[^\t\n -\u052f\u2010-\u2027\u2030-\u205e]")
_LETTERS = {"L", "M", "N"}  # what their categories begin with: words are made of these
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ONE_SIGN = b'#set document(title: "A sign")\n#set text(lang: "en")\n#sys.inputs.sign'


def as_pdf(document: Document) -> bytes:
    """The same bytes each time, with fonts that come with the library.

    A picture that they lack is written as its name: [party popper]. Of letters that they lack it is said how many there
    are and that the other files have them.
    """
    return printed(json.dumps(told(document), ensure_ascii=False))


def printed(content: str) -> bytes:
    """What was `told`, as JSON."""
    return typst.compile(LAYOUT, sys_inputs={"report": content}, pdf_standards=["ua-1"], ignore_system_fonts=True)


def told(document: Document) -> dict[str, Any]:
    """What the layout is given, with words that its fonts have shapes for."""
    with speech.speaking(speech.ENGLISH):
        return _written_out(_told(document))


def _told(document: Document) -> dict[str, Any]:
    """What the layout asks for: dates in words, and what belongs to a block beside it."""
    lang, _, region = document.language.partition("-")
    content = json.loads(written(document))
    made = f"Made on {dates.in_words(document.made_on)} by {document.made_by}."
    return content | {
        "lang": lang.lower(),
        "region": region.lower() or "gb",
        "by": made + (f" {ADDRESS} {document.address}" if document.address else ""),
        "footer": f"{document.title}, {dates.in_words(document.made_on)}",
        "held": held_words(document, dates.in_words(document.held_until or document.made_on)),
        "sample": "Sample round. Invented organisations and people. Nothing here was said by anyone."
        if document.sample
        else "",
        "sections": [_section(*pair) for pair in zip(content["sections"], document.sections, strict=True)],
        "references": [
            {"number": one.number, "words": one.words, "from": document_html.origin(one)} for one in document.references
        ],
    }


def _section(content: dict[str, Any], section: Any) -> dict[str, Any]:
    return content | {
        "blocks": [_block(*pair) for pair in zip(content["blocks"], section.blocks, strict=True)],
        "sections": [_section(*pair) for pair in zip(content["sections"], section.sections, strict=True)],
    }


def _block(content: dict[str, Any], block: Any) -> dict[str, Any]:
    if isinstance(block, Quote):
        return content | {"under": ". ".join([document_html.origin(block), *block.beside])}
    if isinstance(block, Reply):
        return content | {"lead": f"{block.lead}, {dates.in_words(block.when)}"}
    if isinstance(block, Chart):
        share = document_html.lengths(block, LONGEST_BAR)
        bars = [{"label": one.label, "value": one.shown, "share": share(one.value)} for one in block.bars]
        return content | {"bars": bars, "in_words": block.in_words(), "table": _plain(block.table())}
    return content


def _plain(table: Any) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "columns": [{"heading": one.heading, "number": one.number} for one in table.columns],
        "rows": [{"heading": one.heading, "cells": list(one.cells), "cites": []} for one in table.rows],
    }


# -- What the fonts lack --------------------------------------------------------------------------------


def _written_out(content: Any) -> Any:
    """All its texts as they can stand on paper."""
    if isinstance(content, dict):
        return {name: _written_out(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_written_out(one) for one in content]
    return _printable(content) if isinstance(content, str) else content


def _printable(words: str) -> str:
    kept = _CONTROL.sub("", _TURNING.sub("", words))
    if _BEYOND.search(kept):
        kept = "".join(_instead(lacks, "".join(signs)) for lacks, signs in groupby(kept, _lacks))
    return _LONG_WORD.sub("\\g<0>\u200b", kept)


def _lacks(sign: str) -> str:
    """What it is that the fonts have no shape for: letters or a picture; nothing where they have one."""
    if not _BEYOND.fullmatch(sign) or _has(sign):
        return ""
    return "letters" if unicodedata.category(sign)[0] in _LETTERS else "picture"


@cache
def _has(sign: str) -> bool:
    """Three thousandths of a second, once for each sign."""
    try:
        typst.compile(_ONE_SIGN, sys_inputs={"sign": sign}, pdf_standards=["ua-1"], ignore_system_fonts=True)
    except typst.TypstError:
        return False
    return True


def _instead(lacks: str, signs: str) -> str:
    if lacks == "letters":
        number = "1 letter" if len(signs) == 1 else f"{len(signs)} letters"
        return f"[{number} that this file has no shapes for: see the page or the Word file]"
    if lacks == "picture":
        return "".join(f"[{unicodedata.name(sign, '').lower() or f'U+{ord(sign):04X}'}]" for sign in signs)
    return signs
