import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import duplicates
from analysis.duplicates import groups

PROJECT = Path(__file__).resolve().parents[2]
SAID = "We have trained nine foster carers in the town of Perth since March."
LETTER = (
    "I write to ask that every young person who leaves care has a flat of their own before the winter. Nobody should "
    "have to sleep on a friend's floor because the list is long, and nobody should be told on the last day that the "
    "door is shut. Please put this to the committee when it meets."
)
# Other statements on the subjects of SAID and LETTER.
OTHERS = [
    "Foster carers in our town are trained by a charity, mostly on Saturdays.",
    "Training for foster carers should begin before a child moves in.",
    "We have trained our teachers in the use of plain words since May.",
    "Every young person who leaves care should have somebody to ring at night.",
    "The waiting list for a flat is long and young people wait for two years.",
    "The committee will meet in winter to talk about housing for care leavers.",
]
LETTERS = random.Random(0)
# So many words that no two texts of them share much by chance.
WORDS = ["".join(LETTERS.choices("aeioulmnrst", k=6)) for _ in range(3_000)]


@pytest.mark.parametrize(
    "edited",
    [
        "WE HAVE TRAINED NINE FOSTER CARERS IN THE TOWN OF PERTH SINCE MARCH",
        "we have trained nine foster carers, in the town of Perth, since March...",
        "We have trained nine foster carers in the town of Pérth since March!",
        "We have trianed nine foster carers in the town of Perth since March.",
        "We have trained nine foster carers in the town of Moray since March.",
        "We have trained twelve foster carers in the town of Perth since March.",
        "Yes. We have trained nine foster carers in the town of Perth since March.",
        "We have trained nine foster carers in the town of Perth since March. It helps.",
    ],
)
def test_a_text_and_its_copy_with_a_small_edit_are_a_group(edited):
    assert groups([OTHERS[0], SAID, *OTHERS[1:], edited]) == [(1, 7)]


def test_another_number_is_a_small_edit_in_a_statement_and_another_answer_in_a_few_words():
    assert groups(["In 2021 we found homes for 9 brothers.", "In 2022 we found homes for 112 brothers."]) == [(0, 1)]
    assert groups(["10 beds", "45 beds"]) == []


def test_texts_on_one_subject_are_no_group():
    assert groups([SAID, LETTER, *OTHERS]) == []


def test_very_short_texts_group_only_where_they_are_equal():
    assert groups(["N/A", "None", "n.a.", "none.", "No one", "Not yet", "na"]) == [(0, 2, 6), (1, 3)]
    assert groups(["More money", "More monkey", "Money, more"]) == []


@pytest.mark.parametrize("text", ["", " ", "?!", "—\n—", "👍", "\ud800", "_"])
def test_texts_without_a_word_are_in_no_group(text):
    assert groups([text, text, text]) == []


def test_a_campaign_letter_is_found_under_what_people_wrote_before_and_after_it():
    before = "My sister left care last year and I saw what it did to her. She is doing well at college now. "
    after = " I work in a shop near the school, and I see them waiting in the rain with all that they own in a bag."
    letters = [LETTER, before + LETTER, LETTER + after, "Dear councillor, " + LETTER.upper() + " Yours, Ann"]
    assert groups([*OTHERS, *letters, before]) == [(6, 7, 8, 9)]
    assert groups([before + LETTER, *OTHERS, LETTER + after]) == [(0, 7)]


def test_a_letter_is_found_in_a_document_of_many_pages():
    draw = random.Random(1)
    one, other, rest = (" ".join(draw.choices(WORDS, k=3_000)) for _ in range(3))
    assert groups([one, LETTER, f"{other} {LETTER} {rest}"]) == [(1, 2)]


def test_texts_that_share_only_a_set_phrase_are_no_group():
    phrase = "children and young people who are looked after at home or away from home and their families"
    draw = random.Random(2)
    around = [[" ".join(draw.choices(WORDS, k=25)) for _ in range(2)] for _ in range(50)]
    texts = [f"{before} {phrase} {after}" for before, after in around]
    assert groups(texts) == []


def test_the_order_of_texts_changes_no_group():
    texts = [*some_texts(300), LETTER, "Ann says: " + LETTER, "N/A", "n/a"]
    wanted = {frozenset(texts[place] for place in group) for group in groups(texts)}
    assert len(wanted) > 30
    for seed in range(3):
        mixed = random.Random(seed).sample(texts, len(texts))
        assert {frozenset(mixed[place] for place in group) for group in groups(mixed)} == wanted


def test_groups_and_their_members_come_in_order():
    found = groups(list(reversed(some_texts(200))))
    assert found == sorted(found)
    assert all(list(group) == sorted(group) for group in found)


def test_the_seed_of_pythons_hashes_changes_nothing():
    program = f"from analysis import duplicates; print(duplicates.groups({some_texts(100)!r}))"
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=PROJECT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


@pytest.mark.slow
def test_pairs_to_compare_grow_with_the_texts():
    few, many = (len(candidates(some_texts(count))) for count in (5_000, 20_000))
    # Four times the texts; all pairs would be sixteen times as many, and 200 million.
    assert many < 6 * few
    assert many < 20_000


@pytest.mark.slow
def test_a_campaign_of_thousands_is_compared_with_few():
    draw = random.Random(4)
    letters = [" ".join(draw.choices(WORDS, k=9)) + ". " + LETTER for _ in range(3_000)]
    assert len(candidates(letters)) < 2 * len(letters) * len(LETTER.split())
    assert groups(letters) == [tuple(range(3_000))]


def test_thousands_of_equal_texts_are_one_text_said_often():
    assert groups([SAID] * 5_000) == [tuple(range(5_000))]
    assert len(candidates([SAID] * 5_000)) == 0


def test_nothing_and_one_text_have_no_groups():
    assert groups([]) == groups([SAID]) == []


@pytest.mark.parametrize("text", ["a" * 200_000, "a " * 100_000, "ab " * 100_000, "Σίσυφος " * 9, "児童" * 300])
def test_texts_that_nobody_writes_are_compared_too(text):
    assert groups([text, SAID, text + " x", text.upper()]) in ([(0, 2, 3)], [(0, 3)])


def some_texts(count):
    """Statements of 8 to 30 words of chance; each fourth is the one before it with another word in its middle."""
    draw = random.Random(3)
    texts = []
    for place in range(count):
        words = texts[-1].split() if place % 4 == 3 else draw.choices(WORDS, k=draw.randint(8, 30))
        words[len(words) // 2] = draw.choice(WORDS)
        texts.append(" ".join(words))
    return texts


def candidates(texts):
    return duplicates.candidates(sorted({duplicates.normalised(text) for text in texts}))
