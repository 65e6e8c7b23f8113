"""`feedback-loop serve`: runs the system on a data folder, ready to serve, and says what to open."""

import os
from dataclasses import replace

import click

from collector.settings import Settings
from worker import launcher


def serve(settings: Settings, *, host: str, port: int, sample: bool | None) -> None:
    """Run until a signal says stop. `sample` None loads the sample round into an empty database alone."""
    settings = with_address(settings, host, port)

    def prepare() -> launcher.Prepared:
        # Imported here, beside the web service's own imports on another processor: a second of every start.
        from worker import preparing

        return preparing.prepare(settings, sample=sample)

    try:
        with launcher.alone(settings.data_dir):
            launcher.run(settings, host=host, port=port, prepare=prepare)
    except launcher.CannotStart as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo("Stopped.")


def with_address(settings: Settings, host: str, port: int) -> Settings:
    if "BASE_URL" in os.environ:
        return settings
    return replace(settings, base_url=f"http://{launcher.reached_at(host)}:{port}")
