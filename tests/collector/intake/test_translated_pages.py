"""The questionnaire in the language of who answers it: on every page, on paper, and never in what is kept."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import markup
import pypdf
import pytest
from lxml import html
from sqlmodel import select

from collector.accounts import staff
from collector.database import Database
from collector.intake import previews, rounds
from collector.intake import translations as kept_translations
from collector.intake.models import Draft, Passage, QuestionnaireTranslation, Round, Source
from forms import definitions, questionnaire, texts, translations
from tests.collector import every_page
from tests.collector.conftest import World

START = "/questionnaires/keeping-the-promise"
MAIN = questionnaire.load("keeping-the-promise")
FALLEN = '//*[@lang="en-GB" and not(ancestor-or-self::nav) and not(self::html)]'


@pytest.fixture
def gaelic(browser: Any) -> Any:
    return speaking(browser, "gd")


def speaking(browser: Any, language: str) -> Any:
    browser.get(f"/accessibility?language={language}")
    return browser


@pytest.fixture
def folder(tmp_path: Path, open_round: Round, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where questionnaires stand from now on, with the main one and nothing beside it."""
    (tmp_path / "keeping-the-promise.yaml").write_text(definitions.written(MAIN.definition), encoding="utf-8")
    monkeypatch.setattr(questionnaire, "FOLDER", tmp_path)
    monkeypatch.setattr(kept_translations, "remembered", {})
    restart()
    return tmp_path


def restart() -> None:
    """Files are read once by each process."""
    translations.of_file.cache_clear()
    kept_translations.remembered.clear()


@pytest.fixture(autouse=True)
def _read_again() -> Any:
    yield
    translations.of_file.cache_clear()


def in_file(folder: Path, told: dict[str, str], language: str = "gd") -> None:
    entries = {place: {"english": MAIN.texts[place], "text": text} for place, text in told.items()}
    path = translations.path_of("keeping-the-promise", language, folder)
    path.write_text(definitions.written({"texts": entries}), encoding="utf-8")
    restart()


# -- Pages ----------------------------------------------------------------------------------------


def test_the_pages_of_a_questionnaire_speak_gaelic(gaelic: Any, fill_in: Callable, answers: dict) -> None:
    assert markup.title(gaelic.get(START)) == "A’ cumail a’ gheallaidh"
    assert "A’ cumail a’ gheallaidh" in markup.words(gaelic.get("/"))
    assert markup.title(gaelic.get(f"{START}/pages/respondent")).startswith("Cò tha a’ freagairt?")
    fill_in(gaelic, answers | every_page.LISTING)
    told = {
        "pages/areas": ["Cathair Dhùn Èideann", "Alba air fad", "Taghaibh gach sgìre comhairle"],
        "pages/planning-doing": ["Planadh: dè tha sibh a’ dèanamh an-dràsta", "Tha Alba a’ planadh ro-làimh"],
        "lists/commitments": ["Dè tha sibh a’ gealltainn a dhèanamh?", "Gealltanas 1", "We will do it."],
        "lists/commitments/items/a": ["Dè an gnìomh sa phlana dham buin e?", "Bràithrean is Peathraichean"],
        "tasks": ["Mur deidhinn", "Gealltanasan", "Planaichean is aithisgean"],
        "check": ["Am faod sinn na freagairtean agaibh fhoillseachadh?", "Faodaidh, ach às aonais an ainm", "Fìobha"],
        "questions": ["Siostam Èisteachdan na Cloinne", "Gheibh teaghlaichean cuideachadh tràth"],
    }
    for path, wanted in told.items():
        answer = gaelic.get(f"{START}/{path}")
        page = " ".join(markup.words(answer).split())
        assert [words for words in wanted if words not in page] == [], path
        assert markup.tree(answer).xpath(FALLEN) == [], path
        assert "fl_fell-back" not in answer.text, path


