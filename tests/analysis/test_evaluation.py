import json

import pytest

from analysis import evaluation
from analysis.evaluation import GoldError
from analysis.findings import Barrier, Findings, Label

EMPTY = {"actions": [], "fundamentals": [], "kinds": [], "barrier_themes": []}


class Said:
    """Answers with the labels it was told to, by passage id."""

    model_version = "told"

    def __init__(self, said):
        self._said = said

    def analyse(self, passages):
        return [Findings(passage.id, tuple(self._labels(passage.id))) for passage in passages]

    def _labels(self, id_):
        return (Label(family, label, 0.9) for family, labels in self._said.get(id_, {}).items() for label in labels)


@pytest.fixture
def gold(tmp_path):
    def write(*records):
        path = tmp_path / "gold.jsonl"
        path.write_text("\n".join(json.dumps({"text": "x", **EMPTY, **record}) for record in records) + "\n")
        return path

    return write


def family(evaluation_, name):
    return next(family for family in evaluation_.families if family.family == name)


def test_figures_are_those_counted_by_hand(gold):
    path = gold(
        {"id": "1", "actions": ["support", "advocacy"]},
        {"id": "2", "actions": ["support"]},
        {"id": "3", "actions": []},
    )
    said = Said({"1": {"actions": ["support"]}, "2": {"actions": ["support", "advocacy"]}, "3": {}})
    found = family(evaluation.evaluate(path, said, n_bootstrap=50), "actions")
    # support: 2 hits. advocacy: 1 said in vain, 1 missed. Micro: 2 * 2 / (2 * 2 + 1 + 1).
    assert found.micro.value == pytest.approx(2 / 3)
    assert found.macro.value == pytest.approx((1 + 0) / 2)
    support = next(label for label in found.labels if label.id == "support")
    assert (support.precision, support.recall, support.f1, support.n) == (1, 1, 1, 2)
    advocacy = next(label for label in found.labels if label.id == "advocacy")
    assert (advocacy.precision, advocacy.recall, advocacy.f1, advocacy.n) == (0, 0, 0, 1)


def test_a_contested_label_counts_neither_for_nor_against(gold):
    path = gold(
        {"id": "1", "kinds": ["barrier"], "contested_kinds": ["learning"]},
        {"id": "2", "kinds": ["barrier"], "contested_kinds": ["idea"]},
    )
    with_it = Said({"1": {"kinds": ["barrier", "learning"]}, "2": {"kinds": ["barrier"]}})
    without = Said({"1": {"kinds": ["barrier"]}, "2": {"kinds": ["barrier"]}})
    for said in (with_it, without):
        found = family(evaluation.evaluate(path, said, n_bootstrap=50), "kinds")
        assert (found.micro.value, found.macro.value) == (1, 1)


def test_intervals_hold_the_figure_and_are_the_same_every_time(gold):
    path = gold(*({"id": str(n), "kinds": ["idea"] if n % 2 else ["offer"]} for n in range(40)))
    said = Said({str(n): {"kinds": ["idea"]} for n in range(40)})
    one, two = (family(evaluation.evaluate(path, said), "kinds") for _ in range(2))
    assert (one.micro, one.macro) == (two.micro, two.macro)
    assert one.micro.value == pytest.approx(0.5)
    assert 0.3 < one.micro.low < 0.45
    assert 0.55 < one.micro.high < 0.7


def test_without_anything_to_find_there_is_no_figure(gold):
    found = evaluation.evaluate(gold({"id": "1"}), Said({}), n_bootstrap=10)
    record = found.as_record()["families"]["actions"]
    assert record["micro_f1"] == {"value": None, "low": None, "high": None}
    assert "–" in evaluation.render(found)


def test_the_table_and_the_record_say_the_same(gold):
    found = evaluation.evaluate(gold({"id": "1", "kinds": ["idea"]}), Said({"1": {"kinds": ["idea"]}}), n_bootstrap=10)
    assert "kinds: micro-F1 1.00 (1.00 to 1.00)" in evaluation.render(found)
    assert json.loads(json.dumps(found.as_record()))["families"]["kinds"]["micro_f1"]["value"] == 1


@pytest.mark.parametrize("line", ["no json", "[]", '{"text": 3}', '{"text": "x", "actions": []}'])
def test_a_line_that_is_not_coded_is_named(tmp_path, line):
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps({"text": "x", **EMPTY}) + "\n" + line + "\n")
    with pytest.raises(GoldError, match="Line 2"):
        evaluation.evaluate(path, Said({}))


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "gold.jsonl").write_text("\n")
    with pytest.raises(GoldError, match="no passage"):
        evaluation.evaluate(tmp_path / "gold.jsonl", Said({}))


def test_calibration_sets_scores_beside_how_many_were_right(gold):
    path = gold(*({"id": str(n), "kinds": ["idea"] if n < 3 else []} for n in range(4)))
    found = family(
        evaluation.evaluate(path, Said({str(n): {"kinds": ["idea"]} for n in range(4)}), n_bootstrap=20), "kinds"
    )
    (one,) = found.bins
    assert (one.n, one.score, one.right) == (4, pytest.approx(0.9), 0.75)
    assert found.calibration_error == pytest.approx(0.15)


class Cut:
    """Answers with the barriers it was told to, by passage id."""

    model_version = "told"

    def __init__(self, said):
        self._said = said

    def analyse(self, passages):
        return [Findings(one.id, barriers=tuple(self._barriers(one))) for one in passages]

    def _barriers(self, passage):
        for words in self._said.get(passage.id, ()):
            start = passage.text.find(words)
            yield Barrier(start, start + len(words), words)


TEXT = "We meet weekly. Posts stay empty for months, and nobody answers."


@pytest.mark.parametrize(
    ("said", "precision", "recall"),
    [
        (["Posts stay empty for months"], 1, 1),
        (["Posts stay empty for months, and nobody answers"], 1, 1),
        ([TEXT], 0, 0),
        (["Posts"], 0, 0),
        (["Posts stay empty for months", "We meet weekly"], 0.5, 1),
        ([], None, 0),
    ],
    ids=["the same", "half as long again", "the whole passage", "one word", "one too many", "none"],
)
def test_a_span_counts_when_half_of_its_words_agree(said, precision, recall, gold):
    path = gold({"id": "1", "text": TEXT, "barriers": ["Posts stay empty for months"]})
    (figures,) = evaluation.evaluate(path, Cut({"1": said}), n_bootstrap=20).spans
    assert (figures.name, figures.n) == ("barriers", 1)
    assert evaluation._digits(figures.precision) == precision
    assert figures.recall == recall


def test_the_cut_of_either_coder_will_do_and_counts_once(gold):
    path = gold(
        {"id": "1", "text": TEXT, "barriers": [{"text": "nobody answers"}], "barriers_other": ["and nobody answers"]}
    )
    (figures,) = evaluation.evaluate(path, Cut({"1": ["months, and nobody answers"]}), n_bootstrap=20).spans
    assert (figures.precision, figures.recall, figures.f1.value) == (1, 1, 1)


def test_sorts_of_spans_that_were_not_coded_have_no_figures(gold):
    assert evaluation.evaluate(gold({"id": "1"}), Cut({}), n_bootstrap=20).spans == ()
