"""Files in, coded passages out, with the models of the repository."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from worker.cli import main

PARKING = "The car park is full by nine and visitors leave again before they find the door"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    def run(command: str, *lines: str) -> Result:
        (tmp_path / "said.jsonl").write_text("\n".join(lines))
        return CliRunner().invoke(main, [command, str(tmp_path / "said.jsonl")])

    return run


def test_each_passage_is_one_object_and_a_bad_line_is_told_by_its_number(run: Callable) -> None:
    told = {"id": "a", "text": "We will open two houses within a year.", "date": "2026-01-10"}
    result = run("analyse", json.dumps(told), "{", json.dumps({"text": "Nothing further"}))
    assert result.exit_code == 1
    assert "said.jsonl: line 2: this is not JSON" in result.stderr
    first, last = map(json.loads, result.stdout.splitlines())
    assert (first["id"], last["id"], last["kinds"]) == ("a", "3", [])
    (commitment,) = first["commitments"]
    assert (commitment["who"], commitment["due"]["to"]) == ("we", "2027-01-10")


@pytest.mark.parametrize("date", ["tomorrow", "2026-13-01", 7, ["2026-01-01"]])
def test_a_date_that_is_none_is_told(date: object, run: Callable) -> None:
    result = run("analyse", json.dumps({"text": "Soon", "date": date}))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 1: the date must be a day written like 2026-11-30" in result.stderr


def test_themes_and_near_duplicates_are_one_object(run: Callable) -> None:
    said = [{"id": "a", "text": PARKING}, {"id": "b", "text": f"{PARKING}!"}, {"id": "c", "text": "Nothing further"}]
    result = run("themes", *map(json.dumps, said))
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"themes": [], "duplicates": [["a", "b"]]}


def test_a_file_of_no_known_kind_is_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "said.exe").touch()
    for command in ("analyse", "themes"):
        result = CliRunner().invoke(main, [command, str(tmp_path / "said.exe")])
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Give a file that ends in one of" in result.stderr
