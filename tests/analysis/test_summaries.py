"""Summaries of what was heard: no sentence without statements that say it, and no number that they do not give."""

import random
import re

import pytest

from analysis import duplicates, statements, summaries
from forms.heard import NATIONWIDE, Organisation, Said, Sentence, Way, heading_of, in_our_words, name_of, voices_of

NAMES = ["legal aid", "night shifts", "kinship carers", "trauma training", "sibling contact", "foster placements"]
SAYINGS = [
    "We ask for {}.",
    "Nobody pays for {} after March, and we have written to say so.",
    "{} are what our families miss most of all.",
    "There is a long wait for {} in the north.",
    "{}",
    "and then {}",
    "It took 3 years and 40 letters to get {}!",
]
PLAIN = ["Money.", "N/A", "The bus stops at six o'clock on every Sunday.", "We walked to Perth in 1998.", "aye", "?"]
LETTER = (
    "Please keep the youth club on Mill Street open because it is the only warm room for young folk in the village."
)


@pytest.fixture(scope="module")
def language():
    return statements.load_language()


def a_set(lots: random.Random) -> list[Said]:
    """Some statements of some organisations and people, with copies, letters, joint returns and half sentences."""
    places = ["fife", "moray", "angus", "highland", NATIONWIDE]
    organisations = [
        Organisation(n, f"Organisation {n}", lots.choice("abc"), frozenset(lots.sample(places, lots.randrange(4))))
        for n in range(lots.randint(1, 6))
    ]
    found = []
    for id in lots.sample(range(10_000), lots.randint(1, 24)):
        name = lots.choice(NAMES)
        text = lots.choice(
            [*(one.format(name) for one in SAYINGS), lots.choice(PLAIN), LETTER, LETTER.replace("room", "rom")]
        )
        by = tuple(lots.sample(organisations, min(len(organisations), lots.choice([0, 1, 1, 1, 2]))))
        other = lots.choice(["individual", "unnamed"])
        found.append(Said(id, text, by, **({} if by else {other: f"{other} {lots.randrange(5)}"})))
    return found


def numbers_in(text: str) -> list[int]:
    """The numbers that a sentence of ours says, in its order; those in the name of an organisation are not ours."""
    ours = re.sub(r"Organisation \d+", "", text)
    return [1 if word == "one" else int(word) for word in re.findall(r"\b(?:\d+|one)\b", ours.lower())]


def counted_by_hand(sentence: Sentence, of: dict[int, Said]) -> list[int]:
    cited = [of[id] for id in sentence.citations]
    organisations = {one.id: one for said in cited for one in said.organisations}
    kinds = len({one.kind for one in organisations.values()})
    areas = len({area for one in organisations.values() for area in one.areas if area != NATIONWIDE})
    individuals, unnamed = ({getattr(one, name) for one in cited} - {""} for name in ("individual", "unnamed"))
    alone = len(organisations) + len(individuals) + len(unnamed) == 1
    # Copies count once for whoever sent them.
    texts = [one.text for one in of.values()]
    same = {id: place for place, group in enumerate(duplicates.groups(texts)) for id in group}
    place_of = {id: place for place, id in enumerate(of)}
    ways = len({(same.get(place_of[one.id], -one.id - 1), tuple(voices_of(one))) for one in cited})
    who = [len(organisations)] if organisations else []
    who += [kinds] if kinds > 1 else []
    who += [areas] if areas else []
    who += [len(some) for some in (individuals, unnamed) if some]
    if sentence.way is Way.REST:
        return [ways, *who]
    if not alone:
        return who
    ways = [ways] if sentence.way is Way.NAMED and ways > 1 else []
    return ways if organisations else [1, *ways]


@pytest.mark.parametrize("sets", [40, pytest.param(1_000, marks=pytest.mark.slow)])
def test_in_a_thousand_summaries_every_sentence_stands_on_its_statements(language, sets: int) -> None:
    seen = set()
    for seed in range(sets):
        lots = random.Random(seed)
        given = a_set(lots)
        of = {one.id: one for one in sorted(given, key=lambda one: one.id)}
        points = summaries.summarise(given, language=language)
        cited = [id for point in points for id in point.sentence.citations]
        assert sorted(cited) == sorted(of), seed  # all of them, and each once
        for point in points:
            sentence = point.sentence
            seen.add(sentence.way)
            assert numbers_in(sentence.text) == counted_by_hand(sentence, of), (seed, sentence.text)
            for id, (start, end) in point.places.items():
                assert of[id].text[start:end].strip(), seed
            if sentence.way is Way.NAMED:
                assert set(point.places) == set(sentence.citations), seed
        shared = [
            (point.sentence.organisations, point.sentence.voices)
            for point in points
            if point.sentence.way is not Way.REST
        ]
        assert shared == sorted(shared, key=lambda one: (-one[0], -one[1])), seed
        assert [point.sentence.way for point in points[:-1]].count(Way.REST) == 0, seed
        lots.shuffle(given)
        again = summaries.summarise(given, language=language)
        assert [(one.sentence.text, one.sentence.citations) for one in again] == [
            (one.sentence.text, one.sentence.citations) for one in points
        ], seed
    assert seen == set(Way)


def by(id: int, kind: str = "charity", areas: tuple[str, ...] = ()) -> tuple[Organisation]:
    return (Organisation(id, f"Organisation {id}", kind, frozenset(areas)),)


