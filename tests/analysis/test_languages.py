"""Which language a text is in; every text here was written for these tests."""

import pytest

from analysis.languages import READ, language_of

TEXTS = {
    "en": [
        "We meet every fortnight and nobody has missed one yet.",
        "CAMHS. 14 months, longer if they move",
        "No transport after six o'clock",
        "Waiting lists and more waiting lists",
        "kinship carers arent told what they can claim",
        "THE WHOLE SERVICE RUNS ON ONE YEAR MONEY",
        "Bairns' Hoose opening in spring",
        "Two wee cottages, four bairns in each",
        "The weans' group in Ayr is run by parents",
        "GIRFEC, UNCRC, NCS, WFWF: all at once",
        "VHT appointed Aug 2024, 2 yr post",
    ],
    "sco": [
        "naebody telt us whit the meetin wis for",
        "Ma brither bides wi ma auntie noo an ah dinnae see him",
        "We cannae get a hoose big enough for aw the bairns",
        "they aye say they'll phone an they never dae",
        "It wisnae the worker's fault, she'd ower mony families",
        "Ah jist want tae bide wi ma granny",
        "The weans dinnae ken whit's gaun oan",
        "Thon hearing room is cauld an naebody kens yer name",
    ],
    "gd": [
        "Tha feum againn air barrachd luchd-obrach aig a bheil Gàidhlig.",
        "Chan eil àite ann far an urrainn don chloinn coinneachadh ri chèile",
        "Bidh sinn a' bruidhinn ris na teaghlaichean gach seachdain",
        "Chaidh an òigridh gu coinneimh ann an Steòrnabhagh",
        "Tha a' chlann ag iarraidh fuireach còmhla",
        "Dè tha a' cur bacadh oirbh? Chan eil airgead gu leòr ann.",
    ],
    "pl": [
        "Potrzebujemy tłumacza na każde spotkanie z rodziną",
        "Dzieci chcą mieszkać razem ze swoim rodzeństwem.",
        "Nikt nam nie wyjaśnił, jakie mamy prawa",
        "Czekamy na terapię już ponad rok",
        "Moja córka mówi po polsku, a szkoła o tym nie wie",
        "Chcielibyśmy spotykać się z innymi rodzicami",
    ],
    "uk": ["Нам потрібна допомога з житлом для дітей", "Діти хочуть жити разом із братами"],
    "ur": ["ہمیں اپنے بچوں کے لیے مدد چاہیے", "کوئی ہماری بات نہیں سنتا"],
    "zh": ["我们需要更多的帮助来照顾孩子", "没有人听孩子们说话"],
    "ar": ["نحتاج إلى مساعدة في السكن من أجل الأطفال"],
    "ro": ["Avem nevoie de sprijin pentru copiii noștri și nu știm unde să cerem"],
}


@pytest.mark.parametrize(("language", "text"), [(language, text) for language, some in TEXTS.items() for text in some])
def test_the_language_of_a_text_is_told(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "   ", "123 / 456", "?!", "N/A", "ok", "Funding", "Staff turnover", "\u200b\x00"])
def test_what_is_too_short_to_tell_is_left_open_and_read(text: str) -> None:
    assert language_of(text) == ""
    assert language_of(text) in READ


@pytest.mark.parametrize("text", ["дякую", "谢谢", "Дуже дякую за допомогу NHS", "شكرا"])
def test_in_other_letters_even_a_word_is_not_read_as_english(text: str) -> None:
    assert language_of(text) not in READ


def test_english_and_scots_are_read_and_others_are_not() -> None:
    assert {language: language in READ for language in TEXTS} == {
        language: language in ("en", "sco") for language in TEXTS
    }


def test_one_foreign_line_does_not_make_a_long_english_answer_foreign() -> None:
    english = "We work with families where they live, in the school, the hall and the shop. " * 3
    assert language_of(f"Tha sinn ag obair còmhla ri teaghlaichean. {english}") == "en"
