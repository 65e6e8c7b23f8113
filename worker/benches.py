"""`feedback-loop bench`: runs benchmarks and prints their figures beside their ceilings."""

import json
from collections.abc import Iterable

import click


def run(names: Iterable[str], *, server: str, as_json: bool) -> None:
    figures = {name: measure(name, server) for name in names}
    click.echo(json.dumps(figures, indent=2) if as_json else "\n".join(lines_of(figures)))


def measure(name: str, server: str) -> dict:
    if name == "analysis":
        from analysis import bench
    elif name == "load":
        from worker import load_bench

        return load_bench.run(server)
    elif name == "review":
        from worker import review_bench

        return review_bench.run(server)
    else:
        from worker import intake_bench as bench
    return bench.run()


def lines_of(figures: dict[str, dict]) -> list[str]:
    lines = []
    for name, measured in figures.items():
        lines += [name, *(f"  {key.replace('_', ' '):64} {shown(value):>12}" for key, value in measured.items())]
    return lines


def shown(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