OF = {1: Said(1, "Legal aid is late.", by(1)), 2: Said(2, "We wait for legal aid.", by(2))}


@pytest.mark.parametrize(
    ("name", "citations"),
    [
        ("legal aid", ()),
        ("legal aid", (3,)),
        ("legal aid", (1, 3)),
        ("legal aid", (1, 1)),
        ("4 homes", (1,)),
        ("", (1,)),
    ],
)
def test_a_sentence_without_support_cannot_be_made(name: str, citations: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="sentence|name"):
        Sentence(name, citations, OF)


def test_no_number_can_be_given_to_a_sentence() -> None:
    with pytest.raises(TypeError):
        Sentence("legal aid", (1, 2), OF, organisations=14)
    with pytest.raises(AttributeError):
        Sentence("legal aid", (1, 2), OF).organisations = 14


def points_of(language, *said: Said) -> list[str]:
    return [point.sentence.text for point in summaries.summarise(said, language=language)]


def test_who_said_it_is_told_as_an_officer_would(language) -> None:
    texts = ["We wait for legal aid.", "Legal aid is late again.", "Nobody here has had legal aid since May."]
    assert points_of(
        language,
        Said(1, texts[0], by(1, "council", ("fife",))),
        Said(2, texts[1], by(2, "charity", ("fife", "moray", NATIONWIDE))),
        Said(3, texts[2], individual="a"),
    ) == ["2 organisations of 2 kinds, in 2 areas and across Scotland, and one individual spoke of legal aid."]


def test_a_letter_sent_by_many_is_one_wording_of_many_voices(language) -> None:
    letters = [Said(id, LETTER, individual=str(id)) for id in range(5)] + [
        Said(9, LETTER, by(1)),
        Said(8, LETTER, by(1)),
    ]
    [point] = summaries.summarise(letters, language=language)
    assert point.sentence.text == "One organisation and 5 individuals said this in the same words."
    assert (point.sentence.wordings, len(point.sentence.citations)) == (6, 7)


def test_a_joint_return_counts_for_each_organisation_and_is_quoted_once(language) -> None:
    text = "We lose half of every new team within a year."
    assert points_of(language, Said(1, text, by(1) + by(2))) == ["2 organisations said this together."]


WITHOUT = (
    "Nobody here has had {} since May.",
    "We wait for {} in the north.",
    "{} is late again and again.",
    "Our lawyers left when {} was cut.",
    "A child cannot ask for {} alone.",
)


def test_what_one_organisation_alone_says_is_kept(language) -> None:
    shared = [Said(id, text.format("legal aid"), by(id)) for id, text in enumerate(WITHOUT)]
    told = points_of(language, *shared, Said(50, "Ferries stop at four in the winter.", by(50)))
    assert told == ["5 organisations spoke of legal aid.", "Organisation 50 alone said this."]


def test_words_that_say_nothing_and_the_subject_itself_name_no_point(language) -> None:
    said = [
        Said(1, "Young people told us about advocacy services last year.", by(1)),
        Said(2, "The advocacy services for young people close this year.", by(2)),
        Said(3, "Advocacy services are for young people.", by(3)),
    ]
    points = summaries.summarise(said, language=language, subject="Advocacy")
    assert {point.sentence.way for point in points} == {Way.QUOTED}


def test_our_own_words_keep_to_the_language_fundamental(language) -> None:
    said = [
        Said(1, "We arrange sibling contact on Sundays.", by(1)),
        Said(2, "There is no sibling contact in July.", by(2)),
    ]
    [point] = summaries.summarise(said, language=language)
    assert point.sentence.text == "2 organisations spoke of time together with brothers and sisters."
    assert all("sibling contact" in one.text for one in point.sentence.cited)
    ours = {"LAC": "children who are cared for", "a foster placement": "a home", "placements": "homes", "lace": "lace"}
    assert {term: in_our_words(term) for term in ours} == ours
    assert heading_of("the siblings") == "Brothers and sisters"


@pytest.mark.parametrize(
    ("forms", "name"),
    [
        (["legal aid", "Legal aid", "legal aid"], "legal aid"),
        (["a home", "a home", "homes"], "homes"),
        (["the price agreement", "the price agreement", "price agreement"], "the price agreement"),
        (["Police Scotland", "Police Scotland"], "Police Scotland"),
        ([], ""),
    ],
)
def test_a_name_is_how_most_write_it_and_of_many_where_any_does(forms: list[str], name: str) -> None:
    assert name_of((form, form[0].isupper()) for form in forms) == name


def test_headings_make_no_point(language) -> None:
    said = [Said(1, "Oversight and Monitoring", by(1)), Said(2, "22 Oversight and Monitoring", by(2))]
    [point] = summaries.summarise(said, language=language)
    assert point.sentence.text == "2 statements, by 2 organisations, do not stand by themselves."


def test_nothing_said_is_no_summary(language) -> None:
    assert summaries.summarise([], language=language) == []


def test_two_statements_of_one_id_are_refused(language) -> None:
    with pytest.raises(ValueError, match="id of its own"):
        summaries.summarise([OF[1], OF[1]], language=language)


def test_vectors_are_for_all_or_for_none(language) -> None:
    with pytest.raises(ValueError, match="2 has none"):
        summaries.summarise(OF.values(), language=language, vectors={1: [1.0]})
