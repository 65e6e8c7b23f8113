"""Texts in which somebody is at risk, coded by somebody who wrote none of what the model learned from."""

import json
from pathlib import Path

import pytest

from analysis.passages import Passage

CODED = [json.loads(line) for line in (Path(__file__).parent / "coded" / "harm.jsonl").open(encoding="utf-8")]


@pytest.fixture(scope="module")
def marked(ours):
    read = ours.analyse([Passage(one["id"], one["text"], one["question"]) for one in CODED])
    return [findings.harm for findings in read]


@pytest.mark.slow
def test_nearly_every_text_that_tells_of_harm_is_marked(marked):
    of_harm = [said for one, said in zip(CODED, marked, strict=True) if one["harm"]]
    assert len(of_harm) == 90
    assert sum(of_harm) / len(of_harm) >= 0.95


@pytest.mark.slow
def test_at_least_every_second_text_that_is_marked_tells_of_harm(marked):
    right = [one["harm"] for one, said in zip(CODED, marked, strict=True) if said]
    assert sum(right) / len(right) >= 0.5


def test_one_sentence_in_a_long_upbeat_answer_is_enough(ours):
    upbeat = "We run three groups a week and families love them. The garden project won a prize. "
    text = f"{upbeat}One lad told us his stepdad still hits him and he is scared to go home. {upbeat}"
    assert ours.analyse([Passage("", text)])[0].harm
    assert not ours.analyse([Passage("", upbeat * 3)])[0].harm
