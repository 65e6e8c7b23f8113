"""What a report tells of an organisation beside its statements by priority area: who it is, what to ask it, what is
due, what changed, what others say, where it was asked, and how fresh all of it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from collector import dates
from collector.frameworks import plan
from collector.how_many import plural
from collector.intake import documents
from collector.intake.models import Source
from collector.organisations.models import ActionLead
from collector.profiles import committed, question_words
from collector.profiles.asked import Asked
from collector.profiles.committed import Commitment
from collector.profiles.document import Block, Column, Paragraph, Quote, Row, Section, Sentence, Table
from collector.profiles.report_parts import fact, nothing
from collector.profiles.statements import ACTION, THEME
from collector.review import reading

Cite = Callable[[Iterable[int]], tuple[int, ...]]
YEAR = 365
# What became of what was listed, in the order it is told.
BECAME = {"new": "New", "kept": "Kept as it is", "changed": "Changed", "done": "Done", "withdrawn": "Withdrawn"}
SAID = {"new": "Said for the first time", "again": "Said again", "not-again": "Not said again"}


def method(words: str) -> Paragraph:
    return Paragraph((Sentence(words, fixed="method"),))


# -- Who they are -----------------------------------------------------------------------------------------


def who_they_are(kind: str, areas: Sequence[str], leads: Sequence[ActionLead]) -> Section:
    works = f", working in {listed(areas)}" if areas else ""
    return Section("Who they are", (fact(f"{kind}{works}."), led(leads)))


def led(leads: Sequence[ActionLead]) -> Block:
    if not leads:
        return nothing("No action that they lead has been entered.")
    columns = (Column("They lead"), Column("Why, as staff entered it"), Column("Entered on"))
    rows = (
        Row(plan.title("actions", one.action), (one.why, dates.in_words(dates.local_day(one.said_at)))) for one in leads
    )
    return Table("Actions of the plan that they lead", columns, tuple(rows))


def listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


# -- Questions --------------------------------------------------------------------------------------------


def worth_asking(
    found: Sequence[dict[str, Any]], names: Mapping[int, str], cite: Callable[[dict[str, Any]], tuple[int, ...]]
) -> list[Section]:
    """Nothing of a question that rests on words which may not be quoted. `names` are those of others that it names."""
    parts = [part for one in found if (part := question(one, names, cite(one)))]
    lead = method(
        "Worked out from what is held: what is late, does not fit together or is missing. Each has its reason."
    )
    return [Section("Questions worth asking", (lead,), tuple(parts))] if parts else []


def question(found: dict[str, Any], names: Mapping[int, str], cites: tuple[int, ...]) -> Section | None:
    if (found["statements"] or found["items"]) and not cites:
        return None
    words, why = question_words.worded(found, names)
    reason = Sentence(why, cites) if cites else Sentence(why, fixed="empty")  # a gap: what was not said
    return Section(words, (Paragraph((reason,)),))


# -- In points ---------------------------------------------------------------------------------------------


def in_points(mark: str, points: Sequence[Block]) -> list[Section]:
    """The first points of the summary of what they said, and who answers for them."""
    return [Section("What they said, in points", (method(mark), *points))] if points else []


# -- What changed -----------------------------------------------------------------------------------------


def since(found: dict[str, Any] | None, titles: Mapping[int, str], cite: Cite) -> list[Section]:
    if found is None:
        return []
    blocks: list[Block] = [fact(f"{titles[found['round']]}, beside {titles[found['before']]}.")]
    if told := [Row(words, (f"{found['items'][id]:,}",)) for id, words in BECAME.items() if id in found["items"]]:
        columns = (Column("What they listed"), Column("How many", number=True))
        blocks.append(Table("What became of what they listed", columns, tuple(told)))
    rows = tuple(
        Row(plan.title(family, label), (words, said), cite(ids))
        for family, words in ((ACTION, "Action"), (THEME, "In the way"))
        for which, said in SAID.items()
        for label, ids in found[family][which].items()
    )
    if rows:
        columns = (Column("Action or barrier"), Column("Which"), Column("In this round"))
        blocks.append(Table("What they spoke of, and what they did not", columns, rows))
    return [Section("What changed since the round before", tuple(blocks))]


# -- Commitments ------------------------------------------------------------------------------------------


def commitments(
    promised: Sequence[tuple[Commitment, tuple[int, ...]]], ended: Mapping[str, int], today: date
) -> Section:
    """`promised` in the order in which they are due, with what each cites; `ended`: how many were done, and how many
    withdrawn."""
    ended_words = committed.what_ended(ended)
    told = [fact(ended_words)] if ended_words else []
    if not promised:
        return Section(committed.TITLE, (nothing(committed.NOTHING), *told))
    rows = tuple(Row(one.short, (one.by_when or "–", one.state(today)), cites) for one, cites in promised)
    columns = (Column("What"), Column("By when"), Column("State"))
    table = Table("Commitments by the day they are due", columns, rows)
    return Section(committed.TITLE, (method(committed.lead(today)), table, *told))


# -- Others -----------------------------------------------------------------------------------------------


def of_others(quotes: Sequence[Quote], *, unnamed: bool) -> Section:
    title = "What others say of them"
    if not quotes:
        return Section(title, (nothing("Nothing that may be quoted here names them."),))
    allowed = "with their name or without it" if unnamed else "with their name"
    lead = method(f"The newest of what other organisations sent, where they allow it to be published {allowed}.")
    return Section(title, (lead, *quotes))


# -- Asked and answered -----------------------------------------------------------------------------------


def asked(found: Sequence[Asked]) -> Section:
    if not found:
        return Section("Asked and answered", (nothing("No round has been opened yet."),))
    columns = (Column("Round"), Column("What came of it"))
    rows = tuple(Row(one.round_title, (what_came(one),)) for one in found)
    return Section("Asked and answered", (Table("Rounds that have begun, the newest first", columns, rows),))


def what_came(one: Asked) -> str:
    if one.state == "not-asked":
        return "Not asked yet" if one.open else "Was not asked"
    when = dates.in_words(dates.local_day(one.at))
    if one.state == "answered":
        return f"Answered on {when}"
    return f"Asked on {when}. {'No answer yet' if one.open else 'Did not answer'}"


# -- Sources ----------------------------------------------------------------------------------------------


def sources(
    found: Sequence[Source], met: Sequence[Source], said: Mapping[int, int], joint: Mapping[int, str], today: date
) -> Section:
    """`met`: notes of meetings where they were; `said`: how many statements of each; `joint`: with whom it was sent, of
    those that are joint returns."""
    if not found:
        words = "No source yet. Questionnaires and documents are listed here when they have come in."
        return Section("Sources", (nothing(words), *at_meetings(met)))
    columns = ("Source", "Kind", "When", "How old")
    rows = tuple(row(one, said.get(one.id, 0), joint.get(one.submission_id or 0, ""), today) for one in found)
    caption = "All of theirs that this report is drawn from, newest first"
    table = Table(caption, (*map(Column, columns), Column("Statements", number=True)), rows)
    return Section("Sources", (fact(freshness(found, today)), table, *at_meetings(met)))


def row(source: Source, said: int, joint: str, today: date) -> Row:
    day = dates.local_day(source.received_at)
    kind = reading.KINDS[source.kind] + (f", sent jointly with {joint}" if joint else "")
    told = documents.told(source).removeprefix("received ")
    old = age(day, today)
    if documents.is_undated(source) and old == age(today, today):  # it is older than it has been here
        old = "Not known"
    return Row(source.title, (kind, told[0].upper() + told[1:], old, f"{said:,}"))


def age(day: date, today: date) -> str:
    """In whole years: from one report to the next it changes where something grew old."""
    years = (today - day).days // YEAR
    return f"Over {plural(years, 'year')}" if years else "Under a year"


def at_meetings(met: Sequence[Source]) -> Iterable[Block]:
    """Without their titles, which may tell who else was there."""
    if met:
        last = max(dates.local_day(one.received_at) for one in met)
        meetings = "a meeting" if len(met) == 1 else f"{len(met):,} meetings, the last"
        there = Sentence(f"They were also at {meetings} on {dates.in_words(last)}.", fixed="fact")
        yield Paragraph(
            (there, Sentence("What was said there may be of others, and is not told here.", fixed="method"))
        )


def freshness(found: Sequence[Source], today: date) -> str:
    days = [dates.local_day(one.received_at) for one in found]
    undated = sum(map(documents.is_undated, found))
    old = sum((today - day).days >= YEAR for day in days)
    which = "none of them" if not old else "it" if len(days) == 1 else f"{old:,} of them"
    verb = "is" if old < 2 else "are"
    told = f"{plural(len(days), 'source')}; {which} {verb} {'known to be ' * bool(undated)}more than a year old."
    if undated:
        of = "1 document its date is" if undated == 1 else f"{undated:,} documents the dates are"
        told += f" Of {of} not known."
    last = max(found, key=lambda one: one.received_at)
    came = "The newest was published" if last.added_at else "The last came"
    return f"{came} on {dates.in_words(max(days))}. {told}"
