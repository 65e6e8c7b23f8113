"""A questionnaire in other languages: nothing is said that its English does not say, and what is shipped is whole."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import definitions, framework, questionnaire, speech, translations
from forms.definitions import DefinitionError
from forms.questionnaire import Questionnaire
from forms.texts import LANGUAGES, Fallback, Lines
from forms.translations import COMMON, Entry, Translation
from tests.collector.web.test_plain_words import reading_age
from tests.forms.test_shipped_files import NEVER_OURS

SMALL = {
    "slug": "small",
    "version": 1,
    "title": "Small",
    "summary": "A small one.",
    "framework": "plan-21-24",
    "audience": "Anyone",
    "minutes": 1,
    "needed": ["A pen"],
    "pages": [
        {
            "id": "parts",
            "section": "You",
            "title": "Which?",
            "questions": [
                {
                    "id": "parts",
                    "type": "any-of",
                    "label": "Which?",
                    "missing": "Say",
                    "choices-from": "priority-areas",
                },
                {"id": "sure", "type": "yes-no", "label": "Sure?", "missing": "Say", "unknown": True},
            ],
        },
        {
            "for-each": "parts",
            "section": "{label}",
            "at-least-one": "Say one",
            "pages": [
                {
                    "id": "why",
                    "title": "{label}: why?",
                    "intro": "{hint}",
                    "questions": [{"id": "why", "type": "long-text", "label": "Why?", "missing": "Say why"}],
                }
            ],
        },
        {
            "id": "things",
            "section": "You",
            "title": "Things",
            "questions": [
                {
                    "id": "things",
                    "type": "list",
                    "item": "thing",
                    "label": "Things",
                    "optional": True,
                    "questions": [
                        {
                            "id": "thing",
                            "type": "number",
                            "label": "How much?",
                            "optional": True,
                            "unit": "miles",
                            "most": 9,
                            "outside": "Too far",
                        }
                    ],
                }
            ],
        },
    ],
}
GAELIC = {
    "title": ("Small", "Beag"),
    "sections.You": ("You", "Sibhse"),
    "pages.why.title": ("{label}: why?", "{label}: carson?"),
    "questions.why.missing": ("Say why", "Innsibh carson"),
    "questions.things.items": ("things", "rudan"),
    "questions.thing.outside": ("Too far", "Ro fhada air falbh"),
    "pages.why.at-least-one": ("Say one", "Innsibh aon"),
}


def small(**changed: Any) -> Questionnaire:
    return Questionnaire.from_definition(SMALL | changed)


def translation(entries: Mapping[str, tuple[str, str]] = GAELIC) -> Translation:
    return Translation(texts={place: Entry(english=one[0], text=one[1]) for place, one in entries.items()})


def in_gaelic(said: Translation | None = None, original: Questionnaire | None = None) -> Questionnaire:
    return translations.spoken(original or small(), "gd", said or translation())


# -- What is said ---------------------------------------------------------------------------------


def test_texts_stand_in_the_other_language_and_ids_stay() -> None:
    spoken = in_gaelic()
    assert (spoken.title, spoken.language) == ("Beag", "gd")
    assert [step.page.id for step in spoken.steps] == [step.page.id for step in small().steps]
    assert spoken.questions.keys() == small().questions.keys()
    assert spoken.page("planning-why", {"parts": ["planning"]}).title == "Planadh: carson?"
    assert {page.section for page, _ in spoken.steps if page.id in ("parts", "things")} == {"Sibhse"}
    assert spoken.questions["things"].many == "rudan"
    told = {problem.message for problem in spoken.complete({"parts": ["planning"], "sure": "yes"})}
    assert told == {"Innsibh carson", "Innsibh aon"}


def test_choices_of_the_plan_and_of_every_questionnaire_have_their_names_from_files_of_their_own() -> None:
    spoken = in_gaelic(Translation())
    assert [choice.label for choice in spoken.questions["sure"].choices] == ["Tha", "Chan eil", "Chan eil fhios agam"]
    assert spoken.questions["parts"].choices[3].label == "Planadh"
    assert spoken.page("planning-why", {"parts": ["planning"]}).intro.startswith("Tha Alba a’ planadh")


def test_what_has_no_translation_stands_in_english_and_says_so() -> None:
    spoken = in_gaelic()
    assert spoken.summary == "A small one."
    assert isinstance(spoken.summary, Fallback)
    assert not isinstance(spoken.title, Fallback)
    assert isinstance(spoken.questions["things"].name_of(2), Fallback)
    with speech.speaking("gd") as noted:
        assert spoken.summary.__html__() == '<span lang="en-GB">A small one.</span>'
        assert noted.fell_back
    assert Fallback("<b>").__html__() == '<span lang="en-GB">&lt;b&gt;</span>'


def test_a_translation_of_other_english_is_not_shown() -> None:
    for changed in ("Little", "small"):
        spoken = in_gaelic(original=small(title=changed))
        assert spoken.title == changed
        assert isinstance(spoken.title, Fallback)
    assert in_gaelic(original=small(title=" Small\n")).title == "Beag"


def test_a_repeated_text_in_english_stays_marked_when_it_is_filled() -> None:
    spoken = in_gaelic(Translation())
    title = spoken.page("planning-why", {"parts": ["planning"]}).title
    assert title == "Planadh: why?"
    assert isinstance(title, Fallback)


def test_lines_are_lines_of_their_own_on_a_page() -> None:
    spoken = in_gaelic(translation({"summary": ("A small one.", "Aon & dhà.\nTrì.")}))
    assert isinstance(spoken.summary, Lines)
    assert spoken.summary.__html__() == (
        '<span class="fl_easy__line">Aon &amp; dhà.</span>\n<span class="fl_easy__line">Trì.</span>'
    )


def test_a_translated_questionnaire_gives_its_english_back_and_english_is_itself() -> None:
    original = small()
    spoken = in_gaelic(original=original)
    assert spoken.english is original
    assert translations.spoken(spoken, "easy").english is original
    assert translations.spoken(spoken, "en") is original
    assert original.english is original
    assert original.title == "Small"


def test_what_is_translated_changes_no_version() -> None:
    assert small().definition == in_gaelic().english.definition
    assert small().texts == in_gaelic().english.texts


ANSWERS = {"one-of": st.sampled_from(["yes", "no", "unknown"]), "any-of": st.just(["planning", "good-childhood"])}


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_answers_begun_in_one_language_and_continued_in_another_are_the_same_answers(data: st.DataObject) -> None:
    """Whatever language each page is read in, the same things posted are kept as the same answers."""
    main = questionnaire.load("keeping-the-promise")
    spoken = {language: translations.spoken(main, language) for language in ("en", *LANGUAGES)}
    kept: dict[str, dict[str, Any]] = {"english": {}, "mixed": {}}
    for step in main.steps:
        if step.page.listing or main.page(step.page.id, kept["english"]) is None:
            continue
        posted = {
            question.id: data.draw(posts(question), label=question.id)
            for question in step.page.questions
            if question.type != "file"
        }
        language = data.draw(st.sampled_from(sorted(spoken)), label="language")
        read = {
            "english": questionnaire.reading.read(main.page(step.page.id, kept["english"]), posted),
            "mixed": questionnaire.reading.read(spoken[language].page(step.page.id, kept["mixed"]), posted),
        }
        for name, one in read.items():
            kept[name] |= one.answers
        assert [one.question_id for one in read["english"].problems] == [
            one.question_id for one in read["mixed"].problems
        ]
    assert kept["english"] == kept["mixed"]
    for one in spoken.values():
        assert [page.id for page in one.pages_for(kept["mixed"])] == [
            page.id for page in main.pages_for(kept["english"])
        ]


def posts(question: Any) -> st.SearchStrategy[list[str]]:
    ids = [choice.id for choice in question.choices]
    if question.type == "any-of":
        return st.lists(st.sampled_from(ids), max_size=3)
    return st.lists(st.sampled_from([*ids, "other"]) if ids else st.text(max_size=20), max_size=1)


# -- Files ----------------------------------------------------------------------------------------


def written(folder: Path, content: Any) -> Path:
    path = folder / "small.gd.yaml"
    path.write_text(content if isinstance(content, str) else definitions.written(content), encoding="utf-8")
    return path


def problems_of(path: Path) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        translations.check(path, small().texts)
    return [str(problem).removeprefix(f"{path}:") for problem in refused.value.problems]


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, translation().model_dump())
    assert translations.check(path, small().texts) == translation()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("  titel: {english: Small, text: Beag}", "2: texts.titel: Remove this, or name a text that there is"),
        ("  title: {english: Small}", "2: texts.title.text: Add this field"),
        ("  title: {english: Small, text: Beag, note: x}", "2: texts.title.note: Remove this field"),
        ("  title: {english: Small, text: ''}", "2: texts.title.text: Write something here"),
        (
            "  title: {english: Small, text: A}\n  title: {english: Small, text: B}",
            "3: texts.title: Keep one of the two",
        ),
        (
            "  pages.why.title:\n    english: '{label}: why?'\n    text: Carson?",
            "4: texts.pages.why.title.text: Write {label} here too",
        ),
        ("  title: {english: Small, text: '{hint}'}", "2: texts.title.text: Take {hint} out"),
        ("  title: Beag", "2: texts.title: Write a block of fields here"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_by_line_and_field(tmp_path: Path, lines: str, expected: str) -> None:
    [problem] = problems_of(written(tmp_path, f"texts:\n{lines}\n"))
    assert problem.startswith(expected)


def test_a_file_that_is_not_sound_says_nothing_and_takes_nothing_offline(tmp_path: Path) -> None:
    path = written(tmp_path, "texts:\n  title: [\n")
    assert translations.of_file(path) == Translation()
    assert translations.of_file(tmp_path / "none.gd.yaml") == Translation()


def test_a_translation_is_no_version_of_the_questionnaire(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(definitions.written(SMALL), encoding="utf-8")
    written(tmp_path, translation().model_dump())
    assert questionnaire.load("small", folder=tmp_path).version == 1
    assert translations.checked(tmp_path / "small.yaml", small()) == {"gd": translation()}


def test_the_state_counts_what_is_there_and_names_what_is_not() -> None:
    said = translation({"title": ("Small", "Beag"), "summary": ("An old one.", "Sean.")})
    state = translations.state(small(), "gd", said)
    shared = sum(".choices." in place for place in small().texts)
    assert (state.done, state.texts) == (shared + 1, len(small().texts))
    assert state.stale == ("summary",)
    assert "audience" in state.missing
    assert str(state) == f"Gaelic: {shared + 1} of {len(small().texts)} texts, 1 out of date"
    assert str(translations.state(small(), "gd", Translation())) == "Gaelic: not translated"


def test_what_was_kept_is_said_where_the_file_does_not_fit() -> None:
    main = questionnaire.load("keeping-the-promise")
    older = Questionnaire.from_definition({**main.definition, "title": "An older title"})
    kept = translation({"title": ("An older title", "Tiotal nas sine"), "summary": (main.summary, "Geàrr-chunntas")})
    both = translations.of(older, "gd", kept)
    assert translations.spoken(older, "gd", both).title == "Tiotal nas sine"
    # A better translation of the same English comes before the one that was kept.
    assert translations.spoken(older, "gd", both).summary.startswith("Innsibh dhuinn")


# -- What is shipped ------------------------------------------------------------------------------

MAIN = questionnaire.load("keeping-the-promise")
SHIPPED = [
    (path, originals)
    for language in LANGUAGES
    for path, originals in (
        (translations.path_of("keeping-the-promise", language), MAIN.texts),
        (framework.FOLDER / f"plan-21-24.{language}.yaml", translations.of_plan("plan-21-24")),
        (COMMON.with_suffix(f".{language}.yaml"), translations.common()),
    )
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_main_questionnaire_is_whole_in_every_language(language: str) -> None:
    state = translations.state(MAIN, language, translations.of(MAIN, language))
    assert (state.missing, state.stale) == ((), ())
    spoken = translations.spoken(MAIN, language)
    assert not any(isinstance(text, Fallback) for step in spoken.steps for text in (step.page.title, step.page.intro))


@pytest.mark.parametrize(("path", "originals"), SHIPPED, ids=lambda value: getattr(value, "name", ""))
def test_every_file_is_sound_and_follows_its_english(path: Path, originals: dict[str, str]) -> None:
    said = translations.check(path, originals)
    assert said.fit(originals).keys() == said.texts.keys()
    if originals is not MAIN.texts:
        # Easy Read leaves the names of the areas as they are.
        whole = {place for place in originals if not (".easy." in path.name and place.startswith("areas."))}
        assert whole <= said.texts.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_english_to_choose_from_has_one_name(language: str) -> None:
    names: dict[str, set[str]] = {}
    for path, _ in (one for one in SHIPPED if f".{language}." in one[0].name and "keeping" not in one[0].name):
        for entry in translations.of_file(path).texts.values():
            names.setdefault(entry.english, set()).add(entry.text)
    assert {english: told for english, told in names.items() if len(told) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_can_be_told_apart_in_english_can_be_told_apart(language: str) -> None:
    spoken = translations.spoken(MAIN, language)
    titles = [step.page.title for step in spoken.steps]
    assert len(set(titles)) == len(titles)
    lists = [one for question in spoken.questions.values() for one in (question, *question.questions)]
    for question in lists:
        labels = [choice.label for choice in question.choices]
        assert len(set(labels)) == len(labels), question.id


def texts_in(language: str) -> dict[str, str]:
    return {
        f"{path.name}: {place}": entry.text
        for path, _ in SHIPPED
        if f".{language}." in path.name
        for place, entry in translations.of_file(path).texts.items()
    }


def test_gaelic_is_written_as_gaelic_is() -> None:
    """Accents lean one way only, elisions have an apostrophe that leans, and no English is left over."""
    texts = texts_in("gd")
    acute = {place: text for place, text in texts.items() if re.search("[áéíóúÁÉÍÓÚ]", text)}
    straight = {place: text for place, text in texts.items() if "'" in text or '"' in text}
    english = {place for place, text in texts.items() if re.search(r"\b(the|and|you|your|of|or|what)\b", text)}
    assert (acute, straight, english) == ({}, {}, set())
    letters = set("".join(texts.values()).lower()) & set("jkqvwxyz")
    assert letters == set()


def sentences_of(text: str) -> list[list[str]]:
    parts = re.split(r"[.!?:;\n]", text.replace("{label}: ", "").replace("Information Commissioner's Office", "it"))
    found = (re.findall(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*", part) for part in parts)
    return [words for words in found if words]


def test_easy_read_can_be_read_at_eight() -> None:
    texts = texts_in("easy")
    told = [sentence for text in texts.values() for sentence in sentences_of(text)]
    assert reading_age(told) <= 8
    long = {place: text for place, text in texts.items() if sum(map(len, sentences_of(text))) > 25}
    ages = {place: round(reading_age(sentences_of(text)), 1) for place, text in long.items()}
    assert {place: age for place, age in ages.items() if age > 9} == {}


def test_easy_read_says_one_short_thing_a_line() -> None:
    for place, text in texts_in("easy").items():
        assert max(len(sentence) for sentence in sentences_of(text)) <= 15, place
        for line in text.split("\n"):
            assert len(re.findall(r"[.?!](?= |$)", line)) <= 3, (place, line)
            assert len(line.split()) <= 26, (place, line)


def test_easy_read_keeps_the_language_fundamental() -> None:
    never = re.compile(rf"\b({NEVER_OURS})\b", re.IGNORECASE)
    assert [(place, never.findall(text)) for place, text in texts_in("easy").items() if never.search(text)] == []
