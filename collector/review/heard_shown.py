"""Summaries as a page shows them: each sentence made anew of the statements that are left, with what people wrote."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from collector.database import batches
from collector.findings.models import StandingLabel, Statement
from collector.findings.summary_models import Summary, SummaryCitation, SummaryPoint
from collector.intake import partners
from collector.intake.models import Passage, Source
from collector.review import heard, heard_changes, redactions
from collector.review.heard import FAMILIES, Subject
from collector.review.heard_changes import DROPPED, PUT_BACK, UNWORDED, WORDED, Done
from forms.heard import NAMED_BY, Said, Sentence, Way, all_told, heading_of, name_of, voices_of

QUOTED = 3  # statements shown with a sentence before "all of them"


@dataclass(frozen=True)
class Line:
    """A statement with who said it and where; `named_by` is the stretch that says the name of its point, if any."""

    id: int
    text: str
    named_by: tuple[int, int] | None
    source: Source
    who: tuple[str, ...]  # organisations by name; none for an individual or a source without a name
    organisation_id: int | None  # where it is one
    redacted: bool = False


@dataclass(frozen=True)
class Shown:
    """A point with its sentence as the machine makes it, what a person wrote in its place, and the first quotes."""

    id: int
    summary_id: int
    sentence: Sentence
    heading: str
    words: Done | None
    dropped: Done | None
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return self.words.text if self.words else self.sentence.text

    @property
    def speaker(self) -> str:
        """The one whom all of it comes from: a key, empty where there are several."""
        [key, *others] = {key: None for one in self.sentence.cited for key in voices_of(one)}
        return "" if others else key


def points(session: Session, summary: Summary, *, dropped: bool = False, parted: bool = False) -> Any:
    """A query of points of a summary, in order."""
    of_it = select(SummaryPoint).where(SummaryPoint.summary_id == summary.id)
    kept = (col(SummaryPoint.dropped).is_(dropped), col(SummaryPoint.parted).is_(parted))
    return of_it.where(*(kept if not parted else kept[1:])).order_by(col(SummaryPoint.place), col(SummaryPoint.id))


def shown(
    session: Session,
    chosen: Sequence[SummaryPoint],
    *,
    lines: int = QUOTED,
    from_: int = 0,
    voices: dict[int, Any] | None = None,
) -> list[Shown]:
    """Those of the points that something is left of. `voices` of all their sources, where they are known already."""
    ids = [one.id for one in chosen]
    cited = citations(session, ids)
    summaries = {one.summary_id for one in chosen}
    own = of_one(session, summaries)
    if voices is not None:
        own |= summaries if len(keys_of(voices)) == 1 else set()
    elif summaries - own:
        own |= one_is_heard(session, summaries - own)
    voices = voices or heard.voices_of(session, [row for rows in cited.values() for row in rows])
    texts = texts_of(session, {id for one in chosen for id in wanted(cited[one.id], lines, from_)})
    words = heard_changes.latest(session, ids, [WORDED, UNWORDED])
    drops = heard_changes.latest(session, ids, [DROPPED, PUT_BACK])
    return [
        Shown(
            id=one.id,
            summary_id=one.summary_id,
            sentence=(sentence := sentence_of(one, cited[one.id], voices, texts, only=one.summary_id in own)),
            heading=heading_of(sentence.name),
            words=of_kind(words.get(one.id), WORDED),
            dropped=of_kind(drops.get(one.id), DROPPED),
            lines=tuple(lines_of(cited[one.id][from_ : from_ + lines], voices, texts)),
        )
        for one in chosen
        if cited[one.id]
    ]


def of_one(session: Session, summary_ids: set[int]) -> set[int]:
    """Those of the summaries that are of one organisation."""
    chosen = select(Summary.id).where(col(Summary.id).in_(summary_ids), Summary.subject_kind == "organisation")
    return set(session.exec(chosen))


def one_is_heard(session: Session, summary_ids: set[int]) -> set[int]:
    """Those of the summaries that stand on what one alone said."""
    chosen = in_sources(select(SummaryPoint.summary_id, *heard.WHOSE).select_from(SummaryCitation))
    chosen = chosen.join(SummaryPoint, col(SummaryPoint.id) == SummaryCitation.point_id)
    rows = session.exec(chosen.where(col(SummaryPoint.summary_id).in_(summary_ids)).distinct()).all()
    voices = heard.voices_of(session, rows)
    found: defaultdict[int, set[str]] = defaultdict(set)
    for row in rows:
        found[row.summary_id] |= keys_of({row.source_id: voices[row.source_id]})
    return {id for id, keys in found.items() if len(keys) == 1}


def keys_of(voices: dict[int, Any]) -> set[str]:
    """Everybody who is heard in these sources."""
    return {key for voice in voices.values() for key in voices_of(Said(0, "", **voice))}


def of_kind(done: Done | None, kind: str) -> Done | None:
    return done if done and done.kind == kind else None


def citations(session: Session, point_ids: Sequence[int]) -> defaultdict[int, list[Any]]:
    """What each point stands on, in order, with whose source it stands in."""
    one = SummaryCitation
    chosen = select(one.point_id, one.statement_id, one.wording, one.start, one.end, *heard.WHOSE).select_from(one)
    chosen = in_sources(chosen).where(col(one.point_id).in_(point_ids)).order_by(col(one.place))
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in session.exec(chosen):
        found[row.point_id].append(row)
    return found


def in_sources(chosen: Any) -> Any:
    """Citations joined with where they stand."""
    joined = chosen.join(Statement, col(Statement.id) == SummaryCitation.statement_id)
    joined = joined.join(Passage, col(Passage.id) == Statement.passage_id)
    return joined.join(Source, col(Source.id) == Passage.source_id)


def wanted(rows: Sequence[Any], lines: int, from_: int) -> set[int]:
    """The statements whose words are needed: those shown, and those that a name is read from."""
    named = [cited.statement_id for cited in rows[:NAMED_BY] if cited.start is not None]
    return {*named, *(cited.statement_id for cited in rows[from_ : from_ + lines])}


@dataclass(frozen=True)
class Text:
    statement: Statement
    passage: str
    source: Source
    hidden: Sequence[redactions.Span]


def texts_of(session: Session, needed: set[int]) -> dict[int, Text]:
    found: dict[int, Text] = {}
    for batch in batches(sorted(needed)):
        chosen = select(Statement, Passage.text, Source).join(Passage, col(Passage.id) == Statement.passage_id)
        chosen = chosen.join(Source, col(Source.id) == Passage.source_id)
        rows = session.exec(chosen.where(col(Statement.id).in_(batch))).all()
        hidden = redactions.of(session, list({one.passage_id for one, _, _ in rows}))
        found |= {one.id: Text(one, text, source, hidden[one.passage_id]) for one, text, source in rows}
    return found


def sentence_of(
    point: SummaryPoint, rows: Sequence[Any], voices: dict[int, Any], texts: dict[int, Text], *, only: bool
) -> Sentence:
    among = {
        cited.statement_id: Said(cited.statement_id, "", wording=cited.wording, **voices[cited.source_id])
        for cited in rows
    }
    name = name_of(form for cited in rows[:NAMED_BY] if (form := form_of(cited, texts))[0])
    way = Way(point.way)
    if way is Way.NAMED and not name:  # all that named it was redacted
        way = Way.REST
    return Sentence(name, tuple(among), among, way, only)


def form_of(cited: Any, texts: dict[int, Text]) -> tuple[str, bool]:
    """How a statement writes the name of its point, and whether that begins it; nothing where it is redacted."""
    if cited.start is None:
        return "", False
    one = texts[cited.statement_id]
    if any(first < cited.end and last > cited.start for first, last in one.hidden):
        return "", False
    return one.passage[cited.start : cited.end], cited.start == one.statement.start


def lines_of(rows: Sequence[Any], voices: dict[int, Any], texts: dict[int, Text]) -> list[Line]:
    return [line_of(cited, voices[cited.source_id], texts[cited.statement_id]) for cited in rows]


def line_of(cited: Any, voice: dict[str, Any], text: Text) -> Line:
    one = text.statement
    hidden = any(first < one.end and last > one.start for first, last in text.hidden)
    place = None if cited.start is None or hidden else (cited.start - one.start, cited.end - one.start)
    organisations = voice.get("organisations", ())
    return Line(
        id=one.id,
        text=redactions.shown(text.passage, one.start, one.end, text.hidden),
        named_by=place,
        source=text.source,
        who=tuple(sorted(organisation.name for organisation in organisations)),
        organisation_id=organisations[0].id if len(organisations) == 1 else None,
        redacted=hidden,
    )


# -- How much was heard -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heard:
    """How many organisations, individuals and sources without a name said how many statements of a subject."""

    statements: int = 0
    organisations: int = 0
    individuals: int = 0
    unnamed: int = 0


def of_family(session: Session, kind: str, round_id: int | None) -> dict[str, Heard]:
    """How much was heard of each action, or of each barrier theme."""
    subject = Subject(kind, "", round_id)
    *conditions, _ = heard.statements_of(subject)
    number = func.count().label("number")
    counted = heard.of_sources(select(StandingLabel.label, number, *heard.WHOSE).select_from(Statement))
    counted = counted.join(StandingLabel, col(StandingLabel.statement_id) == Statement.id)
    counted = counted.where(StandingLabel.family == FAMILIES[kind], heard.holds.shown_outside(), *conditions)
    rows = session.exec(counted.group_by(StandingLabel.label, *heard.WHOSE)).all()
    voices = {id: voices_of(Said(0, "", **voice)) for id, voice in heard.voices_of(session, rows).items()}
    said: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        said[row.label].append((row.source_id, row.number))
    return {label: heard_of(some, voices) for label, some in said.items()}


def heard_of(said: Sequence[tuple[int, int]], voices: dict[int, list[str]]) -> Heard:
    keys = {key for source_id, _ in said for key in voices[source_id]}
    kinds = [key.split()[0] for key in keys]
    return Heard(
        statements=sum(number for _, number in said),
        organisations=kinds.count("organisation"),
        individuals=kinds.count("submission"),
        unnamed=kinds.count("source"),
    )


@dataclass(frozen=True)
class Whole:
    """All that a summary stands on: who made how many statements, in a sentence, and who said what stands in each
    source."""

    told: str
    voices: dict[int, Any]


def of_summary(session: Session, summary: Summary) -> Whole:
    """Counted by source, for of thousands of statements a page shows some. No sentence where nothing is left."""
    first, number = func.min(SummaryCitation.statement_id).label("statement_id"), func.count().label("number")
    chosen = in_sources(select(first, number, *heard.WHOSE).select_from(SummaryCitation))
    chosen = chosen.join(SummaryPoint, col(SummaryPoint.id) == SummaryCitation.point_id)
    kept = (SummaryPoint.summary_id == summary.id, col(SummaryPoint.parted).is_(False))
    rows = session.exec(chosen.where(*kept).group_by(*heard.WHOSE)).all()
    voices = heard.voices_of(session, rows)
    among = {one.statement_id: Said(one.statement_id, "", **voices[one.source_id]) for one in rows}
    if not among:
        return Whole("", voices)
    return Whole(all_told(Sentence("", tuple(among), among, Way.REST), sum(one.number for one in rows)), voices)


def together(session: Session, lines: Sequence[Line]) -> set[int]:
    """Which of these statements stand in a joint return."""
    joint = partners.together(session, [one.source.submission_id for one in lines])
    return {one.id for one in lines if one.source.submission_id in joint}
