"""Another framework, of which the shipped corpus tells little: a review of local children's services plans."""

from pathlib import Path

import pytest
import yaml

from analysis import duplicates
from analysis.evaluation import GoldError
from analysis.frame_reader import Code, FrameReader
from analysis.simulated_review import Coded, read_coded, render, simulate

FOLDER = Path(__file__).parent / "local_plans"


@pytest.fixture(scope="module")
def codes():
    written = yaml.safe_load((FOLDER / "framework.yaml").read_text(encoding="utf-8"))["codes"]
    return [Code(one["id"], one["title"], one["definition"], tuple(one["examples"])) for one in written]


@pytest.fixture(scope="module")
def coded():
    return [one for file in sorted(FOLDER.glob("*.jsonl")) for one in read_coded(file)]


def test_the_passages_are_enough_carry_known_codes_and_are_no_copies(codes, coded):
    known = {code.id for code in codes}
    assert len(known) == 10
    assert len({one.passage for one in coded}) == len(coded) >= 700
    assert {code for one in coded for code in one.codes} == known
    assert 0.15 <= sum(not one.codes for one in coded) / len(coded) <= 0.2
    examples = [example for code in codes for example in code.examples]
    assert not duplicates.groups([*(one.text for one in coded), *examples])


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": 1, "text": "We met."}', '{"id": 1, "text": "We met.", "codes": "play"}']
)
def test_a_line_that_is_no_coded_statement_is_named(tmp_path, line):
    file = tmp_path / "coded.jsonl"
    file.write_text('{"id": 1, "text": "We met.", "codes": []}\n' + line)
    with pytest.raises(GoldError, match="line 2"):
        read_coded(file)


def test_a_reviewer_who_decides_on_too_few_statements_is_told(codes, both_meanings):
    few = [Coded(str(number), f"The board met {number} times.", frozenset({"governance"})) for number in range(20)]
    with pytest.raises(ValueError, match="12 statements are left"):
        simulate(FrameReader(codes, both_meanings), few, decisions=300, seeds=[1])


@pytest.mark.slow
@pytest.mark.parametrize("with_examples", [True, False])
def test_300_decisions_lift_what_is_found_in_unseen_passages_by_3_points_and_more(
    codes, coded, both_meanings, with_examples
):
    asked = codes if with_examples else [Code(code.id, code.title, code.definition) for code in codes]
    found = simulate(FrameReader(asked, both_meanings), coded)
    print(render(found))
    assert all(one.whole.difference.value >= 0.03 for one in found)
    # One lot of five may lie at the edge: kinds of processor round differently.
    assert sum(one.better for one in found) >= 4
