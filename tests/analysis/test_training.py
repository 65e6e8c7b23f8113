import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from analysis import lessons, reading, statements, store, training, wordpiece
from analysis.cutting import Cutter
from analysis.encoder import FOLDER, LONGEST_QUESTION
from analysis.labels import SPANS, Weights
from analysis.lessons import Example
from analysis.passages import Passage

DOCS = Path(__file__).parents[2] / "docs"
BARRIERS = list(SPANS).index("barriers")
NAMES = list(SPANS).index("names")


@pytest.fixture(scope="module")
def language():
    return statements.load_language()


@pytest.fixture(scope="module")
def words():
    return wordpiece.load(FOLDER / "vocab.txt")


def lesson_of(example, language, words, known_names=frozenset()):
    return lessons.lessons_of([example], language, words, known_names)[0]


# -- The model of the repository --------------------------------------------------------------------


def test_the_model_of_the_repository_learned_from_the_corpus_as_it_is():
    card = store.read_card()
    assert card["corpus_sha256"] == training.corpus_hash(training.CORPUS, card["not_yet_learned_from"])
    assert {one for one in card["not_yet_learned_from"] if not (training.CORPUS / one).is_file()} == set()
    assert card["passages"] == len(lessons.read_coded())
    assert {tuple(pair) for pair in card["labels"]} == set(lessons.label_columns())


@pytest.mark.parametrize("page", ["model-card.md", "quality.md"])
def test_the_documents_are_about_the_model_of_the_repository(page):
    assert f"`{store.read_card()['version']}`" in (DOCS / page).read_text(encoding="utf-8")


def test_every_label_of_the_corpus_is_in_the_framework_and_every_span_in_its_text():
    examples = lessons.read_coded()
    assert {label for example in examples for label in example.labels} <= set(lessons.label_columns())
    assert all(example.spans.get("barriers") or ("kinds", "barrier") not in example.labels for example in examples)
    assert len({example.passage.id for example in examples}) == len(examples)
    assert len({example.passage.text for example in examples}) >= len(examples) - 5


def test_no_text_of_the_tests_is_learned_from():
    from test_harm import CODED as harm
    from test_personal_details import CODED as details

    learned = {one.passage.text for one in (*lessons.read_coded(), *lessons.read_harm())}
    assert not learned & {record["text"] for record in (*harm, *details)}


def test_the_hash_of_a_corpus_tells_of_every_change(tmp_path):
    (tmp_path / "harm").mkdir()
    for name in ("a1.jsonl", "harm/train.jsonl"):
        (tmp_path / name).write_text("{}")
    before = training.corpus_hash(tmp_path)
    (tmp_path / "README.md").write_text("No text is learned from here")
    assert training.corpus_hash(tmp_path) == before
    (tmp_path / "harm" / "harder.jsonl").write_text("{}")
    assert training.corpus_hash(tmp_path) != before
    assert training.corpus_hash(tmp_path, ["harm/harder.jsonl"]) == before
    (tmp_path / "harm" / "train.jsonl").write_text("{} ")
    assert training.corpus_hash(tmp_path, ["harm/harder.jsonl"]) != before


def test_what_was_looked_through_for_harm_is_of_the_corpus_and_holds_both():
    records = lessons._records(training.CORPUS / "harm" / "looked-through.jsonl")
    looked_through = {one.passage.id: one.harm for one in lessons.read_coded() if one.harm is not None}
    assert looked_through == {record["id"]: record["harm"] for record in records}
    assert len(looked_through) == len(records)
    assert set(looked_through.values()) == {True, False}


def test_every_text_on_harm_stands_once():
    texts = lessons.read_harm()
    assert len({one.passage.id for one in texts}) == len({one.passage.text for one in texts}) == len(texts)


# -- Lessons ----------------------------------------------------------------------------------------


