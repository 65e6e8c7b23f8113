"""All the questions of a questionnaire on paper, to read and talk over, or to write on: a Word document."""

from io import BytesIO
from typing import TYPE_CHECKING

from forms.questionnaire import Questionnaire
from forms.questions import Page, Question

if TYPE_CHECKING:
    from docx.document import Document

BOX = "☐"
# More choices than this are told in one line: a list of all council areas would fill a page.
LONGEST_LIST = 12
LINES = 3
LANGUAGE = "en-GB"


def questions_document(questionnaire: Questionnaire, sections: list[tuple[str, list[Page]]]) -> bytes:
    """A DOCX file; `sections` are the titles and pages in the order in which they are asked."""
    import docx

    document = docx.Document()
    document.core_properties.title = questionnaire.title
    document.core_properties.language = LANGUAGE
    document.core_properties.author = ""
    _speak(document)
    document.add_heading(questionnaire.title, level=0)
    for words in (questionnaire.summary, questionnaire.audience):
        document.add_paragraph(words)
    document.add_paragraph(
        "Read these before you start, or talk them over with colleagues. You are asked only about what you choose."
    )
    for title, pages in sections:
        document.add_heading(title, level=1)
        for page in pages:
            _page(document, page)
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
