"""`feedback-loop bench`: runs benchmarks and prints their figures beside their ceilings."""

import json
from collections.abc import Iterable
from importlib import import_module

import click


def run(names: Iterable[str], *, server: str, as_json: bool) -> None:
    figures = {name: measure(name, server) for name in names}
    click.echo(json.dumps(figures, indent=2) if as_json else "\n".join(lines_of(figures)))


# Those that measure on a PostgreSQL server too, where one is named. Imported when they run: each takes seconds.
ON_BOTH = {
    "counts": "worker.count_bench",
    "load": "worker.load_bench",
    "plans": "worker.plans_bench",
    "profiles": "worker.profile_bench",
    "review": "worker.review_bench",
}
ALONE = {"analysis": "analysis.bench", "intake": "worker.intake_bench"}


def measure(name: str, server: str) -> dict:
    if name in ON_BOTH:
        return import_module(ON_BOTH[name]).run(server)
    return import_module(ALONE[name]).run()


def lines_of(figures: dict[str, dict]) -> list[str]:
    lines = []
    for name, measured in figures.items():
        lines += [name, *(f"  {key.replace('_', ' '):64} {shown(value):>12}" for key, value in measured.items())]
    return lines


def shown(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
