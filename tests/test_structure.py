"""The arrows between the rooms, the names of modules, and what the files for containers say."""

import json
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from worker.cli import main

PROJECT = Path(__file__).resolve().parents[1]
ROOMS = ("collector", "analysis", "worker", "forms")
SOURCES = [path for room in ROOMS for path in (PROJECT / room).rglob("*.py")]
VAGUE = {"utils", "util", "helpers", "helper", "services", "service", "managers", "manager", "common", "misc"}


def test_the_rooms_import_each_other_only_along_the_arrows() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_no_module_is_named_for_nothing_in_particular() -> None:
    named = {part for path in SOURCES for part in path.relative_to(PROJECT).with_suffix("").parts}
    assert named & VAGUE == set()


def test_the_web_process_loads_no_language_model_and_nothing_of_the_analysis() -> None:
    program = "import json, sys, collector.app; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded & {"analysis", "spacy", "sklearn", "onnxruntime", "worker", "numpy"} == set()
    assert "collector" in loaded


def test_nothing_is_left_for_later() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    marked = [
        f"{path.relative_to(PROJECT)}:{token.start[0]}"
        for path in SOURCES
        for token in comments(path)
        if left.search(token.string)
    ]
    assert marked == []


def comments(path: Path) -> list[tokenize.TokenInfo]:
    with path.open("rb") as file:
        return [token for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT]


# -- docker-compose.yml -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    return yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))["services"]


OURS = ("web", "worker", "schedule")


def test_the_services_are_those_of_the_design(composed: dict[str, Any]) -> None:
    assert set(composed) == {*OURS, "postgres", "redis"}
    assert "yes" in composed["redis"]["command"][composed["redis"]["command"].index("--appendonly") + 1]
    for name in OURS:
        assert set(composed[name]["depends_on"]) == {"postgres", "redis"}


@pytest.mark.parametrize("name", OURS)
def test_what_a_service_starts_is_a_command_with_options_that_it_has(name: str, composed: dict[str, Any]) -> None:
    words = composed[name]["command"]
    command = main.commands[words[0]]
    command.make_context(words[0], words[1:])  # raises for an option that there is not


def test_the_health_check_is_a_command_too(composed: dict[str, Any]) -> None:
    _, program, *words = composed["web"]["healthcheck"]["test"]
    assert program == "feedback-loop"
    main.commands[words[0]].make_context(words[0], words[1:])


def test_an_option_that_there_is_not_would_be_noticed() -> None:
    with pytest.raises(click.NoSuchOption):
        main.commands["serve"].make_context("serve", ["--no-such-option"])


@pytest.mark.parametrize("name", OURS)
def test_every_setting_of_a_service_is_one_that_is_read(name: str, composed: dict[str, Any]) -> None:
    read = set(re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', (PROJECT / "collector/settings.py").read_text("utf-8")))
    assert set(composed[name]["environment"]) <= read | {"FORWARDED_ALLOW_IPS"}  # which uvicorn reads
    needed = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL", "MAIL_URL", "MAIL_FROM"}
    assert needed <= set(composed[name]["environment"])


def test_no_secret_stands_in_the_file(composed: dict[str, Any]) -> None:
    for service in composed.values():
        for setting, value in service.get("environment", {}).items():
            if "SECRET" in setting or "PASSWORD" in setting:
                assert value.startswith("${"), setting
                assert ":?" in value, f"{setting} could be left out"