def test_what_is_left_out_is_asked_for_in_the_language(gaelic: Any) -> None:
    answer = gaelic.submit(f"{START}/pages/respondent", {})
    assert markup.problems(answer) == {
        "#respondent": "Taghaibh a bheil sibh a’ freagairt às leth buidhne no air ur son fhèin"
    }


def test_easy_read_is_larger_and_has_a_line_for_each_idea(browser: Any) -> None:
    answer = speaking(browser, "easy").get(START)
    assert markup.tree(answer).xpath("//body")[0].get("class") == "fl_surface--respondent fl_easy"
    lines = [line.text_content() for line in markup.tree(answer).find_class("fl_easy__line")]
    assert "Tell us what you do now." in lines
    assert markup.tree(answer).xpath("//html")[0].get("lang") == "en-GB"
    assert "fl_easy" not in speaking(browser, "en").get(START).text


def test_a_questionnaire_that_is_tried_out_speaks_the_language_at_its_own_address(
    gaelic: Any, app: Any, database: Database
) -> None:
    with database.writing() as session:
        someone = staff.add(session, email="someone@example.org", name="Someone", role="reviewer")
        previews.make(session, MAIN, staff_id=someone.id)
        session.commit()
        [preview] = previews.all_open(session, app.state.form_key)
    address = f"/questionnaires/{rounds.PREVIEW_SLUG}{preview.key}"
    answer = gaelic.get(address)
    assert markup.title(answer) == "A’ cumail a’ gheallaidh"
    assert f"{address}/pages/respondent" in answer.text
    assert markup.title(gaelic.get(f"{address}/pages/respondent")).startswith("Cò tha a’ freagairt?")


def test_the_receipt_and_the_copy_speak_the_language_of_who_reads_them(
    gaelic: Any, fill_in: Callable, answers: dict
) -> None:
    fill_in(gaelic, answers)
    receipt = gaelic.submit(f"{START}/check").headers["location"]
    assert "A’ cumail a’ gheallaidh" in markup.words(gaelic.get(receipt))
    copy = docx.Document(BytesIO(gaelic.get(f"{receipt}/answers.docx").content))
    said = [paragraph.text for paragraph in copy.paragraphs]
    assert "Dè tha na bhacadh?" in said
    assert "Nobody funds the post after March." in said


@pytest.mark.slow
def test_what_has_no_translation_is_marked_on_every_page_and_told_once(
    folder: Path, gaelic: Any, world: World, fill_in: Callable, answers: dict
) -> None:
    """Wherever a text of the questionnaire stands, in an attribute or a title no mark may stand with it."""
    in_file(folder, {"sections.About you": "Mur deidhinn"})
    forget_kept(world, gaelic)
    fill_in(gaelic, answers | every_page.LISTING)
    english = {text for place, text in MAIN.texts.items() if place.endswith(".label") and "choices" not in place}
    met = 0
    for address, page in every_page.of_respondents(gaelic, world.existing).items():
        tree = html.fromstring(page)
        # A whole page is shown escaped by nobody: a mark that was escaped would be words on it.
        assert "&lt;span" not in page, address
        for element in tree.iter():
            assert [value for value in element.attrib.values() if "<" in value] == [], address
            assert element.tag not in ("title", "option", "textarea") or "<" not in (element.text or ""), address
        for heading in tree.xpath("//h1 | //legend | //label"):
            if heading.text_content().strip() in english:
                met += 1
                assert heading.xpath('.//span[@lang="en-GB"]'), (address, heading.text_content())
        fell_back = bool(tree.xpath('//main//*[@lang="en-GB"]'))
        assert not fell_back or page.count("fl_fell-back") == 1, address
    assert met > 20


def forget_kept(world: World, browser: Any) -> None:
    with browser.app.state.database.writing() as session:
        for row in session.exec(select(QuestionnaireTranslation)):
            session.delete(row)
        session.commit()
    restart()


