"""Where a respondent is: the round, the version of the questionnaire that they began with, and their draft."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException, NotFoundException
from litestar.response import Response
from sqlmodel import Session

from collector.intake import (
    drafts,
    held,
    own_links,
    previews,
    progress,
    references,
    rounds,
    submissions,
)
from collector.intake.held import Held, HeldItem
from collector.intake.models import Draft, Keying, Round, Submission
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted
from forms.answers import Problem
from forms.questionnaire import Questionnaire
from forms.questions import Page, Question

FINDER = "finder"  # in the options of a handler: how a place is found there, where not by a browser's cookie
AGAIN = "again"  # in the query: this browser has sent one and begins another
FROM_CHECK = "check"  # in the query: the page was opened from "Check your answers"


@dataclass
class Place:
    """Where a respondent is: the round, the questionnaire version their draft is pinned to, and the draft.

    The same pages serve what staff key in (`keying_pages.KeyedPlace`), so a place knows how its draft is kept and sent.
    """

    round_: Round
    questionnaire: Questionnaire
    draft: Draft | Keying | None
    holders: int = 1
    saver: str = ""  # who saved the draft last, where that is worth saying
    pages: tuple[Page, ...] = field(init=False)
    keyed: dict[str, Any] | None = None  # what the pages say of the letter that is keyed
    held: Held | None = None  # what the draft was begun from

    def __post_init__(self) -> None:
        self.pages = self.questionnaire.pages_for(self.answers)

    @property
    def answers(self) -> dict[str, Any]:
        if self.draft is None:
            return {}
        return held.with_kept(self.held, self.questionnaire, self.draft) if self.held else self.draft.answers

    @property
    def sent(self) -> bool:
        return self.draft is not None and self.draft.submission_id is not None

    @property
    def url(self) -> str:
        return f"/questionnaires/{self.questionnaire.slug}"

    @property
    def first_url(self) -> str:
        return self.page_url(self.pages[0])

    @property
    def check_url(self) -> str:
        return f"{self.url}/check"

    @property
    def tasks_url(self) -> str:
        return f"{self.url}/tasks"

    def page_url(self, page: Page, query: str = "") -> str:
        kind = "lists" if page.listing else "pages"
        return f"{self.url}/{kind}/{page.id}{'?' + query if query else ''}"

    def find_page(self, page_id: str) -> Page | None:
        """The page, unless it is a list: that has pages of its own (`list_pages`)."""
        return next((page for page in self.pages if page.id == page_id and not page.listing), None)

    def url_before(self, page: Page) -> str:
        number = self.pages.index(page)
        return self.page_url(self.pages[number - 1]) if number else self.url

    def url_after(self, page: Page) -> str:
        number = [one.id for one in self.pages].index(page.id) + 1
        return self.page_url(self.pages[number]) if number < len(self.pages) else self.check_url

    def page_of(self, question_id: str) -> Page | None:
        return next((page for page in self.pages for one in page.questions if one.id == question_id), None)

    def is_sensitive(self, *pages: Page) -> bool:
        return any(page.sensitive and page.sensitive.holds(self.answers) for page in pages)

    @property
    def again_url(self) -> str:
        return f"{self.first_url}?{AGAIN}=1"

    @property
    def held_url(self) -> str:
        return f"{self.url}/held"

    @property
    def held_items(self) -> list[HeldItem]:
        return held.items_of(self.held, self.questionnaire, self.draft) if self.held else []

    def told_before(self, question: Question) -> bool:
        return self.held is not None and bool(self.held.words(question))

    @property
    def unsettled(self) -> list[HeldItem]:
        return held.outstanding(self.held_items, self.pages)

    def lacking(self, problems: Iterable[Problem]) -> list[Problem]:
        """What stands in the way of sending: what was told in an earlier round does not."""
        return self.questionnaire.still_lacking(problems, self.held.told) if self.held else list(problems)

    @property
    def saved(self) -> dict[str, Any] | None:
        if self.draft is None:
            return None
        return {"at": self.draft.saved_at, "by": self.saver, "kept_until": self.kept_until}

    @property
    def kept_until(self) -> datetime | None:
        return self.draft.expires_at

    def begins_again(self, request: Request) -> bool:
        return self.sent and AGAIN in request.query_params

    def save(self, session: Session, request: Request, at: Page, **saved: Any) -> "Place":
        """Keep answers that were given at a page, as `drafts.save` is told of them; returns where that leads."""
        draft = drafts.save(session, visitor_secret(request), self.round_, **saved)
        draft.reached = progress.further(self.questionnaire, draft.reached, at.id)
        return replace(self, draft=draft)

    def name_of(self, session: Session, request: Request, saver: str) -> str:
        """Who saved it, to whoever asks."""
        return drafts.name_of(session, self.draft, saver, visitor_secret(request))

    def as_sent(self, request: Request, answers: dict[str, Any]) -> dict[str, Any]:
        """What `submissions.receive` is told of these answers."""
        # With its beginning, because SQLite gives the id of a draft that is gone to the next one.
        key = f"draft {self.draft.id} {self.draft.started_at.isoformat()}"
        own_link = own_links.secret_for(visitor_secret(request), key)
        sent = {"answers": answers, "idempotency_key": key, "draft": self.draft, "own_link": own_link}
        return sent | self.gone_on()

    def gone_on(self) -> dict[str, Any]:
        """What it is told of what these answers go on from."""
        return {"begun_from": self.held.submission_id, "said": held.said_of(self.held_items)} if self.held else {}

    def receipt_url(self, receipt_key: str) -> str:
        return submissions.receipt_url(receipt_key)

    def already_sent(self, request: Request, session: Session, typed: Sequence[dict[str, Any]] = ()) -> Response:
        """`typed` is what came too late: a colleague sent the answers while it was written."""
        submission = session.get_one(Submission, self.draft.submission_id)
        return show(
            request,
            "intake/already_sent.html",
            reference=references.shown(submission.reference),
            receipt_url=self.receipt_url(submission.receipt_key),
            start_url=self.again_url,
            rows=typed,
        )

    def asked(self) -> dict[str, Any]:
        """The answers to what is asked. Those under a choice since taken back stay in the draft and are not sent."""
        asked = {question.id for page in self.pages for question in page.questions}
        return {key: value for key, value in self.answers.items() if key in asked}


class ToCome(HTTPException):
    """The round is set up and not open yet: it shows when it opens, and takes nothing."""

    status_code = 404

    def __init__(self, round_: Round, questionnaire: Questionnaire) -> None:
        super().__init__("The questionnaire of this name is not open yet")
        self.round_, self.questionnaire = round_, questionnaire


class Closed(HTTPException):
    """The round took answers once; whoever was in the middle of theirs gets them back to read."""

    status_code = 410

    def __init__(self, place: Place, posted: Posted | None) -> None:
        super().__init__("The questionnaire of this name has closed")
        self.place, self.posted = place, posted or {}


def place_of(
    session: Session, request: Request, slug: str, *, to_change: bool = False, posted: Posted | None = None
) -> Place:
    """In the newest round of this questionnaire; in an earlier one that is open still for who began there."""
    if find := request.route_handler.opt.get(FINDER):
        return find(session, slug, to_change=to_change)
    found = previews.found(session, slug, request.app.state.form_key) or rounds.all_open(session, slug)
    if found:
        return place_in(session, request, found, to_change=to_change)
    past, to_come = rounds.all_closed(session, slug), rounds.all_to_come(session, slug)
    place = place_in(session, request, past, to_change=to_change) if past else None
    if to_come and not (place and (posted or (place.draft and not place.sent))):
        raise ToCome(*as_spoken(session, *to_come[0]))
    if place:
        raise Closed(place, posted)
    raise NotFoundException("There is no questionnaire of this name")


def held_as_seen(session: Session, seen: Place) -> Place | None:
    """The same place, with its draft locked until the commit, if nothing has happened since it was seen.

    What was begun from an earlier round is looked at again: that changes by itself.
    """
    draft = seen.draft
    if not isinstance(draft, Draft) or seen.sent or draft.begun_from is not None:
        return None
    return seen if drafts.hold_as_seen(session, draft, seen.round_) else None


def place_in(
    session: Session, request: Request, rounds_: list[tuple[Round, Questionnaire]], *, to_change: bool = False
) -> Place:
    secret = visitor_secret(request)
    begun = [(*pair, drafts.in_hand(session, secret, pair[0], to_change=to_change)) for pair in rounds_]
    unsent = (one for one in begun if one[2] and one[2].draft.submission_id is None)
    round_, questionnaire, found = next(unsent, begun[0])
    if found is None:
        return Place(*as_spoken(session, round_, questionnaire), None)
    draft = found.draft
    if draft.questionnaire_id != round_.questionnaire_id:
        pinned = rounds.questionnaire_of(session, draft.questionnaire_id)
        questionnaire = pinned.model_copy(update={"slug": questionnaire.slug})
    questionnaire = rounds.spoken(session, draft.questionnaire_id, questionnaire)
    from_before = held.of_draft(session, draft) if draft.submission_id is None else None
    return Place(round_, questionnaire, draft, found.holders, found.saver, held=from_before)


def as_spoken(session: Session, round_: Round, questionnaire: Questionnaire) -> tuple[Round, Questionnaire]:
    """The round, and its questionnaire in the language that is spoken."""
    return round_, rounds.spoken(session, round_.questionnaire_id, questionnaire)


def left_behind(session: Session, request: Request, slug: str, *, to_change: bool = False) -> Place | None:
    """Where this browser was in a round that has closed, with answers that were not sent."""
    past = rounds.all_closed(session, slug)
    place = place_in(session, request, past, to_change=to_change) if past else None
    return place if place and place.draft and not place.sent else None
