"""What many organisations say, counted by queries over all of it at once, with the surest statements of each count.

For reports, which go out of the house: what a model suggests and is on hold counts once a person has accepted it, and
statements that may tell of harm are counted and lead nowhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, and_, case, cast, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from collector.database import batches
from collector.findings import counts, holds, small_numbers
from collector.findings.counts import SUGGESTED, Cell, Heard, Key, Within
from collector.findings.estimates import Said
from collector.findings.models import Extract, ExtractDecision, StandingLabel, Statement
from collector.frameworks import plan
from collector.intake import item_rows, item_states, rounds
from collector.intake.models import (
    Answers,
    ImportRow,
    ItemState,
    ListedItem,
    Meeting,
    Passage,
    Source,
    Submission,
)
from collector.profiles import promises
from collector.profiles.promises import COMMITMENT
from collector.profiles.statements import ACTION, PEOPLE
from forms.questions import ITEM_ID

# A statement's place among others as one number: what people decided, then the surest, then the newest.
DECIDED, PLACES = 2_000, 10**12


@dataclass
class Told:
    """What is said under a label, or under two at once.

    `said` are organisations, `decided` those of them that say it by what people decided; `others` are the individuals
    and meetings, and what else is of no organisation. `surest`: of each of them one statement, the surest first.
    `number`: how many they are by what people decided, as anybody may read it; none where no numbers are told.
    `truly`: how many they are as staff may read it, with what the blind sample tells of it.
    """

    said: set[int] = field(default_factory=set)
    decided: set[int] = field(default_factory=set)
    others: set[int] = field(default_factory=set)
    statements: int = 0
    checked: int = 0
    ranks: list[int] = field(default_factory=list)
    number: small_numbers.Told | None = None
    truly: Said | None = None

    @property
    def cell(self) -> Cell:
        return Cell(self.decided, self.said, self.statements, self.checked)

    @property
    def surest(self) -> list[int]:
        return list(dict.fromkeys(rank % PLACES for rank in sorted(self.ranks, reverse=True)))

    def __bool__(self) -> bool:
        return bool(self.said or self.others)


Labels = tuple[str, ...]


def told(
    session: Session, within: Within, heard: Heard, sources: Sequence["Sent"], families: Sequence[str]
) -> dict[Labels, Told]:
    """By a label of each of these families, of statements that carry one of each. In one query, whatever there is."""
    held = {family: aliased(StandingLabel) for family in families}
    first, *others = rarest_first(session, families)
    labels = [one.label for one in held.values()]
    decided = and_(*(one.state != SUGGESTED for one in held.values()))
    counted = (func.count(), func.sum(case((decided, 1), else_=0)), func.max(rank(held.values(), decided)))
    chosen = select(col(Passage.source_id), *labels, *counted).select_from(held[first])
    for family in others:
        # Put together, it is in no index: it is looked up beside each statement of the first, where a database that has
        # counted nothing yet would go through all of one for each of the other.
        beside = (held[family].statement_id == held[first].statement_id, (held[family].family + "") == family)
        chosen = chosen.join(held[family], and_(*beside))
    chosen = counts.of_statements(chosen.join(Statement, col(Statement.id) == held[first].statement_id), within)
    chosen = chosen.where(held[first].family == first)
    if holds.on_hold(session):  # asked once, and not of every label
        chosen = chosen.where(*map(holds.shown_outside, held.values()))
    whose = {one.id: one for one in sources}
    found: dict[Labels, Told] = defaultdict(Told)
    for source_id, *rest in session.execute(chosen.group_by(Passage.source_id, *labels)):
        *label, number, checked, best = rest
        if source_id in whose:  # another may have come since
            add(found[tuple(label)], whose[source_id], heard, number, checked, best)
    return found


def rarest_first(session: Session, families: Sequence[str]) -> list[str]:
    if len(families) == 1:
        return list(families)
    counted = select(StandingLabel.family, func.count()).where(col(StandingLabel.family).in_(families))
    numbers = dict(session.execute(counted.group_by(col(StandingLabel.family))).all())
    return sorted(families, key=lambda family: numbers.get(family, 0))


def rank(held: Iterable[Any], decided: Any) -> Any:
    """Nothing for what may tell of harm: it is not quoted."""
    scores = [func.coalesce(one.score, 1.0) for one in held]
    score = sum(scores[1:], scores[0]) / len(scores)
    place = case((decided, DECIDED), else_=cast(score * 1_000, BigInteger))
    return case((col(Passage.harm).is_(True), None), else_=cast(place, BigInteger) * PLACES + Statement.id)


def add(one: Told, sent: "Sent", heard: Heard, number: int, checked: int, best: Any) -> None:
    organisations = sent.of(heard)
    if not organisations and sent.organisation_id is not None:  # of one that is not counted here
        return
    one.said |= organisations
    one.decided |= organisations if checked else frozenset()
    one.others |= frozenset() if organisations else {sent.submission_id or -sent.id}
    one.statements += number
    one.checked += checked
    if best is not None:
        one.ranks.append(best)


def number_of(session: Session, within: Within) -> tuple[int, int, int]:
    """Statements, those of them that have a label that a person has said, and those that may tell of harm."""
    harmful = func.sum(case((col(Passage.harm).is_(True), 1), else_=0))
    every = counts.of_statements(select(func.count(), harmful).select_from(Statement), within)
    checked = select(func.count(func.distinct(StandingLabel.statement_id))).select_from(StandingLabel)
    checked = checked.join(Statement, col(Statement.id) == StandingLabel.statement_id)
    checked = counts.of_statements(checked, within).where(col(StandingLabel.state).in_(PEOPLE))
    number, harm = session.execute(every).one()
    return number, session.execute(checked).scalar_one(), harm or 0


class Sent(NamedTuple):
    """A source and whose it is."""

    id: int
    kind: str
    organisation_id: int | None
    submission_id: int | None

    def of(self, heard: Heard) -> frozenset[int]:
        """The organisations that it speaks for."""
        joint = self.submission_id if self.submission_id in heard.partners else None
        return heard.of(Key(self.organisation_id, joint))


def sources(session: Session, within: Within) -> list[Sent]:
    """Of all that is counted."""
    chosen = select(Source.id, Source.kind, Source.organisation_id, Source.submission_id)
    found = session.execute(chosen.where(*counts.sources_within(within)).order_by(col(Source.id)))
    return [Sent(*one) for one in found]


def permissions(session: Session, within: Within) -> dict[int, str]:
    """What may be published of each source, but of documents that staff brought in: nobody was promised anything of
    those. Where nothing was said that is nothing, and silence is no leave."""
    asked = func.coalesce(Submission.permission, Meeting.permission, ImportRow.permission, "")
    brought = and_(col(Source.kind) == "document", col(Source.submission_id).is_(None))
    chosen = rounds.with_round(select(Source.id, asked)).where(*counts.sources_within(within), ~brought)
    return dict(session.execute(chosen).all())


# -- What was listed one by one ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Listed:
    """An item: its respondents chose what it is and the action that it is for. `statements` are those of its words."""

    organisations: frozenset[int]
    kind: str
    action: str
    statements: tuple[int, ...]
    due: date | None


def listed(session: Session, within: Within, heard: Heard) -> list[Listed]:
    """What was reported done or withdrawn since is no item any more."""
    rows = session.execute(
        select(ListedItem, Source.organisation_id, counts.joint_of())
        .join(Source, (col(Source.submission_id) == ListedItem.submission_id) & col(Source.upload_id).is_(None))
        .where(item_rows.latest(), *counts.sources_within(within))
    ).all()
    sent = {row.submission_id for row, *_ in rows}
    kept, chosen = words_in(session, sent), actions_chosen(session, sent)
    said = statements_of_items(session, {*sent, *kept.values()}, within)
    found = []
    for row, organisation_id, joint in rows:
        key = (row.submission_id, row.list_id, row.item_id)
        words = said.get((kept.get(key, row.submission_id), row.list_id, row.item_id), ())
        whose = heard.of(Key(organisation_id, joint))
        found.append(Listed(whose, row.kind, chosen.get(key, ""), tuple(words), row.due_to))
    return found


def with_listed(pairs: dict[Labels, Told], items: Iterable[Listed]) -> None:
    """Count what was listed under an action, by action and kind, among what statements say there."""
    for item in items:
        if item.action and item.organisations:
            one = pairs.setdefault((item.action, item.kind), Told())
            one.said |= item.organisations
            one.decided |= item.organisations
            one.ranks += [DECIDED * PLACES + id for id in item.statements[:1]]


Item = tuple[int, str, str]  # submission, list, item


def words_in(session: Session, submission_ids: set[int]) -> dict[Item, int]:
    """Of items that were kept, the submission in which their words stand."""
    found: dict[Item, int] = {}
    for some in batches(sorted(submission_ids)):
        for one in session.exec(select(ItemState).where(col(ItemState.submission_id).in_(some))):
            if one.state == item_states.KEPT:
                found[one.submission_id, one.list_id, one.item_id] = one.words_in
    return found


def statements_of_items(session: Session, submission_ids: set[int], within: Within) -> dict[Item, list[int]]:
    """The statements that the words of each item are, of items that tell of no harm."""
    found: dict[Item, list[int]] = defaultdict(list)
    harmful: set[Item] = set()
    everywhere = Within(sample=within.sample, named=within.named)  # what was kept was said in an earlier round
    for some in batches(sorted(submission_ids)):
        chosen = select(Statement.id, Source.submission_id, Passage.list_id, Passage.item_id, Passage.harm)
        chosen = counts.of_statements(chosen.select_from(Statement), everywhere)
        chosen = chosen.where(col(Source.submission_id).in_(some), col(Passage.item_id).is_not(None))
        for id, submission_id, list_id, item_id, harm in session.execute(chosen.order_by(col(Statement.id))):
            found[submission_id, list_id, item_id].append(id)
            harmful |= {(submission_id, list_id, item_id)} if harm else set()
    return {key: ids for key, ids in found.items() if key not in harmful}


def actions_chosen(session: Session, submission_ids: set[int]) -> dict[Item, str]:
    """The action that was chosen beside an item."""
    found: dict[Item, str] = {}
    for some in batches(sorted(submission_ids)):
        for submission_id, given in session.execute(
            select(Answers.submission_id, Answers.given).where(col(Answers.submission_id).in_(some))
        ):
            for list_id, items in given.items():
                for item in items if isinstance(items, list) else ():
                    if isinstance(item, dict) and (action := action_of(item)):
                        found[submission_id, list_id, item.get(ITEM_ID, "")] = action
    return found


def action_of(item: dict[str, Any]) -> str:
    return next((one for one in item.values() if isinstance(one, str) and plan.known("actions", one)), "")


# -- What is to be done by when -------------------------------------------------------------------------


@dataclass(frozen=True)
class Promise:
    """A commitment that has a day by which it is to be done; `statements` are those that its words are."""

    organisations: frozenset[int]
    actions: tuple[str, ...]
    statements: tuple[int, ...]
    due: date
    listed: bool  # one by one, so that a later round can say that it is done


def dated(session: Session, within: Within, heard: Heard, items: Iterable[Listed]) -> list[Promise]:
    """What falls due first comes first."""
    found = [
        Promise(one.organisations, (one.action,) if one.action else (), one.statements, one.due, listed=True)
        for one in items
        if one.kind == COMMITMENT and one.due
    ]
    found += of_words(session, within, heard)
    return sorted((one for one in found if one.organisations), key=lambda one: (one.due, one.statements))


def of_words(session: Session, within: Within, heard: Heard) -> Iterator[Promise]:
    """Of what was written in one piece, as the days were picked out of it."""
    held = aliased(StandingLabel)
    whose = (col(Source.organisation_id), counts.joint_of())
    chosen = select(Statement.id, *whose, Source.received_at).select_from(held)
    chosen = counts.of_statements(chosen.join(Statement, col(Statement.id) == held.statement_id), within)
    chosen = chosen.where(held.family == "kinds", held.label == COMMITMENT, holds.shown_outside(held))
    # What was listed one by one has a day of its own.
    chosen = chosen.where(col(Passage.item_id).is_(None), col(Passage.harm).is_not(True), has_a_day())
    rows = session.execute(chosen.order_by(col(Statement.id))).all()
    promised = promises.of(session, [id for id, *_ in rows])
    named = actions_of(session, promised)
    for id, organisation_id, joint, received_at in rows:
        if id in promised and (due := promises.last_day(promised[id], received_at.date())):
            yield Promise(heard.of(Key(organisation_id, joint)), tuple(named[id]), (id,), due, listed=False)


def has_a_day() -> Any:
    """That in a statement's passage a commitment with a day was picked out: those without are many."""
    return or_(
        *(
            select(one.id)
            .where(one.passage_id == Passage.id, one.kind == COMMITMENT)
            .where(one.details[("due", "to")].as_string().is_not(None))
            .exists()
            for one in (aliased(Extract), aliased(ExtractDecision))
        )
    )


