"""docker-compose.yml, read for what it starts and with which settings, so that a test can start the same."""

import re
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[1]
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?:-(?P<default>[^}]*)|\?[^}]*))?\}")


def service(name: str, **variables: str) -> dict[str, Any]:
    """One service of the file; `variables` stand where a person's .env would, and all it asks for must be there."""
    text = (PROJECT / "docker-compose.yml").read_text("utf-8")
    filled = VARIABLE.sub(lambda match: value_of(match, variables), text)
    return yaml.safe_load(filled)["services"][name]


def value_of(match: re.Match[str], variables: dict[str, str]) -> str:
    name, default = match["name"], match["default"]
    return variables[name] if default is None else variables.get(name, default)


def entry_point() -> list[str]:
    """What the image starts a service's command with."""
    lines = (PROJECT / "Dockerfile").read_text("utf-8").splitlines()
    given = next(line for line in reversed(lines) if line.startswith("ENTRYPOINT"))
    return yaml.safe_load(given.removeprefix("ENTRYPOINT"))
