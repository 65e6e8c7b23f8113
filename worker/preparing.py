"""Makes the database ready to be served, and says at the terminal what to open and how far the reading is."""

import time
from contextlib import suppress
from dataclasses import dataclass

import click
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session, col, select

from collector import schema, tables
from collector.accounts import staff
from collector.database import Database
from collector.intake import jobs, rounds
from collector.intake import sample as sample_round
from collector.queue import Queue
from collector.settings import Settings
from forms import questionnaire

FIRST_REVIEWER = "reviewer@example.org"
QUESTIONNAIRE = "keeping-the-promise"
LOOK_EVERY = 2  # seconds between two looks at how much is still to be read


@dataclass
class AtTheTerminal:
    """What is said while the system runs on a database."""

    settings: Settings
    database: Database
    last_look: float = 0.0
    last_said: tuple[int, int] = (0, 0)

    def ready(self) -> None:
        announce(self.settings, self.database)

    def tick(self) -> None:
        """Says now and then how far the reading is, for as long as there is something to read."""
        if not self.settings.embedded or time.monotonic() - self.last_look < LOOK_EVERY:
            return
        self.last_look = time.monotonic()
        try:
            with self.database.reading() as session:
                counted = jobs.counts(session)
        except SQLAlchemyError:
            return  # away for a moment; the pages say so themselves, and the next look may find it back
        done, of = counted.get("done", 0), sum(counted.values()) - counted.get("set-aside", 0)
        if (done, of) != self.last_said and of:
            self.last_said = (done, of)
            click.echo(f"Read {done} of {of} submissions and documents")


def prepare(settings: Settings, *, sample: bool | None) -> AtTheTerminal:
    database = Database(settings.database_url)
    make_ready(database, sample=sample)
    return AtTheTerminal(settings, database)


def make_ready(database: Database, *, sample: bool | None) -> None:
    click.echo("Checking the database" if schema.exists(database) else "Making the database")
    schema.upgrade(database)
    with database.writing() as session:
        first_start = session.exec(select(tables.intake.Round.id)).first() is None
        open_first_round(session)
        if sample or (sample is None and (first_start or sample_round.is_loaded(session))):
            load_sample(session)


def open_first_round(session: Session) -> None:
    """Where there is no round at all, open one, so that the questionnaire can be answered."""
    real = select(tables.intake.Round.id).where(col(tables.intake.Round.sample).is_(False))
    if not session.exec(real).first():
        form = questionnaire.load(QUESTIONNAIRE)
        # Another web process of the same start may be a moment earlier; then it is its round.
        with suppress(IntegrityError):
            rounds.open_round(session, form, slug="first-round", title="First round")
            session.commit()
        session.rollback()


def load_sample(session: Session) -> None:
    number = len(sample_round.load(session))
    if number:
        click.echo(f"Loaded the sample round: {number} invented submissions")


def announce(settings: Settings, database: Database) -> None:
    click.echo(f"\n{settings.site_name} is serving. Open in a browser:")
    click.echo(f"  Questionnaire      {settings.base_url}/questionnaires/{QUESTIONNAIRE}")
    if settings.embedded:
        wake_all(settings, database)
        announce_staff(settings, database)
    click.echo("Ctrl-C stops everything.\n")


def announce_staff(settings: Settings, database: Database) -> None:
    """For the person at this terminal, who holds the data folder anyway: a way in, and something to look at."""
    with database.writing() as session:
        member = staff.by_email(session, FIRST_REVIEWER) or staff.add(
            session, email=FIRST_REVIEWER, name="First reviewer", role="reviewer"
        )
        link = staff.link_for(session, member)
        organisation = session.exec(
            select(tables.organisations.Organisation.id).order_by(col(tables.organisations.Organisation.name_key))
        ).first()
        session.commit()
    click.echo(f"  Staff sign-in      {settings.base_url}/sign-in/{link}  (once, within an hour)")
    if organisation:
        click.echo(f"  A profile          {settings.base_url}/staff/organisations/{organisation}")
    click.echo(f"  API description    {settings.base_url}/api/openapi.json")


def wake_all(settings: Settings, database: Database) -> None:
    with database.writing() as session:
        ids = jobs.wake_waiting(session)
        session.commit()
    queue = Queue(settings.redis_url)
    queue.ask_for_analysis(ids)
    queue.close()
