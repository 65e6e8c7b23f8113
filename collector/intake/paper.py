"""On paper: all the questions, to talk over or to write on, and a copy of what somebody sent.

What stands on paper is a list of blocks; it becomes a Word document, or a PDF tagged for screen readers (PDF/UA).
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from forms import speech
from forms.questionnaire import Questionnaire
from forms.questions import Page, Question
from forms.speech import gettext, message
from forms.texts import Fallback

Section = tuple[str, list[Page]]
BOX = "☐"
# More choices than this are told in one line: a list of all council areas would fill a page.
LONGEST_LIST = 12
LINES = 3
DATE_LINES = ((message("Day"), "____"), (message("Month"), "________"), (message("Year"), "______"))
# As word processors know them.
LANGUAGES = {speech.ENGLISH: "en-GB", speech.GAELIC: "gd-GB", speech.EASY_READ: "en-GB"}
MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
LAYOUT = Path(__file__).parent / "paper.typ"
# How a Word document looks: like the PDF as far as the two go, in letters that every word processor has.
FONT, QUIET = "Arial", "595959"
STYLES = {"section": "Heading 1", "question": "Heading 2", "item": "Heading 3"}
STYLES |= {"intro": "Intro", "choice": "Choice", "line": "Line", "quiet": "Quiet", "fact": "Fact"}
# Points: letters and, for Easy Read, larger ones; then the room above and below a paragraph.
SIZES = {
    "Normal": (11, 14, 0, 6),
    "Title": (22, 24, 0, 12),
    "Heading 1": (16, 20, 24, 6),
    "Heading 2": (12, 16, 16, 3),
    "Heading 3": (11, 14, 12, 3),
    "Fact": (11, 14, 0, 0),
    "Intro": (11, 14, 16, 0),
    "Quiet": (11, 14, 0, 3),
    "Choice": (11, 14, 0, 3),
    "Line": (11, 14, 9, 0),
}
# Two code points that are kept as they were written, and that no XML file can hold.
_NO_XML = re.compile("[\ufffe\uffff]")
# Signs that turn the letters after them round: on paper words stand in the order in which they were typed.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# A line of print holds fewer letters than this; a longer word may be parted after so many.
LONGEST_WORD = 40
_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")
# From here on the fonts of a PDF have few signs that are no letters, and of controls and unassigned ones none.
_PICTURES = 0x2600
_NO_LETTERS = {"So", "Sk", "Cc", "Cn", "Co"}


@dataclass(frozen=True)
class Block:
    """A stretch of a page: a heading, a paragraph (an intro leads to what follows it), a choice, a line to write on."""

    kind: Literal["fact", "section", "intro", "question", "item", "words", "quiet", "choice", "line"]
    words: str = ""


@dataclass(frozen=True)
class Paper:
    """In the language that is spoken when it is made. A text that fell back to English says so where it stands.

    `footer` stands on each page of a PDF beside its number.
    """

    title: str
    blocks: tuple[Block, ...]
    footer: str = ""
    language: str = field(default_factory=speech.now_spoken)


def all_questions(questionnaire: Questionnaire, sections: list[Section], asked_by: Sequence[str] = ()) -> Paper:
    """`sections` are the titles and pages in the order in which they are asked; `asked_by` are lines about who asks."""
    who = (Block("fact", words) for words in asked_by)
    return Paper(questionnaire.title, (*who, *_questions(questionnaire, sections)))


def copy_of_answers(title: str, facts: list[str], sections: list[dict[str, Any]]) -> Paper:
    """`facts` are lines about what was sent, the first of them on every page; a section has `title` and `rows`, each
    with the `question` and the lines of the `answer`, none where it was left out."""
    blocks = [Block("fact", words) for words in facts]
    for section in sections:
        blocks.append(Block("section", section["title"]))
        for row in section["rows"]:
            blocks.append(Block("question", row["question"]))
            if row["listed"]:
                blocks += _listed(row["listed"])
            else:
                blocks += [Block("words", words) for words in row["answer"]] or [
                    Block("quiet", gettext("Not answered"))
                ]
    return Paper(title, tuple(blocks), footer=facts[0])


def _listed(items: list[dict[str, Any]]) -> Iterator[Block]:
    for item in items:
        yield Block("item", item["name"])
        for line in item["told"]:
            yield Block("quiet", line["question"])
            yield Block("words", line["answer"])


def _questions(questionnaire: Questionnaire, sections: list[Section]) -> Iterator[Block]:
    yield Block("intro", questionnaire.summary)
    yield Block("words", questionnaire.audience)
    yield Block(
        "words",
        gettext(
            "Read these before you start, or talk them over with colleagues. You are asked only about what you choose."
        ),
    )
    for title, pages in sections:
        yield Block("section", title)
        for page in pages:
            if page.intro:
                yield Block("intro", page.intro)
            for question in page.questions:
                yield from _asked(question)


def _asked(question: Question, kind: Literal["question", "item"] = "question") -> Iterator[Block]:
    """The question, and where the answer can be written."""
    yield Block(kind, _with(question.label, " " + gettext("(optional)") if question.optional else ""))
    if question.hint:
        yield Block("quiet", question.hint)
    if question.type == "list":
        yield Block(
            "words",
            gettext("You can list up to %(most)s %(many)s. Of each we ask:", most=question.most, many=question.many),
        )
        for one in question.questions:
            yield from _asked(one, "item")
        return
    if len(question.choices) > LONGEST_LIST:
        yield Block(
            "words", gettext("Choose from: %(answers)s", answers=", ".join(choice.label for choice in question.choices))
        )
    for choice in question.choices if len(question.choices) <= LONGEST_LIST else ():
        yield Block("choice", _with(choice.label, f": {choice.hint}" if choice.hint else ""))
    if question.type == "date":
        yield Block("words", "  ".join(f"{gettext(name)} {line}" for name, line in DATE_LINES))
    elif question.type == "number":
        yield Block("words", f"________ {question.unit}".rstrip())
    elif question.type == "file":
        yield Block("words", gettext("Put a copy with this paper, or add the file when you answer in a browser."))
    elif not question.choices:
        for _ in range(LINES if question.type == "long-text" else 1):
            yield Block("line")


def _with(text: str, more: str) -> str:
    """Both, in English where the text is for want of another language."""
    return Fallback(text + more) if isinstance(text, Fallback) else text + more


def as_docx(paper: Paper) -> bytes:
    import docx

    document = docx.Document()
    _set_out(document, easy=paper.language == speech.EASY_READ)
    _number_pages(document, paper.footer)
    document.core_properties.title = paper.title
    document.core_properties.language = LANGUAGES[paper.language]
    document.core_properties.author = ""
    _speak(document.styles["Normal"].element.get_or_add_rPr(), paper.language)
    document.add_paragraph(paper.title, "Title")
    for block in paper.blocks:
        words = _NO_XML.sub("�", block.words)
        words = f"{BOX}\t{words}" if block.kind == "choice" else words
        written = document.add_paragraph(words, STYLES.get(block.kind, "Normal"))
        for run in written.runs if isinstance(block.words, Fallback) else ():
            _speak(run.element.get_or_add_rPr(), speech.ENGLISH)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _set_out(document: Any, *, easy: bool) -> None:
    """On A4, in one column, plain black on white: the library's own document is American and blue."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Cm, Pt, RGBColor

    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2.2)
    for name, (size, easy_size, above, below) in SIZES.items():
        ours = name not in document.styles
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH) if ours else document.styles[name]
        properties, room = style.element.get_or_add_rPr(), style.paragraph_format
        properties.get_or_add_rFonts().attrib.clear()  # those of a theme outdo the font that is named
        style.font.name, style.font.size = FONT, Pt(easy_size if easy else size)
        style.font.color.rgb = RGBColor.from_string(QUIET if name == "Quiet" else "000000")
        style.font.bold = name == "Title" or name.startswith("Heading")
        room.space_before, room.space_after, room.line_spacing = Pt(above), Pt(below), 1.5 if easy else 1.15
    for border in document.styles["Title"].element.pPr.findall(".//{*}pBdr"):
        border.getparent().remove(border)
    choice = document.styles["Choice"].paragraph_format
    choice.left_indent, choice.first_line_indent = Cm(0.8), Cm(-0.8)
    document.styles["Intro"].paragraph_format.keep_with_next = True
    _rule_below(document.styles["Line"])


