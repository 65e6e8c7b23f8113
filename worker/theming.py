"""Looks for what several people say that no code holds, and keeps where they say it."""

from collections.abc import Sequence

from analysis import clusters
from analysis import outside as analysis
from analysis.clusters import Theme
from collector.frameworks import plan
from collector.leases import Claim
from collector.queue import THEMES_TASK
from collector.review import outside
from collector.review.outside import Found, Uncoded
from worker import leased, tasks
from worker.app import app

TIME_LIMIT = 300  # seconds; as many statements as are looked at take a tenth of it


@app.task(name=THEMES_TASK, time_limit=TIME_LIMIT)
def find_themes(search_ids: list[int]) -> None:
    """Do these searches. An id more or less is no matter: each is claimed first."""
    for search_id in search_ids:
        leased.work_on(tasks.database(), outside.leases, search_id, search)


def search(claim: Claim) -> None:
    plan.look(tasks.database())
    with tasks.database().reading() as session:
        statements, more = outside.uncoded(session, outside.leases.row(session, claim).round_id)
    found = [kept(theme, statements) for theme in analysis.themes([one.text for one in statements])]
    with tasks.database().writing() as session:
        outside.finish(session, claim, found, statements=len(statements), more=more)
        session.commit()


def kept(theme: Theme, statements: Sequence[Uncoded]) -> Found:
    """A theme by the places of its words, in the passages."""
    members = [statements[place] for place in theme.members]
    return Found(theme.size, [(one.id, places_in(one, theme.name)) for one in members])


def places_in(statement: Uncoded, name: Sequence[str]) -> list[list[int]]:
    said = clusters.where_said(name, statement.text)
    return [[number, statement.start + start, statement.start + end] for number, start, end in said]
