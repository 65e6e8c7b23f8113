"""Staff key in answers: the questionnaire's own pages, walked for somebody who wrote a letter or was spoken to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from inspect import Parameter, signature
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy import or_
from sqlmodel import Session, col, select

from collector.accounts import staff
from collector.database import Database
from collector.intake import (
    check_pages,
    conflicts,
    drafts,
    file_kinds,
    file_pages,
    held,
    held_pages,
    keying,
    list_pages,
    partners,
    question_pages,
    references,
    rounds,
    submissions,
    uploads,
)
from collector.intake.file_pages import SentFiles
from collector.intake.held import Held
from collector.intake.models import Keying, Round, Source, Submission
from collector.intake.place import FINDER, Place
from collector.intake.submissions import Came
from collector.intake.task_list import held_shown, lacking_in, tasks_of, to_go_on_with, unsettled_first
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.web.files import LARGEST_BODY, LARGEST_FILE
from collector.web.page import page as show
from collector.web.posted import Posted, first
from collector.web.problems import Overtaken
from forms import answers as forms_answers
from forms import dates as forms_dates
from forms.answers import Reading
from forms.questions import Page, Question

ROOM = "/staff/keying"
SEEN = "_seen"  # in the form: the facts as they were shown, each as a digest
NOT_THERE = "Nothing is keyed at this address"


@dataclass
class KeyedPlace(Place):
    """Where somebody is in what they key in. It is found by its number, in any round, and no day deletes it."""

    draft: Keying

    @property
    def url(self) -> str:
        return self.keyed["url"]  # also after the commit, when the row cannot be asked any more

    @property
    def tasks_url(self) -> str:
        return self.url

    @property
    def kept_until(self) -> datetime | None:
        return None

    def is_sensitive(self, *pages: Page) -> bool:
        """The way out and the numbers to ring are for who is asked, and staff are not."""
        return False

    def begins_again(self, request: Request) -> bool:
        return False

    def save(self, session: Session, request: Request, at: Page, **saved: Any) -> Place:
        keying.save(session, self.draft, staff_id=request.user.id, **saved)
        return replace(self)  # whose pages are those of the answers as they are now

    def name_of(self, session: Session, request: Request, saver: str | int) -> str:
        return drafts.YOU if int(saver) == request.user.id else staff.name_of(session, int(saver))

    def as_sent(self, request: Request, answers: dict[str, Any]) -> dict[str, Any]:
        answers, reason = keying.as_published(answers)
        return {
            "answers": answers,
            "idempotency_key": f"keying {self.draft.id} {self.draft.started_at.isoformat()}",
            "draft": self.draft,
            "received_at": keying.received_at(self.draft),
            "came": Came(self.draft.channel, request.user.id, reason),
            **self.gone_on(),
        }

    @property
    def again_url(self) -> str:
        return ROOM

    def receipt_url(self, receipt_key: str) -> str:
        return self.url

    def already_sent(self, request: Request, session: Session, typed: Sequence[dict[str, Any]] = ()) -> Response:
        return super().already_sent(request, session, typed) if typed else Redirect(self.url, status_code=303)


def address_of(keyed: Keying) -> str:
    return f"{ROOM}/{keyed.id}"


def place_of(session: Session, keying_id: int, *, to_change: bool = False) -> KeyedPlace:
    keyed = keying.find(session, keying_id, to_change=to_change)
    if keyed is None:
        raise NotFoundException(NOT_THERE)
    form = keying.for_staff(rounds.questionnaire_of(session, keyed.questionnaire_id))
    round_ = session.get_one(Round, keyed.round_id)
    saver = staff.name_of(session, keyed.saved_by)
    before = held.of_draft(session, keyed) if keyed.submission_id is None else None
    return KeyedPlace(round_, form, keyed, saver=saver, keyed=said_of(session, round_, keyed), held=before)


def said_of(session: Session, round_: Round, keyed: Keying) -> dict[str, Any]:
    """What every page says of the letter, so that two piles of paper are not mixed up."""
    return {
        "came": keying.CHANNELS[keyed.channel][1],
        "received_on": keyed.received_on,
        "round": round_.title,
        "whose": keyed.answers.get("organisation-name", ""),
        "joint": len(partners.names_in(keyed.answers)) > 1,
        "sent_before": sent_before(session, keyed),
        "url": address_of(keyed),
    }


def sent_before(session: Session, keyed: Keying) -> list[dict[str, Any]]:
    """What these organisations have sent in the same round, alone or jointly: it may be the same answers once more."""
    ids = [id for name in partners.names_in(keyed.answers) if (id := directory.named(session, name)) is not None]
    if not ids:
        return []
    chosen = (
        select(Submission, Source.id)
        .join(Source, col(Source.submission_id) == Submission.id)
        .where(Submission.round_id == keyed.round_id, col(Source.upload_id).is_(None))
        .where(or_(*(partners.speaks_for(id) for id in ids)))
    )
    return [
        {"reference": references.shown(one.reference), "at": one.received_at, "url": f"/staff/sources/{source_id}"}
        for one, source_id in session.exec(chosen.order_by(col(Submission.id)))
    ]


@get("/staff/add", sync_to_thread=False)
def add(request: Request) -> Template:
    return show(request, "intake/add.html")


@get(ROOM, sync_to_thread=True)
def start_page(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        return start_again(request, session, Reading({}))


def start_again(request: Request, session: Session, reading: Reading) -> Template:
    found = rounds.all_taking_post(session)
    return show(
        request,
        "intake/keying.html",
        status_code=422 if reading.problems else 200,
        asked=keying.facts_asked(found).questions if found else (),
        typed=reading.typed,
        date_parts=forms_dates.parts,
        problems=reading.problems,
        unfinished=[unfinished_row(session, one) for one in keying.unfinished(session)],
        weeks=rounds.POST_TAKEN_FOR.days // 7,
        action=ROOM,
    )


def unfinished_row(session: Session, keyed: Keying) -> dict[str, Any]:
    place = place_of(session, keyed.id)
    return {
        **place.keyed,
        "word": keying.CHANNELS[keyed.channel][0],
        "answered": sum(one.id in keyed.answers for page in place.pages for one in page.questions),
        "saved_at": keyed.saved_at,
        "by": staff.name_of(session, keyed.staff_id),
        "saved_by": staff.name_of(session, keyed.saved_by),
        "forget_url": f"{place.url}/forget",
    }


@post(ROOM, sync_to_thread=True)
def start(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    with database.writing() as session:
        found = rounds.all_taking_post(session)
        if not found:
            return start_again(request, session, Reading({}))
        reading = forms_answers.read(keying.facts_asked(found), posted)
        if reading.problems:
            return start_again(request, session, reading)
        round_ = next(one for one, _ in found if f"round-{one.id}" == reading.answers["round"])
        keyed = keying.start(session, round_=round_, staff_id=request.user.id, facts=reading.answers)
        url = address_of(keyed)
        session.commit()
    return Redirect(url, status_code=303)


@get(f"{ROOM}/{{keying_id:int}}", sync_to_thread=True)
def overview(request: Request, database: NamedDependency[Database], keying_id: FromPath[int]) -> Template:
    """How far it is; once it is sent, the receipt."""
    with database.reading() as session:
        place = place_of(session, keying_id)
        return receipt(request, session, place) if place.sent else progress_page(request, session, place)


def progress_page(request: Request, session: Session, place: KeyedPlace, *, problem: str = "") -> Template:
    lacking = lacking_in(place)
    next_page = to_go_on_with(place, lacking)
    next_page = unsettled_first(place) or (next_page and {"title": next_page.title, "url": place.page_url(next_page)})
    return show(
        request,
        "intake/keyed.html",
        status_code=422 if problem else 200,
        questionnaire=place.questionnaire,
        keyed=place.keyed,
        note=place.draft.note,
        saved=place.saved,
        original=ORIGINAL,
        files=uploads.shown(session, place.draft, ORIGINAL.id),
        told=question_pages.files_told(request),
        problem=problem,
        tasks=tasks_of(place, lacking),
        needed=len(lacking),
        next_page=next_page,
        check_url=place.check_url,
        held=place.held and {**held_shown(place), "received_at": place.held.received_at},
        earlier=[earlier_row(session, one) for one in may_go_on(session, place)],
        begin_url=f"{place.url}/begin",
    )


def may_go_on(session: Session, place: KeyedPlace) -> list[Held]:
    """What the organisation that is named has sent in earlier rounds, where nothing is gone on from yet."""
    name = place.answers.get("organisation-name")
    if place.draft.begun_from is not None or not name or place.answers.get("respondent") != "organisation":
        return []
    organisation_id = directory.named(session, name)
    return held.of_organisation(session, organisation_id, place.round_) if organisation_id else []


def earlier_row(session: Session, found: Held) -> dict[str, Any]:
    of_answers = (Source.submission_id == found.submission_id, col(Source.upload_id).is_(None))
    source_id = session.exec(select(Source.id).where(*of_answers)).one()
    return {
        "reference": references.shown(found.reference),
        "round": found.round_title,
        "at": found.received_at,
        "url": f"/staff/sources/{source_id}",
    }


@post(f"{ROOM}/{{keying_id:int}}/begin", sync_to_thread=True)
def go_on(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], keying_id: FromPath[int]
) -> Response:
    """The letter goes on from what the organisation has sent before."""
    with database.writing() as session:
        place = place_of(session, keying_id, to_change=True)
        chosen = first(posted, "from")
        before = () if place.sent else may_go_on(session, place)
        one = next((one for one in before if references.shown(one.reference) == chosen), None)
        if one is None or not keying.go_on_from(session, place.draft, one, place.questionnaire):
            return Redirect(place.url, status_code=303)
        place.save(session, request, place.pages[0], asked=set(), answers={})
        url = place.held_url
        session.commit()
    return Redirect(url, status_code=303)


# What came on paper or by mail, as it was, so that anybody can look what was really written.
ORIGINAL = Question(
    id="the-original",
    type="file",
    label="The original",
    hint="A scan of the letter, the mail itself, or what you noted. It is stored as it is, and only staff can open it.",
    optional=True,
    **{"most-files": 5},
)


@post(
    f"{ROOM}/{{keying_id:int}}/originals",
    sync_to_thread=True,
    request_max_body_size=LARGEST_BODY,
    opt={LARGEST_FILE: file_kinds.LARGEST},
)
def change_originals(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    sent_files: NamedDependency[SentFiles],
    keying_id: FromPath[int],
) -> Response:
    with database.writing() as session:
        place = place_of(session, keying_id, to_change=True)
        if place.sent:
            return Redirect(place.url, status_code=303)
        told = file_pages.removed(session, place.draft, [ORIGINAL], first(posted, file_pages.REMOVE))
        try:
            files = sent_files.get(ORIGINAL.id, ())
            told = file_pages.added(session, place.draft, ORIGINAL, posted, files, original=True) or told
        except uploads.Refused as problem:
            return progress_page(request, session, place, problem=str(problem))
        session.commit()
    return Redirect(f"{place.url}?{question_pages.TOLD}={told}#files-{ORIGINAL.id}", status_code=303)


def receipt(request: Request, session: Session, place: KeyedPlace) -> Template:
    sent = session.get_one(Submission, place.draft.submission_id)
    organisation = session.get(Organisation, sent.organisation_id) if sent.organisation_id else None
    return show(
        request,
        "intake/keyed_receipt.html",
        questionnaire=place.questionnaire,
        keyed=place.keyed,
        reference=references.shown(sent.reference),
        receipt_url=submissions.receipt_url(sent.receipt_key),
        originals=len(uploads.originals(session, place.draft)),
        source_id=session.exec(select(Source.id).where(Source.submission_id == sent.id)).first(),
        name=organisation.name if organisation else "",
        by=staff.name_of(session, sent.keyed_by),
    )


@get(f"{ROOM}/{{keying_id:int}}/facts", sync_to_thread=True)
def facts_page(request: Request, database: NamedDependency[Database], keying_id: FromPath[int]) -> Response:
    with database.reading() as session:
        place = place_of(session, keying_id)
    if place.sent:
        return Redirect(place.url, status_code=303)
    typed = {id: [fact] for id, fact in keying.facts_of(place.draft).items()}
    return facts_again(request, place, Reading({}, typed=typed))


def facts_again(request: Request, place: KeyedPlace, reading: Reading) -> Template:
    return show(
        request,
        "intake/keyed_facts.html",
        status_code=422 if reading.problems else 200,
        keyed=place.keyed,
        asked=keying.facts_asked().questions,
        typed=reading.typed,
        date_parts=forms_dates.parts,
        problems=reading.problems,
        hidden={SEEN: conflicts.written(conflicts.digests_of(keying.facts_of(place.draft)))},
        action=f"{place.url}/facts",
    )


@post(f"{ROOM}/{{keying_id:int}}/facts", sync_to_thread=True)
def change_facts(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], keying_id: FromPath[int]
) -> Response:
    with database.writing() as session:
        place = place_of(session, keying_id, to_change=True)
        url = place.url
        if place.sent and first(posted, "note").strip() not in ("", place.draft.note):
            raise Overtaken("A colleague has sent these answers, so nothing about them can be changed here.")
        if place.sent:
            return Redirect(url, status_code=303)
        asked = keying.facts_asked()
        reading = conflicts.merged(
            asked, forms_answers.read(asked, posted), keying.facts_of(place.draft), first(posted, SEEN)
        )
        if reading.problems:
            return facts_again(request, place, reading)
        keying.change_facts(session, place.draft, reading.answers)
        session.commit()
    return Redirect(url, status_code=303)


@get(f"{ROOM}/{{keying_id:int}}/forget", sync_to_thread=True)
def ask_to_forget(request: Request, database: NamedDependency[Database], keying_id: FromPath[int]) -> Response:
    with database.reading() as session:
        place = place_of(session, keying_id)
    if place.sent:
        return Redirect(place.url, status_code=303)
    return show(request, "intake/keyed_forget.html", keyed=place.keyed, saved=place.saved)


@post(f"{ROOM}/{{keying_id:int}}/forget", sync_to_thread=True)
def forget(request: Request, database: NamedDependency[Database], keying_id: FromPath[int]) -> Response:
    with database.writing() as session:
        place = place_of(session, keying_id, to_change=True)
        url = place.url if place.sent else ROOM
        if not place.sent:
            keying.forget(session, place.draft)
            session.commit()
    return Redirect(url, status_code=303)


def keyed(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """The same page of the questionnaire, for what is keyed in: at an address with its number in place of the slug."""
    (path,) = handler.paths
    options = {"sync_to_thread": True, "request_max_body_size": handler.request_max_body_size}
    way = get if "GET" in handler.http_methods else post
    own_path = path.replace("/questionnaires/{slug:str}", f"{ROOM}/{{keying_id:int}}")
    return way(own_path, **options, opt={**handler.opt, FINDER: place_of})(by_number(handler.fn))


def by_number(page: Callable[..., Response]) -> Callable[..., Response]:
    """The page with a number for the place where it takes a slug."""

    @wraps(page)
    def numbered(keying_id: int, **given: Any) -> Response:
        return page(slug=keying_id, **given)

    taken = signature(page)
    number = Parameter("keying_id", Parameter.KEYWORD_ONLY, annotation=FromPath[int])
    others = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in taken.parameters.values() if one.name != "slug"]
    numbered.__signature__ = taken.replace(parameters=[*others, number])
    numbered.__annotations__ = {one.name: one.annotation for one in (*others, number)} | {"return": Response}
    return numbered


WALKED = (
    *(*question_pages.handlers, *check_pages.handlers),
    *(*list_pages.handlers, *file_pages.handlers),
    *(held_pages.overview, held_pages.list_page, held_pages.choose, held_pages.ended_page, held_pages.save_ended),
)

handlers = [
    *(add, start_page, start, overview, go_on, facts_page, change_facts, change_originals, ask_to_forget, forget),
    *map(keyed, WALKED),
]
