from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from analysis import clusters, outside
from analysis.clusters import themes

# Invented, on subjects that the plan does not name.
SAID = {
    "parking": """
        Parking at the hospital costs too much.
        We need free parking at the hospital.
        The hospital car park is always full.
        There are too few parking spaces beside the office.
        The office car park is full by nine.
        Parking spaces should be free for visitors.
        Visitors cannot find a parking space near the office.
        Parking permits cost too much for volunteers.
        The car park needs more spaces for disabled visitors.
        Disabled parking spaces are too far from the door.
        Parking fines are handed out while families are in the hospital.
        A bigger car park would help visitors to the hospital.
    """,
    "heating": """
        The heating in the building has been broken since January.
        The building is damp and the heating does not work.
        Damp walls make the rooms of the building smell.
        The roof of the building leaks when it rains.
        Nobody repairs the leaking roof of our building.
        The boiler is broken and the rooms are cold.
        Rooms are cold because the old boiler is broken.
        The building needs a new boiler and a new roof.
        Rain comes in through the roof and the walls are damp.
        Heating repairs to the building take months.
        Cold and damp rooms are all that the old building has.
        The boiler, the roof and the windows of the building need repairs.
    """,
    "passwords": """
        Passwords for the computer system expire too often.
        I forget my password and the computer locks me out.
        Staff are locked out of the computer system when a password expires.
        The login to the computer system takes too many steps.
        New staff wait weeks for a computer login.
        Each computer system has its own login and password.
        One password for every system would save time.
        The computer system is slow and the login fails.
        The login page fails and I cannot reset my password.
        Resetting a password takes the IT desk days.
        The IT desk cannot give me a login to the new system.
        Slow computers and lost passwords waste our day.
    """,
    "lunch": """
        The lunch at the event was cold.
        There was no vegetarian food at the event lunch.
        Sandwiches ran out before everyone at the event had lunch.
        Please serve hot food for lunch at the next event.
        The food at the event was very good.
        Halal food should be served at every event.
        More vegetarian sandwiches would be welcome at lunch.
        Lunch was late and the sandwiches were dry.
        The buffet at the event had no food for small children.
        Ask about food allergies before serving lunch at an event.
        Gluten free sandwiches were forgotten at lunch.
        A hot lunch is better than cold sandwiches and a buffet.
    """,
    "snow": """
        Snow closed the road to the village.
        The road is closed by snow every winter.
        Snow and ice stop the school bus in winter.
        The bus does not run when there is ice on the road.
        Storms cancel the ferry in winter.
        The ferry was cancelled because of a storm.
        High winds and storms cancel the island ferry.
        Winter storms close the road and stop the ferry.
        Icy roads keep the bus from the village.
        Flooding closed the road to the village in a winter storm.
        When snow comes, the village road is closed for days.
        The island ferry does not sail in a storm.
    """,
    "dogs": """
        Children miss the dog when they move to a foster home.
        He could not bring his dog to the foster home.
        Foster homes with dogs and cats feel warmer.
        A dog or a cat helps a child to settle.
        She was allowed to bring her cat and her rabbit.
        Children may keep a rabbit or a hamster in the home.
        The dog had to go to kennels when the child moved.
        Who feeds the cat when a child moves?
        Pets should move with the child.
        Let children bring a pet when they move.
        A pet rabbit helped my foster child to settle.
        The cat, the dog and the hamster are part of the family.
    """,
    "nothing in common": """
        Thank you for the chance to reply.
        My daughter plays the trumpet.
        The survey was too long.
        A new minister was appointed in May.
        Somebody ought to write a song about it.
        Our logo changed colour in the summer.
        Nothing to add to what my colleague sent.
        The chair of the board has retired.
        He likes long walks and old films.
        The insurance for the allotment has doubled.
        A journalist rang about the anniversary.
        Knitting is back in fashion.
        The auditors were in all week.
        Our newsletter goes out on the first of the month.
        There are bees in the churchyard.
        She wants to be a marine biologist.
        The telephone number on the poster is wrong.
        We won a prize for our garden.
        I have no view on this question.
        Please read the minutes of the last meeting.
    """,
}
TEXTS = [line.strip() for lines in SAID.values() for line in lines.strip().splitlines()]
SUBJECTS = [subject for subject, lines in SAID.items() for _ in lines.strip().splitlines()]
ODD = "nothing in common"


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
