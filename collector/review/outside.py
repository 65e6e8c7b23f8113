"""Themes outside the framework: what several people say that no code holds, looked for by the worker when asked.

Nothing of what is kept here is words: a theme is named by places in its statements, and what is withdrawn, redacted or
coded since is in none.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, union
from sqlmodel import Session, col, delete, func, select

from collector.database import batches, insert_all, insert_one, one_at_a_time
from collector.findings import standing
from collector.findings.models import BlindItem, ExtractDecision, ReviewItem, StandingLabel, Statement
from collector.findings.review_items import READ_LANGUAGES
from collector.findings.theme_models import Theme, ThemeSearch, ThemeStatement
from collector.frameworks import plan
from collector.intake.models import Passage, Source, SourceOrganisation, SubmissionPartner
from collector.leases import UNDER_WAY, Claim, Leases
from collector.review import redactions

# The newest, where there are more. A look at so many takes a worker under a minute.
MOST_STATEMENTS = 20_000
# What a statement does says nothing of what it is about, and the area that its question was asked under little.
NOT_ABOUT = ("kinds", "priority_areas")
# Statements that are looked through for the words of a name.
NAMED_BY = 20

leases = Leases(ThemeSearch, "search for themes", work="The search")


@dataclass(frozen=True)
class Uncoded:
    """A statement without a code, by its id, with its words and where they begin in the passage."""

    id: int
    text: str
    start: int


@dataclass(frozen=True)
class Found:
    """A theme to be kept: how many wordings, and its statements with the places of the words that name it."""

    wordings: int
    statements: Sequence[tuple[int, list[list[int]]]]


# -- Looking ------------------------------------------------------------------------------------------


def ask(session: Session, round_id: int | None, *, staff_id: int) -> int:
    """Have themes looked for; returns the search, which is the one under way where there is one. The caller commits."""
    one_at_a_time(session, f"themes {round_id or 'of all'}")
    last = latest(session, round_id)
    if last and last.state in UNDER_WAY:
        return last.id
    return insert_one(session, ThemeSearch, round_id=round_id, asked_by=staff_id)


def uncoded(session: Session, round_id: int | None) -> tuple[list[Uncoded], bool]:
    """The newest statements that no code says the subject of, and whether there are more.

    A code that a model suggests counts as one that a person gave: whether it is right is decided in the queue.
    """
    chosen = of_passages(select(Statement, Passage.text)).where(*is_uncoded())
    if round_id is not None:
        chosen = chosen.where(ReviewItem.round_id == round_id)
    else:  # nobody said what is invented: the sample round is looked at where it is chosen
        chosen = chosen.join(Source, col(Source.id) == Passage.source_id).where(col(Source.sample).is_(False))
    rows = session.exec(chosen.order_by(col(Statement.id).desc()).limit(MOST_STATEMENTS + 1)).all()
    found = [Uncoded(one.id, text[one.start : one.end], one.start) for one, text in unredacted(session, rows)]
    return found[:MOST_STATEMENTS], len(rows) > MOST_STATEMENTS


def of_passages(chosen: Any) -> Any:
    joined = chosen.join(Passage, col(Passage.id) == Statement.passage_id)
    return joined.join(ReviewItem, col(ReviewItem.passage_id) == Passage.id)


def is_uncoded() -> tuple[ColumnElement[bool], ...]:
    """Of statements joined with their passages. What people are coding blind is left out: it would tell them what a
    machine did not find."""
    about = [family.id for family in plan.book().families if family.id not in NOT_ABOUT]
    codes = (col(StandingLabel.family).in_(about), StandingLabel.state != "asked")
    coded = select(StandingLabel.statement_id).where(StandingLabel.statement_id == Statement.id, *codes)
    blind = select(BlindItem.passage_id).where(BlindItem.passage_id == Passage.id, col(BlindItem.closed_at).is_(None))
    return (
        *standing.current(),
        col(Passage.language).in_(READ_LANGUAGES),
        ReviewItem.state != "set-aside",
        ~coded.correlate(Statement).exists(),
        ~blind.correlate(Passage).exists(),
    )


def unredacted(session: Session, rows: Sequence[tuple[Statement, str]]) -> list[tuple[Statement, str]]:
    """Without those of which a person has redacted something: what is left of them says what nobody said."""
    hidden = redactions.of(session, list({one.passage_id for one, _ in rows}))
    return [
        (one, text)
        for one, text in rows
        if not any(start < one.end and end > one.start for start, end in hidden[one.passage_id])
    ]


# -- Keeping ------------------------------------------------------------------------------------------


def finish(session: Session, claim: Claim, found: Sequence[Found], *, statements: int, more: bool) -> bool:
    """Keep what was found, in place of what an earlier look at the same round has found. False for a lost claim.

    What was withdrawn meanwhile is kept of no theme.
    """
    # Before anything that hangs on them is changed, as who erases them does: see docs/operating.md.
    there = held(session, {id for one in found for id, _ in one.statements})
    if not leases.finish(session, claim, statements=statements, more=more, codebook=plan.book().version):
        return False
    search = leases.row(session, claim)
    earlier = [one.id for one in searches(session, search.round_id) if one.id < search.id]
    forget(session, earlier)
    for place, one in enumerate(found):
        theme_id = insert_one(session, Theme, search_id=search.id, place=place, wordings=one.wordings)
        members = enumerate((id, named_by) for id, named_by in one.statements if id in there)
        of_theme = {"theme_id": theme_id}
        rows = [{**of_theme, "statement_id": id, "place": at, "named_by": named} for at, (id, named) in members]
        insert_all(session, ThemeStatement, rows)
    return True


def held(session: Session, statement_ids: Collection[int]) -> set[int]:
    """Those that are still there, with their passages held until the commit: who withdraws them then takes them out of
    their themes too. Passages alone, and first: who decides on statements takes them in any order below these."""
    passages: set[int] = set()
    for some in batches(sorted(statement_ids)):
        passages |= set(session.exec(select(Statement.passage_id).where(col(Statement.id).in_(some))))
    for some in batches(sorted(passages)):
        chosen = select(Passage.id).where(col(Passage.id).in_(some)).order_by(col(Passage.id))
        session.exec(chosen.with_for_update(key_share=True)).all()
    found: set[int] = set()
    for some in batches(sorted(statement_ids)):
        found |= set(session.exec(select(Statement.id).where(col(Statement.id).in_(some))))
    return found


def forget(session: Session, search_ids: Any) -> None:
    """Take out these searches, by ids or by a query of them, with what they found."""
    of_these = select(Theme.id).where(col(Theme.search_id).in_(search_ids))
    session.exec(delete(ThemeStatement).where(col(ThemeStatement.theme_id).in_(of_these)))
    session.exec(delete(Theme).where(col(Theme.search_id).in_(search_ids)))
    session.exec(delete(ThemeSearch).where(col(ThemeSearch.id).in_(search_ids)))


# -- Showing ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A statement of a theme with its words, and which stretches of them name it."""

    statement: Statement
    text: str
    named_by: tuple[redactions.Span, ...]
    sample: bool  # invented: nobody said it