def test_a_coded_passage_teaches_its_labels_and_which_statement_and_pieces_hold_its_barrier(language, words):
    text = "We meet weekly. Posts stay empty for months."
    labels = frozenset({("kinds", "activity"), ("kinds", "barrier")})
    spans = {"barriers": ((16, 43),), "offers": ()}
    lesson = lesson_of(Example(Passage("", text), "x", labels=labels, spans=spans), language, words)
    columns = lessons.label_columns()
    assert {columns[place] for place in np.flatnonzero(lesson.labels[0])} == labels
    assert lesson.counts[0, :-1].all()
    assert lesson.of_statements[:, BARRIERS].tolist() == [0, 1]
    assert lesson.of_statements[:, list(SPANS).index("offers")].tolist() == [0, 0]
    assert (lesson.of_statements[:, list(SPANS).index("needs")] == -1).all()
    first, last = lesson.statements[1]
    assert lesson.spans[first : last - 1, BARRIERS].all()
    assert lesson.spans[:first, BARRIERS].sum() == 0
    assert lesson.span_counts[:, list(SPANS).index("needs")].sum() == 0


def test_a_text_on_harm_teaches_of_harm_alone(language, words):
    lesson = lesson_of(Example(Passage("", "He hits me."), "harm", harm=True), language, words)
    assert lesson.labels[0, -1] == 1
    assert (lesson.counts[0, -1], lesson.counts[0, :-1].sum(), lesson.span_counts.sum()) == (1, 0, 0)


def test_a_passage_teaches_of_harm_in_full_only_where_somebody_looked(language, words):
    passage = Passage("", "He hits me.")
    looked = {harm: Example(passage, "x", labels=frozenset(), harm=harm) for harm in (True, False, None)}
    taught = {harm: lesson_of(example, language, words) for harm, example in looked.items()}
    assert {harm: lesson.labels[0, -1] for harm, lesson in taught.items()} == {True: 1, False: 0, None: 0}
    assert taught[True].counts[0, -1] == taught[False].counts[0, -1] == 1
    assert taught[None].counts[0, -1] == pytest.approx(lessons.HARM_UNCHECKED)
    assert taught[True].counts[0, :-1].all()


def test_a_question_is_read_before_the_text_and_cut_where_it_is_long(language, words):
    short, long = (Passage("", "No beds.", question) for question in ("Why?", "Why? " * 99))
    lesson = lesson_of(Example(short, "x", labels=frozenset()), language, words)
    assert lesson.pieces == [101, *words.cut("Why?").ids, 102, *words.cut("No beds.").ids, 102]
    assert lesson.statements == [(4, 7)]
    assert len(lesson_of(Example(long, "x", labels=frozenset()), language, words).pieces) == LONGEST_QUESTION + 6


def test_names_that_may_be_of_people_teach_nothing_where_nobody_looked_for_them(language, words):
    example = Example(Passage("", "Ask Morag."), "x", labels=frozenset())
    lesson = lesson_of(example, language, words, frozenset({"morag"}))
    ask, mo, rag, stop = lesson.span_counts[1:-1, NAMES].tolist()
    assert ask == stop == pytest.approx(lessons.NAMES_UNCHECKED)
    assert mo == rag == 0
    assert len(words.cut("Morag").ids) == 2


def test_what_is_read_on_from_another_text_keeps_its_own_labels_statements_and_spans(language, words):
    barrier, need = ("kinds", "barrier"), ("kinds", "support-needed")
    one = Example(Passage("1", "No beds. We wait."), "x", labels=frozenset({barrier}), spans={"barriers": ((0, 7),)})
    other = Example(Passage("2", "Send help."), "x", labels=frozenset({need}), spans={"barriers": ()})
    taught = lessons.lessons_of([one, other], language, words, frozenset())
    (lesson,) = lessons.run_together(taught, 1.0, random.Random(1))
    columns = lessons.label_columns()
    assert lesson.pieces == [101, *words.cut("No beds. We wait. Send help.").ids, 102]
    assert lesson.texts == [0, 0, 1]
    assert [{columns[place] for place in np.flatnonzero(row)} for row in lesson.labels] == [{barrier}, {need}]
    assert [lesson.pieces[slice(*one)] for one in lesson.statements] == [
        words.cut(text).ids for text in ("No beds.", "We wait.", "Send help.")
    ]
    assert np.flatnonzero(lesson.spans[:, BARRIERS]).tolist() == [1, 2]
    assert len(lesson.pieces) == len(lesson.spans) == len(lesson.span_counts)


