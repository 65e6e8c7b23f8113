"""What became of items over rounds: kept, changed, done or withdrawn, with where the words of each stand.

An item's words are read once, in the submission that said them. A later one that keeps the item adds no passage; one
that changes or ends it supersedes the earlier words. Where two go on from the same submission, the last to be sent says
what is so. When the submission that holds the words goes, the next that keeps the item takes them over.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from collector.database import insert_all
from collector.intake import given, items, jobs, rounds
from collector.intake.items import Listed
from collector.intake.models import ItemState, Passage, Round, Source, Submission
from forms import choices, framework
from forms.questionnaire import Questionnaire
from forms.questions import ITEM_ID
from forms.speech import gettext, message

KEPT, CHANGED, DONE, WITHDRAWN = "kept", "changed", "done", "withdrawn"
WORDS = {
    KEPT: message("Kept as it is"),
    CHANGED: message("Changed"),
    DONE: message("Done"),
    WITHDRAWN: message("Withdrawn"),
}
WHAT_CAME = message("What came of it?")  # kept with what was said, and read by the model, in English
BECAME = "became"  # in place of a question, for the words on what came of an item

Key = tuple[str, str]  # list and item


@dataclass(frozen=True)
class Said:
    """What somebody says of one held item."""

    list_id: str
    item_id: str
    state: str
    ended: str = ""
    text: str = ""


def keep(session: Session, submission_id: int, begun_from: int, said: Iterable[Said]) -> None:
    """Keep what a new submission says of the items that the one it was begun from holds. The caller commits."""
    hold(session, begun_from)  # first: where the words stand may change until then
    before = {key_of(one): one for one in of_submission(session, begun_from)}
    rows = [
        {
            "submission_id": submission_id,
            "list_id": one.list_id,
            "item_id": one.item_id,
            "state": one.state,
            **_told_first(before.get((one.list_id, one.item_id)), begun_from),
            "ended": one.ended,
            "text": one.text,
        }
        for one in said
    ]
    insert_all(session, ItemState, rows)
    follow(session, submission_id)


def _told_first(before: ItemState | None, begun_from: int) -> dict[str, int]:
    """Where the words of an item stand, and where it was first listed."""
    return {
        "words_in": before.words_in if before and before.state == KEPT else begun_from,
        "first_in": before.first_in if before else begun_from,
    }


def key_of(state: ItemState) -> Key:
    return state.list_id, state.item_id


def of_submission(session: Session, submission_id: int) -> list[ItemState]:
    chosen = select(ItemState).where(ItemState.submission_id == submission_id)
    return list(session.exec(chosen.order_by(col(ItemState.list_id), col(ItemState.item_id))))


def read_elsewhere(states: Iterable[ItemState]) -> set[Key]:
    """The kept items whose words stand in an earlier submission, and are not read here once more."""
    return {key_of(one) for one in states if one.state == KEPT and one.words_in != one.submission_id}


def words_in(
    session: Session,
    submission_id: int,
    questionnaire: Questionnaire,
    states: Iterable[ItemState],
    held: dict[Key, Listed],
) -> Iterator[dict]:
    """What was said of what came of items, as passages are made of it.

    `held` has the items themselves; of one that has gone, its passage still says what it concerned.
    """
    plan = framework.load(questionnaire.framework)
    standing = (col(Passage.question_id) == BECAME, col(Passage.retired_at).is_(None))
    chosen = session.exec(select(Passage).where(*_passages_of(submission_id), *standing))
    before = {(one.list_id, one.item_id): one for one in chosen}
    for one in (state for state in states if state.state == DONE and state.text):
        listed, passage = held.get(key_of(one)), before.get(key_of(one))
        if listed:
            concern, number = choices.area_of(listed.listing, listed.answers, plan), listed.number
        else:
            concern, number = (passage.concern, passage.item_number) if passage else (None, None)
        yield {
            "question_id": BECAME,
            "question": WHAT_CAME,
            "concern": concern,
            "list_id": one.list_id,
            "item_id": one.item_id,
            "item_number": number,
            "text": one.text,
        }


def follow(session: Session, submission_id: int) -> None:
    """Have the words of all items that this submission speaks of, or told of first, count as who spoke last says."""
    session.flush()
    _follow_all(session, _who_spoke(session, submission_id))


def _who_spoke(session: Session, submission_id: int) -> set[int]:
    """All that list or listed an item which this submission speaks of, or told of first."""
    firsts = {one.first_in for one in of_submission(session, submission_id)} | {submission_id}
    told = select(ItemState.submission_id).where(col(ItemState.first_in).in_(firsts))
    return firsts | {submission_id, *session.exec(told)}


def _follow_all(session: Session, holders: Iterable[int]) -> None:
    """Mark the words of items that stand in these submissions as superseded, or as counting (again)."""
    of_items = (col(Passage.item_id).is_not(None), col(Passage.question_id) != BECAME)
    for holder in sorted(holders):
        told = _told_of(session, holder)
        # In the order in which a reader takes them too: an update takes them as they lie, and both would wait.
        chosen = select(Passage).where(*_passages_of(holder), *of_items).order_by(col(Passage.id))
        chosen = chosen.with_for_update(key_share=True).execution_options(populate_existing=True)
        for passage in session.exec(chosen):
            passage.superseded_by = _superseding(holder, told.get((passage.list_id, passage.item_id), []))
            session.add(passage)
    session.flush()


def _told_of(session: Session, holder: int) -> dict[Key, list[ItemState]]:
    """What was said of each item that this submission lists, by all who spoke of it, in the order of sending."""
    firsts = {key_of(one): one.first_in for one in of_submission(session, holder)}
    chosen = select(ItemState).where(col(ItemState.first_in).in_({holder, *firsts.values()}))
    told: dict[Key, list[ItemState]] = {}
    for one in session.exec(chosen.order_by(col(ItemState.submission_id))):
        if one.first_in == firsts.get(key_of(one), holder):
            told.setdefault(key_of(one), []).append(one)
    return told


def _superseding(holder: int, told: list[ItemState]) -> int | None:
    """The submission by which the words of an item that stand in the holder count no more."""
    others = [one for one in told if one.submission_id > holder]
    otherwise = [one.submission_id for one in others if one.state != KEPT or one.words_in != holder]
    return otherwise[0] if otherwise and others[-1].submission_id == otherwise[-1] else None


def _passages_of(submission_id: int) -> tuple[ColumnElement[bool], ...]:
    answers = select(Source.id).where(Source.submission_id == submission_id, col(Source.upload_id).is_(None))
    return (col(Passage.source_id).in_(answers),)


# -- When a submission is corrected or goes ----------------------------------------------------------


def hold(session: Session, submission_id: int) -> None:
    """Hold the jobs of all whose words count or not by this submission: those that go on from where it began."""
    first = submission_id
    while before := session.exec(select(Submission.begun_from).where(Submission.id == first)).one():
        first = before
    all_ = {first, *_later_than(session, first)}
    jobs.hold(session, select(Source.id).where(col(Source.submission_id).in_(all_)))


def _later_than(session: Session, submission_id: int) -> set[int]:
    """The submissions that go on from this one, and from those."""
    found: set[int] = set()
    last = {submission_id}
    while last:
        last = set(session.exec(select(Submission.id).where(col(Submission.begun_from).in_(last))))
        found |= last
    return found


def bridge(session: Session, submission: Submission) -> None:
    """A submission goes: those that go on from it go on from the one before it.

    Those that go on from the first still do, and are known by it to have no beginning any more.
    """
    if submission.begun_from is None:
        return
    after = select(Submission).where(Submission.begun_from == submission.id).order_by(col(Submission.id))
    for one in session.exec(after.with_for_update(key_share=True)).all():
        one.begun_from = submission.begun_from
        session.add(one)
    session.flush()


def correct(session: Session, submission: Submission, before: dict[str, Any], after: dict[str, Any]) -> list[int]:
    """After a correction: a kept item that says something else was changed, one taken out was withdrawn.

    Those who go on from here kept the item, or ended it, with what it says here now; others keep the words that they
    saw. Returns the jobs that this asks for, where those are read elsewhere from now on. To be followed when the
    passages are in line.
    """
    then, now = _by_key(before), _by_key(after)
    states = of_submission(session, submission.id)
    later = _later_than(session, submission.id)
    for one in states:
        key = key_of(one)
        if key not in then or then[key] == now.get(key):
            continue
        if one.state == KEPT:
            same = (ItemState.list_id == one.list_id, ItemState.item_id == one.item_id)
            those = (col(ItemState.submission_id).in_(later), ItemState.words_in == one.words_in, *same)
            session.exec(update(ItemState).where(*those).values(words_in=submission.id))
        one.state = WITHDRAWN if key not in now else CHANGED if one.words_in != submission.id else one.state
        session.add(one)
    session.flush()
    differs = {key for key in then.keys() & now.keys() if then[key] != now[key]}
    job_ids = hand_over(session, submission.id, then.keys() - now.keys())
    return [*job_ids, *hand_over(session, submission.id, differs, but=later)]


def _by_key(answers: dict[str, Any]) -> dict[Key, Any]:
    return {
        (question_id, item[ITEM_ID]): item
        for question_id, value in answers.items()
        if isinstance(value, list)
        for item in value
        if isinstance(item, dict) and ITEM_ID in item
    }


def take_out(session: Session, submission_id: int) -> list[int]:
    """A submission goes, and with it what it says of items; returns the jobs of those that take its items over.

    To be called when its own words are gone.
    """
    others = _who_spoke(session, submission_id) - {submission_id}
    job_ids = hand_over(session, submission_id)
    session.exec(delete(ItemState).where(col(ItemState.submission_id) == submission_id))
    _follow_all(session, others)
    return job_ids


def hand_over(
    session: Session, holder: int, keys: Iterable[Key] | None = None, *, but: Iterable[int] = ()
) -> list[int]:
    """The items whose words stood here, all or these, are read in the first later submission that keeps them.

    `but` are later ones that go on with what stands here, whatever it says.
    Where this one had changed an item or taken it out, the one that takes it over is the one that changed it.
    """
    own = {key_of(one): one for one in of_submission(session, holder)}
    later = select(ItemState).where(ItemState.words_in == holder, ItemState.submission_id != holder)
    groups: dict[Key, list[ItemState]] = {}
    for one in session.exec(
        later.where(col(ItemState.submission_id).not_in(but)).order_by(col(ItemState.submission_id))
    ):
        if keys is None or key_of(one) in keys:
            groups.setdefault(key_of(one), []).append(one)
    takers: dict[int, set[Key]] = {}
    for key, group in groups.items():
        before = own[key].words_in if key in own and own[key].state != KEPT else holder
        heir = next((one for one in group if one.state == KEPT), None)
        for one in group:
            one.words_in = heir.submission_id if heir else before
            session.add(one)
        if heir is None:
            continue
        if before != holder:
            heir.state, heir.words_in = CHANGED, before
        takers.setdefault(heir.submission_id, set()).add(key)
    session.flush()
    return [_read_more(session, submission_id, these) for submission_id, these in sorted(takers.items())]


def _read_more(session: Session, submission_id: int, keys: set[Key]) -> int:
    """Make passages of items that this submission lists and whose words stood elsewhere; returns the job."""
    submission = session.get_one(Submission, submission_id)
    questionnaire = rounds.questionnaire_of(session, submission.questionnaire_id)
    source_id = session.exec(
        select(Source.id).where(Source.submission_id == submission_id, col(Source.upload_id).is_(None))
    ).one()
    kept = given.answers_of(session, submission_id)
    told = [
        words
        for listing in questionnaire.questions_for(kept)
        if listing.type == "list"
        for words in items.words_in(questionnaire, listing, kept.get(listing.id))
        if (words["list_id"], words["item_id"]) in keys
    ]
    standing = (Passage.source_id == source_id, col(Passage.retired_at).is_(None))
    last, number = session.exec(select(func.max(Passage.position), func.count()).where(*standing)).one()
    rows = [
        {"source_id": source_id, "position": position, **words}
        for position, words in enumerate(told, start=(last or 0) + 1)
    ]
    insert_all(session, Passage, rows)
    return jobs.ask_again(session, source_id, total=number + len(rows))


# -- As people read it -------------------------------------------------------------------------------


def held_by(
    session: Session, submission_id: int, asked: Callable[[Session, int], Questionnaire] = rounds.questionnaire_of
) -> dict[Key, Listed]:
    """The items of a submission by list and item."""
    return {(one.listing.id, one.item_id): one for one in items.of_submission(session, submission_id, asked)}


@dataclass(frozen=True)
class Told:
    """An item and what became of it. `listed` is None where its words have gone since."""

    state: ItemState
    listed: Listed | None
    submission: Submission
    round_title: str

    @property
    def name(self) -> str:
        return self.listed.name if self.listed else gettext("Something listed before")

    @property
    def word(self) -> str:
        return gettext(WORDS[self.state.state])

    @property
    def shown(self) -> list[dict[str, Any]]:
        return items.told(self.listed) if self.listed else []


def told(session: Session, submission: Submission) -> list[Told]:
    """What this submission says of each held item, in the order of the submission that held them."""
    return _told(session, ItemState.submission_id == submission.id)


def ended_of(session: Session, organisation_speaks: ColumnElement[bool]) -> list[Told]:
    """What has ended of all that an organisation listed, the latest first; `partners.speaks_for` picks the sources."""
    theirs = select(Source.submission_id).where(organisation_speaks, col(Source.submission_id).is_not(None))
    ended = (col(ItemState.state).in_((DONE, WITHDRAWN)), col(ItemState.submission_id).in_(theirs))
    return _told(session, *ended, is_last_word())[::-1]


def is_last_word(*, in_round: int | None = None) -> ColumnElement[bool]:
    """That nobody who was sent later, at all or in this round, speaks of the item."""
    later = aliased(ItemState)
    chosen = select(later.item_id).where(
        later.first_in == ItemState.first_in,
        later.list_id == ItemState.list_id,
        later.item_id == ItemState.item_id,
        later.submission_id > ItemState.submission_id,
    )
    if in_round is not None:
        chosen = chosen.join(Submission, col(Submission.id) == later.submission_id)
        chosen = chosen.where(Submission.round_id == in_round)
    return ~chosen.correlate(ItemState).exists()


def _told(session: Session, *which: ColumnElement[bool]) -> list[Told]:
    rows = session.exec(
        select(ItemState, Submission, Round.title)
        .join(Submission, col(Submission.id) == ItemState.submission_id)
        .join(Round, col(Round.id) == Submission.round_id)
        .where(*which)
        .order_by(col(Submission.received_at), col(Submission.id))
    ).all()
    # As it stood when it was asked about: in the submission that was gone on from, or where the words stand.
    wanted = {id for state, submission, _ in rows for id in (submission.begun_from, state.words_in) if id}
    held = {id: held_by(session, id, rounds.spoken) for id in sorted(wanted)}
    now = {submission.id: held_by(session, submission.id, rounds.spoken) for _, submission, _ in rows}
    found = [
        Told(
            state,
            now[submission.id].get(key_of(state))
            or held.get(submission.begun_from, {}).get(key_of(state))
            or held[state.words_in].get(key_of(state)),
            submission,
            title,
        )
        for state, submission, title in rows
    ]
    order = {(id, *key): place for id, listed in held.items() for place, key in enumerate(listed)}
    return sorted(
        found,
        key=lambda one: (one.submission.received_at, order.get((one.submission.begun_from, *key_of(one.state)), 0)),
    )


def counts(session: Session, round_id: int) -> dict[str, int]:
    """How many items of each state the submissions of a round tell of: each item once, as the last of them says."""
    counted = (
        select(ItemState.state, func.count())
        .join(Submission, col(Submission.id) == ItemState.submission_id)
        .where(Submission.round_id == round_id, is_last_word(in_round=round_id))
        .group_by(col(ItemState.state))
    )
    return dict(session.exec(counted).all())