def actions_of(session: Session, statement_ids: Iterable[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for some in batches(sorted(statement_ids)):
        held = StandingLabel
        chosen = select(held.statement_id, held.label).where(
            held.family == ACTION, col(held.statement_id).in_(some), holds.shown_outside()
        )
        for id, label in session.exec(chosen.order_by(held.label)):
            found[id].append(label)
    return found


def reported_done(session: Session, within: Within) -> int:
    """How many of the commitments that were listed one by one were said to be done."""
    done = select(ItemState.first_in, ItemState.list_id, ItemState.item_id).distinct()
    done = done.join(Source, col(Source.submission_id) == ItemState.submission_id)
    done = done.join(
        ListedItem,
        (col(ListedItem.submission_id) == ItemState.words_in)
        & (col(ListedItem.list_id) == ItemState.list_id)
        & (col(ListedItem.item_id) == ItemState.item_id),
    )
    last = (ItemState.state == item_states.DONE, item_states.is_last_word(), ListedItem.kind == COMMITMENT)
    done = done.where(*last, *counts.sources_within(within))
    return session.execute(select(func.count()).select_from(done.subquery())).scalar_one()


# -- In words -------------------------------------------------------------------------------------------


def corrected_words(said: Said | None) -> str:
    """ "38 to 44", or nothing where there is no range that holds the truth."""
    if not (said and said.corrected):
        return ""
    return f"{said.low:,}" if said.low == said.high else f"{said.low:,} to {said.high:,}"