def test_who_reads_easy_read_is_told_what_there_is_none_of(folder: Path, browser: Any, world: World) -> None:
    forget_kept(world, browser)
    answer = speaking(browser, "easy").get(START)
    assert answer.text.count("Some of this page is not in Easy Read yet.") == 1


def test_a_questionnaire_that_nobody_translated_is_asked_in_english(folder: Path, gaelic: Any, world: World) -> None:
    forget_kept(world, gaelic)
    answer = gaelic.get(START)
    assert markup.title(answer) == "Keeping the promise"
    assert markup.tree(answer).xpath('//h1/span[@lang="en-GB"]')
    assert answer.text.count("fl_fell-back") == 1


# -- What is kept ---------------------------------------------------------------------------------


def test_passages_keep_the_english_question_whatever_it_was_asked_in(
    gaelic: Any, walk_through: Callable, database: Database, answers: dict
) -> None:
    walk_through(gaelic)
    gaelic.submit(f"{START}/check")
    with database.reading() as session:
        assert [source.title for source in session.exec(select(Source))] == ["Keeping the promise"]
        asked = {passage.question for passage in session.exec(select(Passage))}
    assert asked == {"What are you doing now to keep the promise?", "What is getting in the way?"}


def test_a_correction_in_gaelic_keeps_the_english_question_too(gaelic: Any, world: World, database: Database) -> None:
    gaelic.submit(f"/my-submission/{world.existing['own_link']}")
    page = f"/submissions/{world.existing['reference']}/answers/planning-doing"
    assert "Planadh" in markup.title(gaelic.get(page))
    seen = re.search(r'name="_seen" value="([^"]*)"', gaelic.get(page).text)[1]
    sent = gaelic.submit(page, {"planning.doing": "We meet each week.", "_seen": seen})
    assert sent.status_code == 303
    with database.reading() as session:
        [passage] = session.exec(select(Passage).where(Passage.text == "We meet each week."))
    assert passage.question == "What are you doing now to keep the promise?"


def test_answers_begun_in_one_language_go_on_in_another(browser: Any, database: Database, answers: dict) -> None:
    given = {
        "respondent": ("gd", {"respondent": "organisation"}),
        "organisation": ("easy", {"organisation-name": "Àird", "organisation-kind": "other"}),
        "areas": ("en", {"areas": ["fife", "highland"]}),
        "priority-areas": ("gd", {"priority-areas": ["planning"]}),
        "planning-doing": ("easy", {"planning.doing": "Obair."}),
    }
    for page, (language, posted) in given.items():
        assert speaking(browser, language).submit(f"{START}/pages/{page}", posted).status_code == 303
    with database.reading() as session:
        [draft] = session.exec(select(Draft))
        assert draft.answers == {name: value for _, posted in given.values() for name, value in posted.items()}


# -- On paper -------------------------------------------------------------------------------------


def test_all_the_questions_are_on_paper_in_each_language(browser: Any) -> None:
    for language, lang, title in (("gd", "gd", "A’ cumail a’ gheallaidh"), ("easy", "en", "Keeping the promise")):
        answer = speaking(browser, language).get(f"{START}/questions.pdf")
        assert f'filename="keeping-the-promise-questions-{language}.pdf"' in answer.headers["content-disposition"]
        document = pypdf.PdfReader(BytesIO(answer.content))
        assert document.metadata.title == title
        assert document.root_object["/Lang"].startswith(lang)
        word = docx.Document(BytesIO(browser.get(f"{START}/questions.docx").content))
        assert word.paragraphs[0].text == title
        assert f'w:val="{lang}-GB"' in word.styles["Normal"].element.xml
        assert 'w:lang w:val="en-GB"' not in word.element.xml


def test_what_falls_back_on_paper_says_which_language_it_is(folder: Path, gaelic: Any, world: World) -> None:
    in_file(folder, {"title": "Tiotal"})
    forget_kept(world, gaelic)
    word = docx.Document(BytesIO(gaelic.get(f"{START}/questions.docx").content))
    by_text = {paragraph.text: paragraph for paragraph in word.paragraphs}
    assert "w:lang" not in by_text["Tiotal"]._element.xml
    assert 'w:lang w:val="en-GB"' in by_text[MAIN.summary]._element.xml
    assert gaelic.get(f"{START}/questions.pdf").status_code == 200


