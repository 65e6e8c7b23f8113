"""The worker dies in the middle of an import of some thousand rows: all of them are in once, or none is."""

import csv
import io
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from desk import Desk
from measuring import Measured
from sqlmodel import func, select
from systems import System, wait_for

from collector.intake.models import Import, ImportRow, Job, Passage, Source
from collector.organisations.models import Organisation

pytestmark = pytest.mark.slow

GOOD_ROWS = 4_000
WITHIN = 60  # seconds from a death to the end of the step


@dataclass
class Importing:
    """An import of one file, as staff go through its pages and as its rows stand in the database."""

    system: System
    desk: Desk
    title: str
    url: str = ""

    def add_file(self) -> None:
        file = ("answers.csv", spreadsheet(self.title), "text/csv")
        self.url = self.desk.press("/staff/imports/new", files={"file": file})

    def say_what_it_is(self) -> None:
        about = {"title": self.title, "day": "", "round": "", "permission": "do-not-publish"}
        self.desk.press(f"{self.url}/about", about)
        self.desk.press(f"{self.url}/check")

    def start(self) -> None:
        seen = re.search(r'name="seen" value="([^"]+)"', self.desk.staff.get(self.url).text)[1]
        self.desk.press(f"{self.url}/start", {"seen": seen})

    @property
    def id(self) -> int:
        return int(self.url.rpartition("/")[2])

    def row(self) -> Import:
        with self.system.database.reading() as session:
            return session.get_one(Import, self.id)

    def rows_read(self) -> int:
        with self.system.database.reading() as session:
            return session.exec(select(func.count()).where(ImportRow.import_id == self.id)).one()

    def texts(self) -> dict[str, int]:
        """What its sources say, each with the id of its source; nothing is said twice."""
        chosen = select(Passage.text, Passage.source_id).join(Source).where(Source.title == self.title)
        with self.system.database.reading() as session:
            found = session.exec(chosen).all()
        assert len({text for text, _ in found}) == len(found)
        return dict(found)

    def wait_until(self, state: str) -> None:
        wait_for(lambda: self.row().state == state, within=WITHIN, why=f"the import is {state}", every=0.02)


def spreadsheet(title: str) -> bytes:
    """So many rows to add, one that says nothing and one whose reference stood before."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(["Response ID", "Organisation", "What gets in the way?"])
    lines.writerows([f"R{number}", f"{title} Council", told_in(title, number)] for number in range(GOOD_ROWS))
    lines.writerow(["R-empty", f"{title} Council", ""])
    lines.writerow(["R7", f"{title} Council", f"In {title} somebody said more, under a reference that is used"])
    return written.getvalue().encode()


def told_in(title: str, number: int) -> str:
    return f"In {title} family {number} has waited for a first visit for {number + 2} weeks: there are too few workers."


# How to tell that the worker is in the middle of a step.
MIDDLE: dict[str, Callable[[Importing], bool]] = {
    "reading": lambda it: it.rows_read() > 0,
    "checking": lambda it: 0 < it.row().done < GOOD_ROWS,
    # All is judged, and is being written in one transaction.
    "importing": lambda it: it.row().attempts == 1 and it.row().done >= GOOD_ROWS,
}
BEING = {"reading": "Being read", "checking": "Being checked", "importing": "Being imported"}


@pytest.mark.parametrize(
    ("system", "deaths"),
    [("embedded", ("reading", "checking", "importing")), ("services", ("importing",))],
    indirect=["system"],
)
def test_a_worker_killed_in_the_middle_of_an_import_leaves_nothing_half_done(
    system: System, desk: Desk, deaths: tuple[str, ...], measured: Measured
) -> None:
    it = Importing(system, desk, f"Listening {'-'.join(deaths)}")
    for step, ask, after in (
        ("reading", it.add_file, "mapping"),
        ("checking", it.say_what_it_is, "checked"),
        ("importing", it.start, "imported"),
    ):
        ask()
        if step in deaths:
            with measured(f"from the death of the worker at {step} to the end of it"):
                kill_worker_at(step, it)
                assert it.texts() == {}
                assert number_of_organisations(it) == 0
                system.worker_ended()
                assert BEING[step] in said_of(it)
                it.wait_until(after)
        it.wait_until(after)
    assert_each_row_is_in_once(it)
    take_back(it)


def kill_worker_at(step: str, it: Importing) -> None:
    worker = it.system.worker_pid()

    def in_the_middle() -> bool:
        assert it.row().state == step, "it ended before it could be caught; make the file longer"
        return MIDDLE[step](it)

    wait_for(in_the_middle, within=WITHIN, why=f"the worker is in the middle of {step}", every=0.001)
    os.killpg(worker, signal.SIGKILL)
    row = it.row()
    assert (row.state, row.attempts) == (step, 1)


def said_of(it: Importing) -> str:
    return it.desk.words(it.url)


def number_of_organisations(it: Importing) -> int:
    with it.system.database.reading() as session:
        return session.exec(select(func.count()).where(Organisation.name == f"{it.title} Council")).one()


def assert_each_row_is_in_once(it: Importing) -> None:
    texts = it.texts()
    assert texts.keys() == {told_in(it.title, number) for number in range(GOOD_ROWS)}
    assert len(set(texts.values())) == GOOD_ROWS
    assert number_of_organisations(it) == 1
    with it.system.database.reading() as session:
        jobs = select(func.count()).select_from(Job).join(Source).where(Source.title == it.title)
        assert session.exec(jobs).one() == GOOD_ROWS
    assert f"{GOOD_ROWS:,} rows became sources" in said_of(it)
    report = list(csv.DictReader(it.desk.staff.get(f"{it.url}/report.csv").text.lstrip("\ufeff").splitlines()))
    *good, empty, used = report
    assert {line["Outcome"] for line in good} == {"Added"}
    # Row 2 of the file is the first below the headings.
    assert {line["Row"]: line["Source"] for line in good} == {
        str(number + 2): f"/staff/sources/{texts[told_in(it.title, number)]}" for number in range(GOOD_ROWS)
    }
    assert (empty["Outcome"], used["Outcome"]) == ("Empty", "Problem")
    assert empty["Source"] == used["Source"] == ""


def take_back(it: Importing) -> None:
    """Staff go on; and others need not wait until so many texts are read."""
    it.desk.press(f"{it.url}/take-back", {"reason": "Only to see what a death does"})
    assert it.texts() == {}