@dataclass(frozen=True)
class Shown:
    """A theme as it stands: what was coded, set aside, redacted or withdrawn since it was found is not in it.

    `organisations` said it, those of joint returns and at meetings too, and `others` that belong to none. `lines` are
    some of its `statements`, those nearest to what they have in common first; `since` were in it and are no more.
    """

    id: int
    name: tuple[str, ...]
    statements: int
    organisations: int
    others: int
    since: int
    lines: tuple[Line, ...]


def latest(session: Session, round_id: int | None) -> ThemeSearch | None:
    return next(iter(searches(session, round_id)), None)


def latest_done(session: Session, round_id: int | None) -> ThemeSearch | None:
    return next((one for one in searches(session, round_id) if one.state == "done"), None)


def searches(session: Session, round_id: int | None) -> Sequence[ThemeSearch]:
    """Newest first. There are few: one that is done takes the place of those before."""
    same = col(ThemeSearch.round_id).is_(None) if round_id is None else ThemeSearch.round_id == round_id
    return session.exec(select(ThemeSearch).where(same).order_by(col(ThemeSearch.id).desc())).all()


def themes(session: Session, search: ThemeSearch) -> Sequence[Theme]:
    return session.exec(select(Theme).where(Theme.search_id == search.id).order_by(col(Theme.place))).all()


def standing_of(session: Session, found: Sequence[Theme]) -> list[Theme]:
    """Those of the themes that something is left of."""
    ids = [one.id for one in found]
    left = counted(session, ids, *is_left(session, ids))
    return [one for one in found if one.id in left]


def shown(session: Session, found: Sequence[Theme], *, lines: int, from_: int = 0) -> list[Shown]:
    """Those of the themes that something is left of, with so many lines of each, the first `from_` passed over."""
    ids = [one.id for one in found]
    is_there = is_left(session, ids)
    left, all_of_it = counted(session, ids, *is_there), counted(session, ids)
    organisations, others = said_by(session, ids, is_there)
    return [
        Shown(
            id=id,
            name=name,
            statements=left[id],
            organisations=organisations.get(id, 0),
            others=others.get(id, 0),
            since=all_of_it[id] - left[id],
            lines=tuple(some),
        )
        for id in ids
        if left.get(id)
        for name, some in [named_lines(session, id, is_there, lines, from_)]
    ]


