"""On paper, as Word documents: all the questions, to talk over or to write on, and a copy of what somebody sent."""

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

from forms.questionnaire import Questionnaire
from forms.questions import Page, Question

if TYPE_CHECKING:
    from docx.document import Document

BOX = "☐"
# More choices than this are told in one line: a list of all council areas would fill a page.
LONGEST_LIST = 12
LINES = 3
LANGUAGE = "en-GB"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Two code points that are kept as they were written, and that no XML file can hold.
_NO_XML = re.compile("[\ufffe\uffff]")


def questions_document(questionnaire: Questionnaire, sections: list[tuple[str, list[Page]]]) -> bytes:
    """A DOCX file; `sections` are the titles and pages in the order in which they are asked."""
    document = _begun(questionnaire.title)
    for words in (questionnaire.summary, questionnaire.audience):
        document.add_paragraph(words)
    document.add_paragraph(
        "Read these before you start, or talk them over with colleagues. You are asked only about what you choose."
    )
    for title, pages in sections:
        document.add_heading(title, level=1)
        for page in pages:
            _page(document, page)
    return _file(document)


def answers_document(title: str, facts: list[str], sections: list[dict[str, Any]]) -> bytes:
    """A DOCX file of what somebody sent: `facts` are lines about it; a section has `title` and `rows`, each with the
    `question` and the lines of the `answer`, none where it was left out."""
    document = _begun(title)
    for words in facts:
        document.add_paragraph(words)
    for section in sections:
        document.add_heading(section["title"], level=1)
        for row in section["rows"]:
            document.add_heading(row["question"], level=2)
            for line in row["answer"] or ["Not answered"]:
                document.add_paragraph(_NO_XML.sub("�", line))
    return _file(document)


def _begun(title: str) -> "Document":
    import docx

    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.language = LANGUAGE
    document.core_properties.author = ""
    _speak(document)
    document.add_heading(title, level=0)
    return document


def _file(document: "Document") -> bytes:
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _speak(document: "Document") -> None:
    """Says in which language the text is, for screen readers and spelling."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = document.styles["Normal"].element.get_or_add_rPr()
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), LANGUAGE)
    properties.append(language)


def _page(document: "Document", page: Page) -> None:
    if page.intro:
        document.add_paragraph(page.intro)
    for question in page.questions:
        document.add_heading(question.label + (" (optional)" if question.optional else ""), level=2)
        if question.hint:
            document.add_paragraph(question.hint)
        _room_for(document, question)


def _room_for(document: "Document", question: Question) -> None:
    """Where the answer can be written."""
    if len(question.choices) > LONGEST_LIST:
        document.add_paragraph("Choose from: " + ", ".join(choice.label for choice in question.choices))
    for choice in question.choices if len(question.choices) <= LONGEST_LIST else ():
        document.add_paragraph(f"{BOX} {choice.label}" + (f": {choice.hint}" if choice.hint else ""))
    if question.type == "date":
        document.add_paragraph("Day ____  Month ________  Year ______")
    elif question.type == "number":
        document.add_paragraph(f"________ {question.unit}".rstrip())
    elif not question.choices:
        for _ in range(LINES if question.type == "long-text" else 1):
            document.add_paragraph("_" * 60)