def test_texts_are_read_together_under_the_same_question_alone_and_while_they_fit(language, words):
    texts = [Passage("", "No beds.", "Why?"), Passage("", "No staff.", "Why?"), Passage("", "No money.", "How?")]
    taught = lessons.lessons_of([Example(text, "x") for text in texts], language, words, frozenset())
    assert [len(one.labels) for one in lessons.run_together(taught, 1.0, random.Random(1))] == [2, 1]
    assert [len(one.labels) for one in lessons.run_together(taught, 0.0, random.Random(1))] == [1, 1, 1]
    long = lessons.lessons_of([Example(Passage("", "No beds. " * 50), "x")] * 2, language, words, frozenset())
    assert [len(one.labels) for one in lessons.run_together(long, 1.0, random.Random(1))] == [1, 1]


def test_slots_are_filled_with_names_and_their_places_known():
    names = lessons.Names()
    for example in names.filled(1):
        for start, end in example.spans["names"]:
            assert example.passage.text[start:end].strip()
        assert "{F" not in example.passage.text
        assert "[[" not in example.passage.text
    again, other = names.filled(1), names.filled(2)
    assert names.filled(1) == again != other
    assert [one.passage.id for one in again] == [one.passage.id for one in other]


def test_what_several_readers_say_is_the_mean_of_what_each_says():
    dice = np.random.default_rng(1)
    labels, width = len(lessons.label_columns()), 8

    def learnt():
        shapes = ((width, labels), labels, (width, len(SPANS)), len(SPANS))
        return lessons.Learnt({}, *(dice.normal(size=shape).astype(np.float32) for shape in shapes))

    readers, states = [learnt(), learnt()], [dice.normal(size=(5, width)).astype(np.float32) for _ in range(2)]
    apart = [training._heads([one]) for one in readers]
    together = training._heads(readers)
    for head in ("labels", "spans"):
        said = [
            state @ getattr(one, f"{head}_by_state") + getattr(one, f"{head}_bias")
            for one, state in zip(apart, states, strict=True)
        ]
        by_all = np.hstack(states) @ getattr(together, f"{head}_by_state") + getattr(together, f"{head}_bias")
        assert np.allclose(by_all, np.mean(said, axis=0), atol=1e-5)


def test_readers_are_taken_apart_as_they_were_put_together(model):
    layers = store.layers()
    readers = training._kept(model, layers)
    assert len(readers) == model.card["readers"]
    together, kept = training._heads(readers), training._layers(readers)
    for name in ("labels_by_state", "labels_bias", "spans_by_state", "spans_bias"):
        assert np.allclose(getattr(together, name), getattr(model.weights, name), atol=1e-6), name
    assert kept.keys() == layers.keys()
    assert all(np.array_equal(kept[name], layers[name]) for name in layers)