def _rule_below(style: Any) -> None:
    """A line to write on that nobody has to hear: underlines typed in a row are read out one by one."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    rule = '<w:bottom w:val="single" w:sz="4" w:space="1" w:color="000000"/><w:between w:val="single" w:sz="4"/>'
    style.element.get_or_add_pPr().insert_element_before(
        parse_xml(f"<w:pBdr {nsdecls('w')}>{rule}</w:pBdr>"), "w:spacing"
    )


def _number_pages(document: Any, footer: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    written = document.sections[0].footer.paragraphs[0]
    written.text = f"{footer}\t\t"
    number = OxmlElement("w:fldSimple")
    number.set(qn("w:instr"), "PAGE")
    written._p.append(number)


def _speak(properties: Any, language: str) -> None:
    """Says in which language the text is, for screen readers and spelling."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), LANGUAGES[language])
    properties.append(spoken)


class Unprintable(ValueError):
    """Some of the words have letters that the fonts of a PDF do not have."""


def as_pdf(paper: Paper) -> bytes:
    """The same bytes each time. A picture or another sign that the fonts lack is written as its name: [party popper].

    Unprintable where a letter is of a script that they do not have: a word is never spelled out by such names.
    """
    try:
        return _printed(paper, _fitting)
    except Unprintable:
        return _printed(paper, lambda words: _fitting(_with_names(words)))


# Of what is public, and asked for often. What people sent is kept nowhere but in the database.
as_pdf_again = lru_cache(maxsize=8)(as_pdf)


def _printed(paper: Paper, write: Callable[[str], str]) -> bytes:
    import typst

    try:
        return typst.compile(
            LAYOUT,
            sys_inputs={"paper": json.dumps(_told(paper, write))},
            pdf_standards=["ua-1"],
            ignore_system_fonts=True,
        )
    except typst.TypstError as error:
        raise Unprintable("The fonts of a PDF lack a letter of these words") from error


def _told(paper: Paper, write: Callable[[str], str]) -> dict[str, Any]:
    return {
        "title": write(paper.title),
        "blocks": [
            {"kind": block.kind, "words": write(block.words), "english": isinstance(block.words, Fallback)}
            for block in paper.blocks
        ],
        "footer": paper.footer,
        "lang": speech.code_of(paper.language).partition("-")[0],
        "easy": paper.language == speech.EASY_READ,
    }


def _fitting(words: str) -> str:
    return _LONG_WORD.sub("\\g<0>\u200b", _TURNING.sub("", words))


def _with_names(words: str) -> str:
    return "".join(f"[{_name(sign)}]" if _is_picture(sign) else sign for sign in words)


def _is_picture(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return kind in _NO_LETTERS and sign != "\n" and (ord(sign) >= _PICTURES or kind[0] == "C")


def _name(sign: str) -> str:
    return unicodedata.name(sign, "").lower() or f"U+{ord(sign):04X}"
