"""Makes summaries of what was heard, and keeps what each sentence stands on."""

from functools import cache

from analysis import summaries
from analysis.statements import LANGUAGE_PACKAGE, load_language
from analysis.summaries import Point
from collector.frameworks import plan
from collector.leases import Claim
from collector.queue import SUMMARY_TASK
from collector.review import heard
from collector.review.heard import Cited, Made
from worker import leased, tasks
from worker.app import app

TIME_LIMIT = 300  # seconds; as many statements as are read take a tenth of it
MODEL = f"{summaries.VERSION} {LANGUAGE_PACKAGE}"


@app.task(name=SUMMARY_TASK, time_limit=TIME_LIMIT)
def summarise(summary_ids: list[int]) -> None:
    """Make these summaries. An id more or less is no matter: each is claimed first."""
    for summary_id in summary_ids:
        leased.work_on(tasks.database(), heard.leases, summary_id, make)


def make(claim: Claim) -> None:
    plan.look(tasks.database())
    with tasks.database().reading() as session:
        subject = heard.subject_of(heard.leases.row(session, claim))
        said, starts, more = heard.given(session, subject)
    found = summaries.summarise(said, language=language(), subject=subject.title)
    points = [kept(point, starts) for point in found]
    with tasks.database().writing() as session:
        heard.finish(session, claim, points, model=MODEL, statements=len(said), more=more)
        session.commit()


@cache
def language():
    return load_language()


def kept(point: Point, starts: dict[int, int]) -> Made:
    """A point by ids and places, in the passages."""
    sentence = point.sentence
    cited = [Cited(one.id, one.wording, place_in(point, one.id, starts[one.id])) for one in sentence.cited]
    return Made(sentence.way, sentence.voices == 1, cited)


def place_in(point: Point, statement_id: int, begins: int) -> tuple[int, int] | None:
    if statement_id not in point.places:
        return None
    start, end = point.places[statement_id]
    return begins + start, begins + end
