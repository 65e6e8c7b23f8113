"""What was done to a passage, by whom, when and why; and what an act was, in words. Things undone stay, marked so."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import literal, union_all
from sqlmodel import Session, col, select

from collector.findings import standing
from collector.findings.models import (
    Act,
    Assignment,
    Cut,
    Decision,
    ExtractDecision,
    Note,
    Statement,
    Step,
)
from collector.frameworks import plan
from collector.intake.models import Passage
from collector.review import acts, steps

MOST = 100  # acts told at once; a passage has seldom ten
NAMED = {
    "barrier": "what is in the way",
    "commitment": "a commitment",
    "need": "a need",
    "offer": "an offer",
    "practice": "what worked or did not",
    "idea": "an idea",
    "organisation": "an organisation",
    "redaction": "words not to be published",
}
MOVED = {
    "decided": "marked as decided",
    "second-look": "asked for a second look",
    "set-aside": "set aside",
    "in-review": "took up again",
}
NOTED = {"comment": "commented", "flag": "flagged", "question": "asked {to}", "answer": "answered"}


@dataclass
class Entry:
    """One act on the passage, or one that no person did: `what` in words, and what was said with it."""

    who: str
    at: datetime
    what: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    undone_at: datetime | None = None


def of(
    session: Session, passage: Passage, told: dict[str, Any], names: dict[int, str], numbers: dict[int, int]
) -> list[Entry]:
    """All of it, newest first. `numbers`: of the statements that stand, where there are several."""
    said: dict[int, list[tuple[str, str]]] = defaultdict(list)
    of_acts: dict[int, Act] = {}
    for act, row in rows_on(session, passage.id):
        of_acts[act.id] = act
        said[act.id].append(line(row, numbers, names))
    entries = [entry(act, said[id], names) for id, act in of_acts.items()]
    if passage.analysed_at:
        entries.append(Entry(f"Model {passage.analysed_by}", passage.analysed_at, ["read it"]))
    entries.append(Entry(told["respondent"], told["received_at"], ["said it"]))
    return sorted(entries, key=lambda one: one.at, reverse=True)


def rows_on(session: Session, passage_id: int) -> Iterable[tuple[Act, Any]]:
    """What people did, a table at a time. One query tells which have any: to most passages nobody did a thing."""
    decided = (
        select(Act, Decision)
        .join(Decision, col(Decision.act_id) == Act.id)
        .join(Statement, col(Statement.id) == Decision.statement_id)
        # What goes along with a cut was said before, by others: the cut is all that was done then.
        .where(Statement.passage_id == passage_id, Act.what != "cut")
    )
    chosen = {Decision: decided} | {
        table: select(Act, table).join(table, col(table.act_id) == Act.id).where(table.passage_id == passage_id)
        for table in acts.OF_PASSAGES
    }
    there = [rows.with_only_columns(literal(table.__name__)).limit(1).subquery() for table, rows in chosen.items()]
    some = set(session.exec(union_all(*(select(one) for one in there))).scalars())
    for table, rows in chosen.items():
        if table.__name__ in some:
            yield from session.exec(rows.order_by(col(table.id).desc()).limit(MOST))


def entry(act: Act, said: Sequence[tuple[str, str]], names: dict[int, str]) -> Entry:
    many = [f"with {act.passages - 1:,} more at once"] if act.passages > 1 else []
    what = list(dict.fromkeys(words for words, _ in said))
    why = list(dict.fromkeys(why for _, why in said if why))
    return Entry(names.get(act.staff_id, "Somebody"), act.done_at, [*what, *many], why, act.undone_at)


def line(row: Any, numbers: dict[int, int], names: dict[int, str]) -> tuple[str, str]:
    """What a row of an act says, and why."""
    if isinstance(row, Decision):
        number = numbers.get(row.statement_id)
        where = f" on statement {number}" if number else ""
        return f"{standing.VERDICTS[row.verdict]} {plan.title(row.family, row.label)}{where}", row.why
    if isinstance(row, ExtractDecision):
        return f"{standing.VERDICTS[row.verdict]} {NAMED[row.kind]}", row.why
    if isinstance(row, Cut):
        return cut_words(row), ""
    if isinstance(row, Step):
        return MOVED.get(row.state, steps.STATES.get(row.state, row.state)), row.reason
    if isinstance(row, Assignment):
        return f"gave it to {names.get(row.assigned_to, 'somebody')}" if row.assigned_to else "gave it to nobody", ""
    return NOTED[row.kind].format(to=names.get(row.to_staff_id or 0, "a colleague")), row.text


def cut_words(row: Cut) -> str:
    return "split a statement" if len(row.after) > len(row.before) else "merged statements"


# -- One act ------------------------------------------------------------------------------------------------


def told(session: Session, act: Act) -> str:
    """What one act was: "accepted Support"; of many, how many."""
    if act.passages > 1:
        return f"{acts.WORDS.get(act.what, 'a change')}, {act.passages:,} passages"
    if found := told_of_rows(session, act):
        return found
    return acts.WORDS.get(act.what, "a change")


def told_of_rows(session: Session, act: Act) -> str:
    tables = {"decide": Decision, "extract": ExtractDecision, "note": Note, "step": Step, "cut": Cut}
    if act.what == "finish-all":
        return "marked as decided"
    if act.what not in tables:
        return ""
    table = tables[act.what]
    row = session.exec(select(table).where(table.act_id == act.id).order_by(col(table.id)).limit(1)).first()
    if isinstance(row, Note):
        return {"question": "asked a colleague"}.get(row.kind, NOTED[row.kind])
    return line(row, {}, {})[0] if row else ""


def changed(decisions: Sequence[Decision], names: dict[int, str]) -> list[dict[str, Any]]:
    """What others decided, by who and when: "Changed by Moira at 14:05: accepted Support"."""
    by_act: dict[tuple[int, int], list[Decision]] = defaultdict(list)
    for one in reversed(decisions):
        by_act[one.act_id, one.staff_id].append(one)
    return [
        {
            "who": names.get(staff_id, "somebody"),
            "at": made[0].decided_at,
            "what": [line(one, {}, {})[0] for one in made],
        }
        for (_, staff_id), made in by_act.items()
    ]
