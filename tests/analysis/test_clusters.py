from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from analysis import clusters, outside
from analysis.clusters import themes
from tests.unforeseen import ODD, SAID

TEXTS = [line for lines in SAID.values() for line in lines]
SUBJECTS = [subject for subject, lines in SAID.items() for _ in lines]


HALF_SENTENCES = """
    You could have heard a pin drop.
    We think this deserves more attention than it has had.
    First cohort of 180 finished in May.
    Unpaid.
    someone to type
    Plain as that.
    She kens everybody.
    Their answers carry a third of the weight of the grade.
    We ignored it and I would again.
    Never had a bad review.
    The sums are tiny.
    Expensive principle.
    Failing that three.
    Nothing fancy.
    You can go to the wedding.
    None of us academics would've thought of that.
    Fewer applications, better ones.
    Aiming for next easter, we've raised 2 grand of 6.
    started with 5 of us in a borrowed church hall, 30 odd now.
    Benefits, immigration, a good part of education law.
    Songbook and play boxes in Gaelic, we have plenty.
    14 regulars, started with 2
    A minibus with a driver.
""".strip().splitlines()


@pytest.fixture(scope="module")
def vectors():
    return outside.meanings(TEXTS)


@pytest.mark.slow
def test_each_theme_is_on_one_subject_and_each_subject_is_found(vectors):
    found = themes(TEXTS, vectors)
    assert sorted(map(main_subject, found)) == sorted(set(SAID) - {ODD})
    for theme in found:
        on_subject = [SUBJECTS[place] for place in theme.members].count(main_subject(theme))
        assert on_subject >= 0.8 * len(theme.members)


@pytest.mark.slow
def test_what_belongs_nowhere_stays_out(vectors):
    odd = [place for place, subject in enumerate(SUBJECTS) if subject == ODD]
    placed = {place for theme in themes(TEXTS, vectors) for place in theme.members}
    assert len(placed.intersection(odd)) <= 0.2 * len(odd)


@pytest.mark.parametrize("seed", range(3))
def test_where_vectors_have_no_pattern_there_is_no_theme_though_words_are_shared(seed):
    lots = np.random.default_rng(seed)
    texts = [" ".join(lots.choice(" ".join(TEXTS).split(), 12)) for _ in range(150)]
    assert themes(texts, lots.normal(size=(len(texts), 384))) == []


def test_themes_are_stable_over_seeds_orders_and_samples(vectors):
    runs = [sampled_run(vectors, seed) for seed in range(5)]
    for one, other in combinations(runs, 2):
        shared = sorted(one.keys() & other.keys())
        assert len(shared) > 0.75 * len(TEXTS)
        assert adjusted_rand_score([one[place] for place in shared], [other[place] for place in shared]) >= 0.8


def test_the_order_of_statements_changes_no_theme(vectors):
    mixed = np.random.default_rng(1).permutation(len(TEXTS))
    found, other = themes(TEXTS, vectors), themes([TEXTS[place] for place in mixed], vectors[mixed])
    assert [theme.name for theme in found] == [theme.name for theme in other]
    assert [theme.members for theme in found] == [tuple(mixed[list(theme.members)].tolist()) for theme in other]


def test_names_are_words_people_wrote_and_tell_themes_apart(vectors):
    found = themes(TEXTS, vectors)
    names = {main_subject(theme): theme.name for theme in found}
    assert "parking" in names["parking"]
    assert {"computer", "password"} <= set(names["passwords"])
    assert "lunch" in names["lunch"]
    for theme in found:
        assert 3 <= len(theme.name) <= 4
        written = " ".join(TEXTS[place] for place in theme.members).lower()
        assert all(word in written for word in theme.name)
        assert not {"the", "and", "for", "not"} & set(theme.name)


