"""What is held from an earlier round: whoever shows that it is theirs begins the next one from it.

A draft that was begun so keeps the facts as its own answers. The items and the words stay in the earlier submission
and are looked up there; of each item the draft keeps what is said of it, and a copy once it is to be sent again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from collector.accounts import secrets
from collector.database import now
from collector.intake import drafts, given, item_rows, items, progress, rounds
from collector.intake.item_states import CHANGED, DONE, KEPT, WITHDRAWN, Said
from collector.intake.models import (
    Answers,
    Draft,
    Invitation,
    Keying,
    PublishedQuestionnaire,
    Round,
    Submission,
    SubmissionAccess,
)
from forms import answers as forms_answers
from forms import gaps
from forms.gaps import Due, Gap
from forms.questionnaire import Questionnaire, Step
from forms.questions import ITEM_ID, Item, Page, Question

# Nobody agrees by having agreed before.
ASKED_ANEW = ("permission", "contact-permission")
CHANGING = "change"  # chosen, and what it says now not written yet


@dataclass(frozen=True)
class Words:
    """What was written in answer to a question, and when."""

    text: str
    round_title: str
    received_at: datetime


@dataclass(frozen=True)
class Held:
    """A submission of an earlier round, as it stands now, with what it goes on from itself."""

    submission_id: int
    reference: str
    round_title: str
    received_at: datetime
    questionnaire: Questionnaire  # the version that it answered
    answers: dict[str, Any]
    due: dict[str, Due]  # by item
    earlier: "Held | None" = None

    def same(self, question: Question) -> Question | None:
        """The question that this one was then, where it was answered and asked for the same kind of answer."""
        then = self.questionnaire.questions.get(question.id)
        return then if then and then.type == question.type and question.id in self.answers else None

    def words(self, question: Question) -> list[Words]:
        """What was written in answer to it, in each round, the latest first; this is not asked again."""
        asked = question.source and question.type != "list" and self.same(question)
        own = [Words(self.answers[question.id], self.round_title, self.received_at)] if asked else []
        return own + (self.earlier.words(question) if self.earlier else [])

    @property
    def told(self) -> set[str]:
        return set(self.texts)

    @property
    def texts(self) -> dict[str, str]:
        """By question, what was written last."""
        asked = self.questionnaire.questions.items()
        own = {id: self.answers[id] for id, one in asked if one.source and id in self.answers}
        return (self.earlier.texts if self.earlier else {}) | own


# -- Whose it is --------------------------------------------------------------------------------------


def offered(session: Session, visitor: str, round_: Round) -> list[Held]:
    """The submissions of earlier rounds that their own links have let this browser in to, the latest first."""
    let_in = select(SubmissionAccess.submission_id).where(
        SubmissionAccess.visitor_hash == secrets.hashed(visitor), SubmissionAccess.expires_at > now()
    )
    chosen = _earlier(session, round_).where(col(Submission.id).in_(let_in))
    return [_held(session, *row) for row in session.exec(chosen)]


def of_organisation(session: Session, organisation_id: int, round_: Round) -> list[Held]:
    """What an organisation has sent in earlier rounds, the latest first: for staff who key in its letter."""
    theirs = _earlier(session, round_).where(Submission.organisation_id == organisation_id)
    return [_held(session, *row) for row in session.exec(theirs)]


def for_invitation(session: Session, invitation: Invitation, round_: Round) -> Held | None:
    """The latest that the invited organisation sent, where it gave this very address as its own."""
    theirs = _earlier(session, round_).where(Submission.organisation_id == invitation.organisation_id)
    found = (_held(session, *row) for row in session.exec(theirs))
    return next((one for one in found if _address(one.answers) == invitation.email), None)


def invited_back(session: Session, round_: Round) -> set[int]:
    """The invitations of a round for which something is held that their address was given with."""
    ids = _earlier(session, round_).with_only_columns(col(Submission.id)).order_by(None)
    known = (
        select(Invitation.id, Invitation.email, given.to("email"))
        .join(Submission, col(Submission.organisation_id) == Invitation.organisation_id)
        .join(Answers, col(Answers.submission_id) == Submission.id)
        .where(Invitation.round_id == round_.id, col(Submission.id).in_(ids))
    )
    return {id for id, email, value in session.exec(known) if _address({"email": value}) == email}


def _address(answers: Mapping[str, Any]) -> str:
    return str(answers.get("email") or "").strip().lower()


def _address_of(session: Session, submission_id: int) -> str:
    return _address(given.answers_of(session, submission_id))


def _earlier(session: Session, round_: Round):
    """Submissions that stand, of the rounds before this one that asked the same questionnaire of real people."""
    slug = rounds.questionnaire_of(session, round_.questionnaire_id).slug
    return (
        select(Submission, Round)
        .join(Round, col(Round.id) == Submission.round_id)
        .join(PublishedQuestionnaire, col(PublishedQuestionnaire.id) == Round.questionnaire_id)
        .where(
            PublishedQuestionnaire.slug == slug,
            Round.id != round_.id,
            Round.opened_at <= round_.opened_at,
            col(Round.sample).is_(False),
            col(Round.preview).is_(False),
            col(Submission.withdrawn_at).is_(None),
        )
        .order_by(col(Submission.received_at).desc(), col(Submission.id).desc())
    )


def _held(session: Session, submission: Submission, round_: Round) -> Held:
    """With what it goes on from, where that gave the same address: who begins from the one may not know the other."""
    before = session.get(Submission, submission.begun_from) if submission.begun_from else None
    while before and before.withdrawn_at:
        before = session.get(Submission, before.begun_from) if before.begun_from else None
    answers = given.answers_of(session, submission.id)
    if before and _address(answers) != _address_of(session, before.id):
        before = None
    return Held(
        submission.id,
        submission.reference,
        round_.title,
        submission.received_at,
        rounds.spoken(session, submission.questionnaire_id),
        answers,
        item_rows.last_days(session, submission.id),
        _held(session, before, session.get_one(Round, before.round_id)) if before else None,
    )


def of_draft(session: Session, draft: Draft | Keying) -> Held | None:
    """What a draft was begun from, unless that was withdrawn since."""
    return _standing(session, draft.begun_from)


def of_submission(session: Session, submission: Submission) -> Held | None:
    return _standing(session, submission.begun_from)


def _standing(session: Session, submission_id: int | None) -> Held | None:
    if submission_id is None:
        return None
    submission = session.get_one(Submission, submission_id)
    return None if submission.withdrawn_at else _held(session, submission, session.get_one(Round, submission.round_id))


def told_before(session: Session, submission: Submission, questionnaire: Questionnaire) -> set[str]:
    """The questions whose words were given with the submissions that this one goes on from.

    All, where it lacks something without words that have gone since: nobody has to write those again to correct it.
    """
    if submission.begun_from is None:
        return set()
    found = of_submission(session, submission)
    told = found.told if found else set()
    lacking = questionnaire.complete(given.answers_of(session, submission.id))
    return set(questionnaire.questions) if questionnaire.still_lacking(lacking, told) else told


def next_round(session: Session, submission: Submission) -> Round | None:
    """The round that takes answers now and can be begun from this submission."""
    own = session.get_one(Round, submission.round_id)
    slug = rounds.questionnaire_of(session, own.questionnaire_id).slug
    later = (one for one, _ in rounds.all_open(session, slug) if one.id != own.id and own.opened_at <= one.opened_at)
    return None if own.sample or own.preview or submission.withdrawn_at else next(later, None)


# -- Beginning ----------------------------------------------------------------------------------------


def begin(session: Session, visitor: str, round_: Round, questionnaire: Questionnaire, held: Held) -> Draft | None:
    """A draft begun from what is held; one that this browser has begun already stays as it is. The caller commits.

    None where it has been withdrawn meanwhile.
    """
    if not stands(session, held):
        return None
    drafts.start_again(session, visitor, round_)
    draft = drafts.start(session, visitor, round_)
    if draft.answers or draft.begun_from is not None or draft.questionnaire_id != round_.questionnaire_id:
        return draft
    draft.begun_from, draft.carried = held.submission_id, facts(held, questionnaire)
    draft.answers = dict(draft.carried)
    draft.saved_at, draft.saved_by = now(), secrets.hashed(visitor)
    draft.reached = questionnaire.steps[0].page.id
    session.add(draft)
    return draft


def stands(session: Session, held: Held) -> bool:
    """Whether it still has not been withdrawn. Until the commit it cannot be, so that nothing begun escapes `strip`."""
    standing = select(Submission.id).where(Submission.id == held.submission_id, col(Submission.withdrawn_at).is_(None))
    return session.exec(standing.with_for_update(read=True)).first() is not None


def begun_by_others(session: Session, submission_ids: list[int], round_: Round) -> dict[str, datetime]:
    """When somebody else has sent, or saved last, answers of this round that were begun from one of these."""
    sent = select(func.max(Submission.received_at)).where(
        Submission.round_id == round_.id,
        col(Submission.begun_from).in_(submission_ids),
        col(Submission.withdrawn_at).is_(None),
    )
    saved = select(func.max(Draft.saved_at)).where(
        Draft.round_id == round_.id, col(Draft.begun_from).in_(submission_ids), *progress.unsent()
    )
    found = {"sent": session.exec(sent).one(), "saved": session.exec(saved).one()}
    return {way: at for way, at in found.items() if at}


def facts(held: Held, questionnaire: Questionnaire) -> dict[str, Any]:
    """The answers that are carried over to be checked: none in words, no list, no file, and no leave."""
    carried = {
        id: answer
        for id, question in questionnaire.questions.items()
        if _is_fact(question) and held.same(question) and (answer := _still_good(question, held.answers[id]))
    }
    asked = {question.id for question in questionnaire.questions_for(carried)}
    return {id: answer for id, answer in carried.items() if id in asked}


def _is_fact(question: Question) -> bool:
    return not question.source and question.type not in ("list", "file") and question.id not in ASKED_ANEW


def _still_good(question: Question, answer: Any) -> Any:
    """The answer as this version of the question can have it: a choice that is gone is left out."""
    values = forms_answers.listed(answer)
    if question.choices:
        known = {choice.id for choice in question.choices}
        values = [value for value in values if value in known]
    return forms_answers.judge(question, values)[0] if values else None


def strip(session: Session, submission_id: int) -> None:
    """A submission is withdrawn: drafts begun from it go on without its facts and without the items that they keep.

    What was answered otherwise since stays, and what was answered before. The caller commits.
    """
    for draft in _begun_from(session, submission_id):
        found = _standing(session, submission_id)
        if found is not None:
            questionnaire = rounds.questionnaire_of(session, draft.questionnaire_id)
            same = {(one.listing.id, one.item_id) for one in items_of(found, questionnaire, draft) if one.state == KEPT}
            same |= {(id, item_id) for id, said in draft.became.items() for item_id in said if _is_kept(said[item_id])}
            lists = {id for id, _ in same}
            draft.answers = {
                id: [item for item in value if (id, item[ITEM_ID]) not in same] if id in lists else value
                for id, value in draft.answers.items()
                if id not in draft.carried
            }
            draft.answers = {id: value for id, value in draft.answers.items() if value != []}
        draft.begun_from, draft.became, draft.carried = None, {}, {}
        session.add(draft)
    gone = {"begun_from": None, "became": {}, "carried": {}}
    for table in (Draft, Keying):
        session.exec(update(table).where(col(table.begun_from) == submission_id).values(gone))


def _begun_from(session: Session, submission_id: int) -> Iterator[Draft | Keying]:
    """What was begun from a submission and is not sent, held until the commit."""
    for table in (Draft, Keying):
        chosen = select(table).where(table.begun_from == submission_id, col(table.submission_id).is_(None))
        yield from session.exec(chosen.order_by(col(table.id)).with_for_update())


# -- Item by item -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeldItem:
    """An item as the new version of its list can have it, with what is said of it so far; `state` may be empty."""

    page: Page
    listing: Question
    number: int
    was: Item
    state: str
    said: Mapping[str, Any]  # its state, what was written to change it, and by state what came of it
    now: Item | None  # as it stands in the draft

    @property
    def item_id(self) -> str:
        return self.was[ITEM_ID]

    @property
    def name(self) -> str:
        return self.listing.name_of(self.number)

    @property
    def is_settled(self) -> bool:
        return self.state in (KEPT, CHANGED, DONE, WITHDRAWN)

    @property
    def can_be_done(self) -> bool:
        """An organisation that answers with another is there or is not: it cannot be done."""
        return has_words(self.listing)

    @property
    def written(self) -> Item:
        """What stands in the fields of a page on which it is changed."""
        return self.now or self.said.get("written") or self.was

    @property
    def came(self) -> Mapping[str, Any]:
        """When it was done and what came of it, or why it is withdrawn: words on the one are no words on the other."""
        return self.said.get(f"of-{self.state}", {})

    @property
    def told(self) -> list[dict[str, Any]]:
        return items.rows(self.listing, [self.now or self.was])[0]["told"]


def has_words(listing: Question) -> bool:
    return any(one.source for one in listing.questions)


def items_of(held: Held, questionnaire: Questionnaire, draft: Draft | Keying) -> list[HeldItem]:
    """Every item that is held and can be asked for, list by list."""
    return [
        _item(step.page, held, draft, number, item)
        for step in questionnaire.steps
        if (listing := step.page.listing) and held.same(listing) and can_be_asked(questionnaire, step, draft.answers)
        for number, item in enumerate(held.answers[listing.id], start=1)
    ]


def _item(page: Page, held: Held, draft: Draft | Keying, number: int, item: Item) -> HeldItem:
    listing = page.listing
    was = carried(listing, held.questionnaire.questions[listing.id], item)
    said = draft.became.get(listing.id, {}).get(was[ITEM_ID], {})
    now_ = next((one for one in draft.answers.get(listing.id, ()) if one[ITEM_ID] == was[ITEM_ID]), None)
    if now_ is not None and _is_kept(said):
        now_ = was  # what it was kept from may have been corrected since
    state = said.get("state", "") if now_ is None else KEPT if now_ == was else CHANGED
    # Taken out of the list since: then it is not known any more what became of it.
    state = "" if now_ is None and state in (KEPT, CHANGED) else state
    return HeldItem(page, listing, number, was, state, said, now_)


def _is_kept(said: Mapping[str, Any]) -> bool:
    return said.get("state") == KEPT


def with_kept(held: Held, questionnaire: Questionnaire, draft: Draft | Keying) -> dict[str, Any]:
    """The answers of a draft, with the items that it keeps as they stand now where they are held."""
    kept = {id for id, said in draft.became.items() if any(map(_is_kept, said.values()))}
    if not kept:
        return draft.answers
    now_ = {(one.listing.id, one.item_id): one.now for one in items_of(held, questionnaire, draft) if one.now}
    return {
        id: [now_.get((id, item[ITEM_ID]), item) for item in value] if id in kept else value
        for id, value in draft.answers.items()
    }


def carried(listing: Question, then: Question, item: Item) -> Item:
    """The item with those answers that the list asks for in this version, too."""
    types = {one.id: one.type for one in then.questions}
    parts = {
        one.id: answer
        for one in listing.questions
        if one.id in item and types.get(one.id) == one.type and (answer := _still_good(one, item[one.id]))
    }
    return {ITEM_ID: item[ITEM_ID], **parts}


def can_be_asked(questionnaire: Questionnaire, step: Step, answers: Mapping[str, Any]) -> bool:
    """Whether it is asked, or would be with one more box ticked."""
    return all(one.holds(answers) or questionnaire.questions[one.question].type == "any-of" for one in step.conditions)


def choose(draft: Draft | Keying, questionnaire: Questionnaire, item: HeldItem, state: str) -> None:
    """Say what became of an item. Words that were written of it before are not lost by saying something else."""
    said = dict(item.said)
    if item.now and item.now != item.was:
        said["written"] = item.now
    if state == KEPT:
        _put(draft, questionnaire, item, item.was)
    elif state == CHANGING and item.state != CHANGED:
        written = said.get("written")
        _put(draft, questionnaire, item, written if written != item.was else None)
    elif state in (DONE, WITHDRAWN):
        _put(draft, questionnaire, item, None)
    say(draft, item, said | {"state": state})


def say(draft: Draft | Keying, item: HeldItem, said: Mapping[str, Any]) -> None:
    of_list = draft.became.get(item.listing.id, {})
    draft.became = {**draft.became, item.listing.id: {**of_list, item.item_id: dict(said)}}


def say_what_came(draft: Draft | Keying, item: HeldItem, came: Mapping[str, Any]) -> None:
    """Keep what was said of an item that has ended, under how it has."""
    say(draft, item, {**item.said, f"of-{item.state}": {**came, "asked": True}})


def _put(draft: Draft | Keying, questionnaire: Questionnaire, item: HeldItem, kept: Item | None) -> None:
    """The item as it is to be sent, in the place that it had; None takes it out."""
    listed = draft.answers.get(item.listing.id, [])
    others = [one for one in listed if one[ITEM_ID] != item.item_id]
    place = next((at for at, one in enumerate(listed) if one[ITEM_ID] == item.item_id), len(others))
    answers = {id: value for id, value in draft.answers.items() if id != item.listing.id}
    if kept is not None:
        others.insert(place, kept)
        answers = ask_for(questionnaire, item.page, answers)
    draft.answers = answers | ({item.listing.id: others} if others else {})


def ask_for(questionnaire: Questionnaire, page: Page, answers: dict[str, Any]) -> dict[str, Any]:
    """With the boxes ticked without which this page is not asked."""
    step = next(step for step in questionnaire.steps if step.page.id == page.id)
    for one in step.conditions:
        if not one.holds(answers):
            question = questionnaire.questions[one.question]
            chosen = [*answers.get(question.id, ()), one.is_[0]]
            answers = answers | {question.id: [choice.id for choice in question.choices if choice.id in chosen]}
    return answers


def outstanding(items_: list[HeldItem], pages: tuple[Page, ...]) -> list[HeldItem]:
    """Those of which nothing was said yet, or that would be kept in a list which is not asked any more."""
    asked = {page.id for page in pages}
    return [one for one in items_ if not one.is_settled or (one.state in (KEPT, CHANGED) and one.page.id not in asked)]


def said_of(items_: list[HeldItem]) -> list[Said]:
    """What is kept of each with the submission."""
    return [
        Said(
            one.listing.id,
            one.item_id,
            one.state,
            one.came.get("ended", ""),
            one.came.get("text", ""),
        )
        for one in items_
        if one.is_settled
    ]


# -- What is told about it ----------------------------------------------------------------------------


def gaps_of(held: Held, questionnaire: Questionnaire, draft: Draft, items_: list[HeldItem]) -> list[Gap]:
    """What we do not know yet, with what is being answered counted in."""
    ended = [one.item_id for one in items_ if one.state in (DONE, WITHDRAWN)]
    answers = {id: value for id, value in (held.texts | held.answers).items() if id in questionnaire.questions}
    return gaps.of(questionnaire, answers, draft.answers, ended, held.due, rounds.local_date())


def asked_no_longer(held: Held, questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """What was answered and has no place in this version: the question, and what was said."""
    return [
        {"question": label, "answer": told}
        for id, then in held.questionnaire.questions.items()
        if id in held.answers
        for label, told in _gone(then, questionnaire.questions.get(id), held.answers[id])
        if told
    ]


def _gone(then: Question, question: Question | None, answer: Any) -> Iterator[tuple[str, list[str]]]:
    if then.type == "list":
        for number, item in enumerate(forms_answers.sent_to(then, answer), start=1):
            same = carried(question, then, item) if question and question.type == "list" else {}
            for part, told in forms_answers.told(then, item):
                left = _left_out(part, item[part.id], same.get(part.id))
                yield f"{then.name_of(number)}: {part.label}", told if part.id not in same else left
        return
    values = forms_answers.listed(answer)
    if question is None or question.type != then.type:
        yield then.label, [forms_answers.shown(then, value) for value in values]
    elif question.choices and question.id not in ASKED_ANEW:
        yield then.label, _left_out(then, answer, _still_good(question, answer))


def _left_out(then: Question, answer: Any, kept: Any) -> list[str]:
    """The choices of an answer that there are no more."""
    if not then.choices:
        return []
    still = forms_answers.listed(kept) if kept else []
    return [forms_answers.shown(then, value) for value in forms_answers.listed(answer) if value not in still]