# -- Kept beside what is published ----------------------------------------------------------------


def title_said(database: Database, round_: Round, language: str = "gd") -> str:
    with database.reading() as session:
        content_hash = rounds.hash_in(session, round_.questionnaire_id)
        form = rounds.questionnaire_of(session, round_.questionnaire_id)
        return kept_translations.spoken(session, form, content_hash, language).title


def test_a_published_version_keeps_its_translation_when_the_file_follows_a_newer_one(
    folder: Path, open_round: Round, database: Database
) -> None:
    """The file beside the newest version says nothing of the older one any more."""
    in_file(folder, {"summary": "Geàrr-chunntas ùr"})
    assert title_said(database, open_round) == "A’ cumail a’ gheallaidh"


def test_a_better_translation_of_the_same_english_needs_no_new_version(
    folder: Path, open_round: Round, database: Database
) -> None:
    in_file(folder, {"title": "Tiotal nas fheàrr"})
    assert title_said(database, open_round) == "Tiotal nas fheàrr"
    with database.writing() as session:
        assert rounds.publish(session, MAIN).id == open_round.questionnaire_id
        session.commit()
    (folder / "keeping-the-promise.gd.yaml").unlink()
    restart()
    assert title_said(database, open_round) == "Tiotal nas fheàrr"


def test_a_translation_of_other_english_reaches_no_published_version(
    folder: Path, open_round: Round, database: Database
) -> None:
    newer = {**MAIN.definition, "version": 2, "title": "Another title"}
    (folder / "keeping-the-promise.yaml").write_text(definitions.written(newer), encoding="utf-8")
    (folder / "keeping-the-promise.gd.yaml").write_text(
        definitions.written({"texts": {"title": {"english": "Another title", "text": "Tiotal eile"}}}), encoding="utf-8"
    )
    restart()
    assert title_said(database, open_round) == "A’ cumail a’ gheallaidh"


def test_what_is_kept_beside_a_version_leaves_the_version_alone(open_round: Round, database: Database) -> None:
    with database.reading() as session:
        kept = session.exec(select(QuestionnaireTranslation)).all()
        assert {row.language for row in kept} == set(texts.LANGUAGES)
        form = rounds.questionnaire_of(session, open_round.questionnaire_id)
        assert rounds.hash_of(form.definition) == kept[0].content_hash


# -- What staff see -------------------------------------------------------------------------------


def test_staff_see_how_far_the_questionnaire_of_a_round_is_translated(
    folder: Path, staff_browser: Any, open_round: Round, world: World
) -> None:
    in_file(folder, {"title": "Tiotal"})
    forget_kept(world, staff_browser)
    shared = sum(place.count(".choices.") for place in MAIN.texts)
    page = markup.words(staff_browser.get(f"/staff/rounds/{open_round.id}"))
    done = re.search(r"Gaelic: (\d+) of (\d+) texts; Easy Read: not translated", page)
    assert int(done[2]) == len(MAIN.texts)
    assert 1 < int(done[1]) <= shared + 1


def test_staff_pages_speak_english_whatever_was_chosen(staff_browser: Any, open_round: Round) -> None:
    page = markup.words(speaking(staff_browser, "gd").get(f"/staff/rounds/{open_round.id}"))
    assert "Keeping the promise" in page


def test_staff_are_told_of_a_translation_with_mistakes(folder: Path, staff_browser: Any) -> None:
    (folder / "keeping-the-promise.gd.yaml").write_text("texts:\n  title: Beag\n", encoding="utf-8")
    page = " ".join(markup.words(staff_browser.get("/staff/rounds/new")).split())
    assert "keeping-the-promise.gd.yaml has mistakes, so its texts are shown in English" in page