def is_left(session: Session, theme_ids: Sequence[int]) -> tuple[ColumnElement[bool], ...]:
    """Of statements of these themes joined with their passages: nothing was done with them since they were found."""
    redacted = select(ExtractDecision.passage_id).where(ExtractDecision.kind == "redaction")
    chosen = in_themes(select(Statement, Passage.text).select_from(ThemeStatement), theme_ids)
    rows = session.exec(chosen.where(col(Passage.id).in_(redacted))).all()
    clear = {one.id for one, _ in unredacted(session, rows)}
    return *is_uncoded(), col(Statement.id).not_in({one.id for one, _ in rows} - clear)


def in_themes(chosen: Any, theme_ids: Sequence[int]) -> Any:
    joined = of_passages(chosen.join(Statement, col(Statement.id) == ThemeStatement.statement_id))
    return joined.where(col(ThemeStatement.theme_id).in_(theme_ids))


def counted(session: Session, theme_ids: Sequence[int], *where: ColumnElement[bool]) -> dict[int, int]:
    chosen = in_themes(select(ThemeStatement.theme_id, func.count()).select_from(ThemeStatement), theme_ids)
    return dict(session.exec(chosen.where(*where).group_by(ThemeStatement.theme_id)).all())


def said_by(
    session: Session, theme_ids: Sequence[int], where: Sequence[ColumnElement[bool]]
) -> tuple[dict[int, int], dict[int, int]]:
    """How many organisations said something of each theme, and how many submissions and sources of nobody's.

    Of a joint return all that it speaks for said it, and of a meeting all that were there.
    """
    chosen = select(ThemeStatement.theme_id, Source.id, Source.submission_id, Source.organisation_id)
    of_sources = in_themes(chosen.select_from(ThemeStatement), theme_ids)
    of_sources = of_sources.join(Source, col(Source.id) == Passage.source_id).where(*where)
    sources = of_sources.distinct().subquery()
    named = select(sources.c.theme_id, sources.c.organisation_id.label("organisation_id"))
    joint = select(sources.c.theme_id, SubmissionPartner.organisation_id)
    joint = joint.join(SubmissionPartner, col(SubmissionPartner.submission_id) == sources.c.submission_id)
    met = select(sources.c.theme_id, SourceOrganisation.organisation_id)
    met = met.join(SourceOrganisation, col(SourceOrganisation.source_id) == sources.c.id)
    either = union(named.where(sources.c.organisation_id.is_not(None)), joint, met).subquery()
    organisations = session.exec(select(either.c.theme_id, func.count()).group_by(either.c.theme_id)).all()
    met_with = select(SourceOrganisation.source_id)
    nobody = (sources.c.organisation_id.is_(None), sources.c.id.not_in(met_with))
    # Who sends files with their answers has a source for each, and is one.
    each = func.count(func.distinct(func.coalesce(sources.c.submission_id, -sources.c.id)))
    others = session.exec(select(sources.c.theme_id, each).where(*nobody).group_by(sources.c.theme_id)).all()
    return dict(organisations), dict(others)


Named = tuple[Line, list[tuple[int, str]]]


def named_lines(
    session: Session, theme_id: int, where: Sequence[ColumnElement[bool]], at_most: int, from_: int
) -> tuple[tuple[str, ...], list[Line]]:
    """The name of a theme, by its nearest statements, and the lines that are to be shown of it."""
    nearest = lines_of(session, theme_id, where, at_most=NAMED_BY)
    some = nearest[from_ : from_ + at_most]
    if from_ + at_most > NAMED_BY:
        some = lines_of(session, theme_id, where, at_most=at_most, from_=from_)
    return name_of(nearest), [line for line, _ in some]


def lines_of(
    session: Session, theme_id: int, where: Sequence[ColumnElement[bool]], *, at_most: int, from_: int = 0
) -> list[Named]:
    """Statements that are left of a theme, nearest first, each with the words of the name that it says, by number."""
    chosen = select(ThemeStatement, Statement, Passage.text, Source.sample).select_from(ThemeStatement)
    chosen = in_themes(chosen, [theme_id]).join(Source, col(Source.id) == Passage.source_id).where(*where)
    chosen = chosen.order_by(col(ThemeStatement.place)).offset(from_).limit(at_most)
    return [line_of(*row) for row in session.exec(chosen)]


def line_of(member: ThemeStatement, statement: Statement, text: str, sample: bool) -> Named:
    begins = statement.start
    named_by = tuple((start - begins, end - begins) for _, start, end in member.named_by)
    words = [(number, text[start:end].lower()) for number, start, end in member.named_by]
    return Line(statement, text[begins : statement.end], named_by, sample), words


def name_of(lines: Sequence[Named]) -> tuple[str, ...]:
    """Each word as the statement nearest to the middle says it."""
    words: dict[int, str] = {}
    for _, said in lines:
        words = dict(said) | words
    return tuple(words[number] for number in sorted(words))