def test_a_name_has_no_word_in_singular_and_plural(vectors):
    for theme in themes(TEXTS, vectors):
        assert len({word.removesuffix("s") for word in theme.name}) == len(theme.name)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Parking is full, the car parks too.", [(1, 0, 7), (0, 21, 24), (2, 25, 30)]),
        ("The car's roof. A car!", [(0, 4, 7)]),
        ("CAR", [(0, 0, 3)]),
        ("Carpets and bicycles", []),
        ("", []),
    ],
)
def test_where_a_text_says_the_words_of_a_name(text, places):
    assert clusters.where_said(("car", "parking", "park"), text) == places


def test_what_is_alike_only_in_being_like_nothing_else_is_no_theme():
    """Half sentences lie together where the words of others are laid out, and few of them share any."""
    told = [text for text, subject in zip(TEXTS, SUBJECTS, strict=True) if subject != ODD]
    texts = [*told, *SAID[ODD], *HALF_SENTENCES]
    found = themes(texts, outside.meanings(texts))
    assert len(found) == 6
    for theme in found:
        assert sum(place < len(told) for place in theme.members) >= theme.size - 1


def test_the_nearest_come_first_and_the_largest_theme_too(vectors):
    found = themes(TEXTS, vectors)
    assert [theme.size for theme in found] == sorted((theme.size for theme in found), reverse=True)
    for theme in found:
        middle = unit(vectors[list(theme.members)] - vectors.mean(axis=0)).mean(axis=0)
        nearness = unit(vectors[list(theme.members)] - vectors.mean(axis=0)) @ middle
        assert nearness[0] > np.median(nearness) > nearness[-1]
        assert 0 < theme.cohesion <= 1


def test_a_statement_sent_a_thousand_times_counts_once(vectors):
    often = np.array([0] * 1_000 + list(range(1, len(TEXTS))))
    texts = [TEXTS[place] for place in often]
    found = {main_subject(theme): theme for theme in themes(TEXTS, vectors)}
    theme = next(theme for theme in themes(texts, vectors[often]) if 0 in theme.members)
    assert set(range(1_000)) <= set(theme.members)
    assert theme.size == found["parking"].size
    assert themes([TEXTS[0]] * 1_000, vectors[[0] * 1_000]) == []


def test_beyond_its_bound_the_tree_is_grown_from_some_and_the_others_join(vectors, monkeypatch):
    everywhere = labelled(themes(TEXTS, vectors), len(TEXTS))
    monkeypatch.setattr(clusters, "MOST", 70)
    for seed in range(3):
        found = labelled(themes(TEXTS, vectors, seed=seed), len(TEXTS))
        assert adjusted_rand_score(everywhere, found) >= 0.7


@pytest.mark.parametrize("shape", [(3, 8), (8,), (0, 8)])
def test_one_row_is_needed_for_each_text(shape):
    with pytest.raises(ValueError, match="One row is needed for each of 2 texts"):
        themes(["one", "two"], np.zeros(shape))


def test_vectors_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="finite"):
        themes(["one"], np.array([[np.nan, 1]]))


@pytest.mark.parametrize("texts", [[], ["One."], [""] * 50, ["the"] * 50, TEXTS])
def test_where_vectors_or_texts_say_nothing_there_is_no_theme(texts):
    assert themes(texts, np.zeros((len(texts), 384))) == []
    assert themes(texts, np.ones((len(texts), 384))) == []


def sampled_run(vectors, seed):
    """The theme of each statement of a sample of nine tenths in an order of chance; -1 where it has none."""
    sample = np.random.default_rng(seed).permutation(len(TEXTS))[: round(0.9 * len(TEXTS))]
    found = themes([TEXTS[place] for place in sample], vectors[sample], seed=seed)
    return dict(zip(sample.tolist(), labelled(found, len(sample)), strict=True))


def labelled(found, count):
    labels = [-1] * count
    for number, theme in enumerate(found):
        for place in theme.members:
            labels[place] = number
    return labels


def main_subject(theme):
    said = [SUBJECTS[place] for place in theme.members]
    return max(set(said), key=said.count)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