@pytest.mark.slow
def test_what_stands_beside_the_encoder_is_learned_anew_and_the_encoder_stays(model, tmp_path, monkeypatch):
    corpus = tmp_path / "corpus"
    for folder in ("harm", "names"):
        shutil.copytree(training.CORPUS / folder, corpus / folder)
    for file in ("a1", "b1", "b2", "b3"):
        lines = (training.CORPUS / f"{file}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (corpus / f"{file}.jsonl").write_text("".join(lines[:60]), encoding="utf-8")
    monkeypatch.setattr(training, "corpus_hash", lambda *_: model.card["corpus_sha256"])
    card = training.train_words(corpus, out_dir=tmp_path / "once", progress=lambda _: None)
    once = store.load(tmp_path / "once")
    assert card["version"] == once.version != model.version
    assert card["encoder_sha256"] == model.card["encoder_sha256"]
    assert 100 < len(once.weights.grams) < len(model.weights.grams)
    assert len(once.weights.labels_by_gram) == len(once.weights.grams)
    assert not np.array_equal(once.weights.thresholds[:-1], model.weights.thresholds[:-1])
    # What hangs on the encoder alone is as it was, however often the rest is learned.
    training.train_words(corpus, tmp_path / "once", tmp_path / "twice", lambda _: None)
    twice = store.load(tmp_path / "twice")
    for one in (once, twice):
        assert one.weights.thresholds[-1] == model.weights.thresholds[-1]
        assert np.array_equal(one.weights.span_thresholds, model.weights.span_thresholds)
        for name in ("labels_by_state", "labels_bias", "spans_by_state", "spans_bias"):
            assert np.allclose(getattr(one.weights, name), getattr(model.weights, name), atol=1e-6), name
    assert np.array_equal(once.weights.labels_by_gram, twice.weights.labels_by_gram)
    layers = store.layers()
    assert all(np.array_equal(array, layers[name]) for name, array in store.layers(tmp_path / "twice").items())


# -- The reader of words ----------------------------------------------------------------------------


def coded(*texts):
    """Texts as pieces in statements, with their labels; and the encoder's log odds that each statement has them."""
    columns = lessons.label_columns()
    support, plans = columns.index(("actions", "support")), columns.index(("actions", "planning"))
    examples, readings, odds = [], [], []
    for number, (statements_, labels, likely) in enumerate(texts):
        pieces, bounds = [piece for one in statements_ for piece in one], np.cumsum([0, *map(len, statements_)])
        held = frozenset(columns[(support, plans)[one]] for one in labels)
        examples.append(Example(Passage(str(number), ""), "x", labels=held))
        places = np.arange(len(pieces))
        readings.append(reading.Reading("", [], pieces, places, places, bounds, [], np.zeros(0)))
        said = np.full((len(statements_), len(columns)), -5.0, np.float32)
        said[:, support] = likely
        odds.append(said)
    return examples, training.HeldOut(odds, [], readings), support


def test_a_label_of_a_text_is_taught_to_the_statement_that_tells_it():
    """Words 7 and 8 stand in the same texts, and only the statements with 7 are likely to tell the label."""
    texts = [([[7, 9], [8, 9]], [0], [2.0, -2.0])] * 20 + [([[9, 9]], [], [-3.0])] * 20
    examples, held_out, support = coded(*texts)
    words, bias = training._words_of(examples, held_out, np.ones(len(examples), bool))
    of_seven, of_eight = (words.adds([piece], [0, 1])[0, support] + bias[support] for piece in (7, 8))
    assert of_seven > 1
    assert of_eight < -0.5
    # As much as it is to weigh, and nothing of what nobody coded.
    assert not words.by_gram[:, lessons.label_columns().index(("actions", "planning"))].any()


def test_nobody_is_told_of_a_text_by_its_own_words():
    """Each word is in the texts of one fold alone: whoever has not learned from these knows none of them."""
    texts = [([[7 + number % training.FOLDS] * 2], [0] if number % 2 else [], [0.5]) for number in range(60)]
    examples, held_out, support = coded(*texts)
    folds = np.arange(60) % training.FOLDS
    told = training._with_words(examples, folds, held_out)
    for fold in range(training.FOLDS):
        assert len({float(told[row][0, support]) for row in np.flatnonzero(folds == fold).tolist()}) == 1
    assert all(told[row].shape == held_out.labels[row].shape for row in range(60))


def test_words_are_not_learned_beside_an_encoder_of_another_corpus(monkeypatch, tmp_path):
    monkeypatch.setattr(training, "corpus_hash", lambda *_: "0" * 64)
    with pytest.raises(training.ModelError, match="learned from other texts"):
        training.train_words(out_dir=tmp_path)
    assert not any(tmp_path.iterdir())


# -- Folds, thresholds, calibration -----------------------------------------------------------------


def test_a_register_is_left_out_whole_and_all_fillings_of_a_text_together():
    examples = [
        Example(Passage(f"{file}-{n}", ""), file) for file in ("a1", "b1", "b2", "names") for n in range(30)
    ] * 2
    folds = training._folds(examples)
    assert set(folds.tolist()) == set(range(training.FOLDS))
    for one in ("b1", "b2"):
        assert len({fold for example, fold in zip(examples, folds, strict=True) if example.register == one}) == 1
    by_text = {}
    for example, fold in zip(examples, folds.tolist(), strict=True):
        if example.register == "names":
            assert by_text.setdefault(example.passage.id, fold) == fold


def test_a_common_label_sets_its_own_threshold_and_a_rare_one_follows_its_family():
    dice = np.random.default_rng(1)
    truth = dice.random((2000, 2)) < (0.5, 0.002)
    odds = np.where(truth, 1.0, -3.0) + dice.normal(size=truth.shape) * 0.3
    odds[:, 0] -= 1.0
    (common, rare), holds = training._thresholds(odds, truth)
    assert -3.4 < common < -0.3
    assert abs(common - rare) < 1.5
    assert (holds(odds) == (odds >= (common, rare))).all()


def test_each_half_is_told_by_what_was_learned_of_the_other():
    """What is learned by heart is of no help: noise stays noise."""
    dice = np.random.default_rng(1)
    odds, truth = dice.normal(size=(400, 1)), dice.random((400, 1)) < 0.5

    def by_heart(odds, truth):
        known = dict(zip(odds[:, 0].tolist(), truth[:, 0].tolist(), strict=True))
        return np.zeros(1), lambda others: np.array([[known.get(one, False)] for one in others[:, 0].tolist()])

    assert not training._by_halves(by_heart, odds, truth)[1].any()
    assert by_heart(odds, truth)[1](odds).sum() == truth.sum()


def test_calibrated_chances_are_right_as_often_as_they_say():
    dice = np.random.default_rng(1)
    real = dice.normal(size=(4000, 3))
    truth = dice.random(real.shape) < 1 / (1 + np.exp(-real))
    overconfident = 3 * real - 1
    (slope, constant), chances = training._by_halves(training._calibrated, overconfident, truth)
    assert (slope, constant) == (pytest.approx(1 / 3, abs=0.05), pytest.approx(1 / 3, abs=0.1))
    assert training._calibration_error(chances, truth) < 0.03
    assert training._calibration_error(1 / (1 + np.exp(-overconfident)), truth) > 0.08


def test_what_was_never_looked_at_does_not_bend_the_calibration():
    dice = np.random.default_rng(1)
    real = dice.normal(size=(4000, 3))
    truth = dice.random(real.shape) < 1 / (1 + np.exp(-real))
    unseen = np.full((1000, 3), training.NEVER), np.ones((1000, 3), bool)
    slope, constant = training._calibrated(np.vstack([real, unseen[0]]), np.vstack([truth, unseen[1]]))[0]
    assert (slope, constant) == (pytest.approx(1, abs=0.1), pytest.approx(0, abs=0.1))


def test_a_threshold_that_may_miss_few_misses_few():
    odds = np.arange(100.0)
    assert (odds >= training._missing_few(odds, 0.97)).mean() == 0.97


def test_without_torch_training_says_what_it_needs(monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *rest):
        if name == "torch":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(__import__("sys").modules, "analysis.fine_tuning", raising=False)
    with pytest.raises(training.ModelError, match="pip install torch"):
        training.train()


@pytest.mark.slow
def test_what_cuts_spans_is_learned_from_texts_left_out_and_tried_on_each_fold(built_encoder):
    texts = [
        f"{good}, but {bad}."
        for good in ("Staff are keen", "The plan is clear", "Schools are ready", "Homes are open", "We meet")
        for bad in ("posts stay empty", "nobody answers", "buses stop at six", "rules forbid it", "money runs out")
    ]
    labels = lessons.label_columns()
    examples, readings, odds, scores = [], [], [], []
    language = statements.load_language()
    for text in texts:
        start = text.index("but ") + 4
        span = {"barriers": ((start, len(text) - 1),), "offers": ()}
        examples.append(Example(Passage("", text), "x", labels=frozenset({("kinds", "barrier")}), spans=span))
        cut = statements.read([text], language)[0]
        readings.append(reading.read(examples[-1].passage, cut, built_encoder, lambda states: states[:, :0]))
        odds.append(np.ones((len(readings[-1].starts), len(SPANS)), np.float32))
        scores.append(np.ones((len(cut), len(labels)), np.float32))
    plain = [np.zeros(0, np.float32)] * 2
    weights = Weights(labels, *plain, np.zeros(len(labels)), np.zeros((len(labels), 2)), *plain, np.zeros(len(SPANS)))
    held_out = training.HeldOut(scores, odds, readings)
    model, figures = training.learnt_cutter(examples, np.arange(len(texts)) % training.FOLDS, held_out, weights)
    assert figures == {"barriers": 1.0, "commitments": 0.0, "needs": 0.0, "offers": 0.0}
    assert Cutter(model).of_statement(readings[0], 0, "barriers", odds[0])[0].text == "posts stay empty"
