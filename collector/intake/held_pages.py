"""The next round begun from what is held: the facts to check, each item to keep, change, mark done or withdraw."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector import dates
from collector.database import Database
from collector.intake import conflicts, held, invitations, references, rounds
from collector.intake.answer_rows import row
from collector.intake.held import CHANGED, CHANGING, DONE, KEPT, WITHDRAWN, Held, HeldItem
from collector.intake.item_states import WHAT_CAME
from collector.intake.models import Round
from collector.intake.not_taken import out_of_place
from collector.intake.place import Place, place_of
from collector.intake.task_list import not_begun
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted, first
from forms import answers as forms_answers
from forms.answers import Reading
from forms.questions import Choice, Page, Question
from forms.speech import gettext, message

BEGIN = "/questionnaires/{slug:str}/begin"
HELD = "/questionnaires/{slug:str}/held"
AFRESH = "afresh"
OPENS_NOTHING = "This link opens nothing, or the round that it was for has closed"
NOT_CHOSEN = message("Choose where to start from")
STATE, SEEN = "_state-", "_seen-"  # before an item's id: what was chosen for it, and what the page showed
WAYS = {
    KEPT: message("Keep as it is"),
    CHANGING: message("Change it"),
    DONE: message("It is done"),
    WITHDRAWN: message("Withdraw it"),
}
NO_MORE = message("Take it out")  # of what cannot be done, in the place of withdrawing it


# -- Where to start from ------------------------------------------------------------------------------


@get(BEGIN, sync_to_thread=True)
def ask_to_begin(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
        return begun_already(place) or asked_where(request, session, place, own(session, request, place))


@post(BEGIN, sync_to_thread=True)
def begin(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], slug: FromPath[str]
) -> Response:
    with database.writing() as session:
        place = place_of(session, request, slug)
        return begun(request, session, place, own(session, request, place), posted)


@get(f"{BEGIN}/{{invited:str}}", sync_to_thread=True)
def ask_invited(
    request: Request, database: NamedDependency[Database], slug: FromPath[str], invited: FromPath[str]
) -> Response:
    """Looking at the link of an invitation shows nothing that is held: mail scanners look too."""
    with database.reading() as session:
        place, found = by_link(session, request, slug, invited)
        return begun_already(place) or asked_where(request, session, place, found)


@post(f"{BEGIN}/{{invited:str}}", sync_to_thread=True)
def begin_invited(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    slug: FromPath[str],
    invited: FromPath[str],
) -> Response:
    with database.writing() as session:
        place, found = by_link(session, request, slug, invited)
        return begun(request, session, place, found, posted)


def own(session: Session, request: Request, place: Place) -> list[Held]:
    if place.round_.preview:
        return []
    return held.offered(session, visitor_secret(request), place.round_)


def by_link(session: Session, request: Request, slug: str, key: str) -> tuple[Place, list[Held]]:
    """The round that an invitation is for, and what the address that it went to has sent before."""
    links = invitations.Links(request.app.state.settings.base_url, request.app.state.form_key)
    invitation = invitations.by_held_key(session, links, key)
    if invitation is None:
        raise NotFoundException(OPENS_NOTHING)
    round_ = session.get_one(Round, invitation.round_id)
    place = place_of(session, request, rounds.own_slug(session, round_))
    theirs = place.round_.id == round_.id and rounds.without_round(place.questionnaire.slug)
    if theirs != rounds.without_round(slug):
        raise NotFoundException(OPENS_NOTHING)
    found = held.for_invitation(session, invitation, round_)
    return place, [found] if found else []


def begun_already(place: Place) -> Response | None:
    """A browser holds one set of answers at a time, and loses none."""
    return Redirect(place.tasks_url, status_code=303) if place.draft and not place.sent else None


def asked_where(
    request: Request, session: Session, place: Place, found: list[Held], problem: str = ""
) -> Response | Template:
    if not found:
        return Redirect(place.url, status_code=303)
    return show(
        request,
        "intake/begin.html",
        status_code=422 if problem else 200,
        questionnaire=place.questionnaire,
        round=place.round_,
        choices=[*map(choice_of, found), afresh()],
        others=held.begun_by_others(session, [one.submission_id for one in found], place.round_),
        problem=problem,
        action=request.url.path,
        back_url=place.url,
    )


def choice_of(found: Held) -> Choice:
    return Choice.model_construct(
        id=references.shown(found.reference),
        label=gettext(
            "Start from what you told us in %(round)s, %(day)s",
            round=found.round_title,
            day=dates.in_words(found.received_at),
        ),
        hint=gettext("We show you what we hold. You say what is still so, and what is new."),
    )


def afresh() -> Choice:
    return Choice(id=AFRESH, label=gettext("Start afresh"), hint=gettext("All questions are empty."))


def begun(request: Request, session: Session, place: Place, found: list[Held], posted: Posted) -> Response:
    if already := begun_already(place):
        return already
    chosen = first(posted, "from")
    if chosen == AFRESH or not found:
        return Redirect(place.again_url if place.sent else place.first_url, status_code=303)
    one = next((one for one in found if references.shown(one.reference) == chosen), None)
    if one is None:
        return asked_where(request, session, place, found, gettext(NOT_CHOSEN))
    if held.begin(session, visitor_secret(request), place.round_, place.questionnaire, one) is None:
        return Redirect(place.url, status_code=303)
    session.commit()
    return Redirect(place.held_url, status_code=303)


# -- What is held -------------------------------------------------------------------------------------


@get(HELD, sync_to_thread=True)
def overview(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
        if elsewhere := nothing_held(request, session, place):
            return elsewhere
    return show(
        request,
        "intake/held.html",
        questionnaire=place.questionnaire,
        keyed=place.keyed,
        held=place.held,
        facts=[
            {**row(question, place.answers), "url": place.page_url(page)}
            for page in place.pages
            for question in page.questions
            if question.id in place.answers and not question.source and question.type != "list"
        ],
        lists=lists_of(place),
        words=[
            {"question": question.label, "section": page.section, "url": place.page_url(page)}
            for page in place.pages
            for question in page.questions
            if place.held.words(question)
        ],
        gone=held.asked_no_longer(place.held, place.questionnaire),
        sensitive=place.is_sensitive(*place.pages),
        next_url=next((one["url"] for one in lists_of(place) if one["left"]), place.tasks_url),
        tasks_url=place.tasks_url,
        saved=place.saved,
    )


def nothing_held(request: Request, session: Session, place: Place) -> Response | None:
    """What to show instead where there is no draft that was begun from something that still stands."""
    if elsewhere := not_begun(request, session, place):
        return elsewhere
    return None if place.held else Redirect(place.tasks_url, status_code=303)


def lists_of(place: Place) -> list[dict[str, Any]]:
    """Each list that something is held in: how many items, and of how many nothing was said yet."""
    pages: dict[str, list[HeldItem]] = {}
    for one in place.held_items:
        pages.setdefault(one.page.id, []).append(one)
    left = [one.page.id for one in place.unsettled]
    return [
        {
            "title": these[0].page.title,
            "one": these[0].listing.item,
            "many": these[0].listing.many,
            "items": len(these),
            "left": left.count(page_id),
            "url": f"{place.held_url}/{page_id}",
        }
        for page_id, these in pages.items()
    ]


@get(f"{HELD}/{{page_id:str}}", sync_to_thread=True)
def list_page(
    request: Request, database: NamedDependency[Database], slug: FromPath[str], page_id: FromPath[str]
) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
        if elsewhere := nothing_held(request, session, place):
            return elsewhere
    items = items_on(place, page_id)
    return listed(request, place, items, {}) if items else Redirect(place.held_url, status_code=303)


def items_on(place: Place, page_id: str) -> list[HeldItem]:
    return [one for one in place.held_items if one.page.id == page_id]


def listed(
    request: Request, place: Place, items: list[HeldItem], typed: Mapping[str, str], met: frozenset[str] = frozenset()
) -> Template:
    """`met` are the items for which a colleague has chosen otherwise since this page was opened."""
    page = items[0].page
    return show(
        request,
        "intake/held_list.html",
        status_code=409 if met else 200,
        questionnaire=place.questionnaire,
        keyed=place.keyed,
        page=page,
        held=place.held,
        items=[
            {
                "id": f"{STATE}{one.item_id}",
                "name": one.name,
                "told": one.told,
                "choices": choices_of(one),
                "chosen": typed.get(one.item_id, chosen_of(one)),
                "now": word_of(one),
                "met": one.item_id in met,
            }
            for one in items
        ],
        hidden={f"{SEEN}{one.item_id}": chosen_of(one) for one in items},
        action=f"{place.held_url}/{page.id}",
        back_url=place.held_url,
        sensitive=place.is_sensitive(page),
        saved=place.saved,
        tasks_url=place.tasks_url,
    )


def choices_of(item: HeldItem) -> tuple[Choice, ...]:
    ways = WAYS if item.can_be_done else {KEPT: WAYS[KEPT], CHANGING: WAYS[CHANGING], WITHDRAWN: NO_MORE}
    return tuple(Choice(id=state, label=gettext(label)) for state, label in ways.items())


def chosen_of(item: HeldItem) -> str:
    return CHANGING if item.state == CHANGED else item.state


def word_of(item: HeldItem) -> str:
    return next((choice.label for choice in choices_of(item) if choice.id == chosen_of(item)), "")


@post(f"{HELD}/{{page_id:str}}", sync_to_thread=True)
def choose(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    slug: FromPath[str],
    page_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        place = place_of(session, request, slug, to_change=True)
        if elsewhere := nothing_held(request, session, place):
            return elsewhere
        items = items_on(place, page_id)
        if not items:
            return Redirect(place.held_url, status_code=303)
        chosen = ways_chosen(items, posted)
        if met := met_in(items, posted, chosen):
            return listed(request, place, items, chosen, met)
        for one in items:
            if one.item_id in chosen:
                held.choose(place.draft, place.questionnaire, one, chosen[one.item_id])
        if chosen:
            place = keep(session, request, place)
        url = next_url(place, page_id)
        session.commit()
    return Redirect(url, status_code=303)


def ways_chosen(items: list[HeldItem], posted: Posted) -> dict[str, str]:
    """By item, where something else was chosen than the page showed, and than is kept."""
    found = {}
    for one in items:
        way, seen = first(posted, f"{STATE}{one.item_id}"), first(posted, f"{SEEN}{one.item_id}")
        if way in {choice.id for choice in choices_of(one)} and way not in (seen, chosen_of(one)):
            found[one.item_id] = way
    return found


def met_in(items: list[HeldItem], posted: Posted, chosen: Mapping[str, str]) -> frozenset[str]:
    """The items for which somebody else has chosen since the page was shown."""
    return frozenset(
        one.item_id
        for one in items
        if one.item_id in chosen and first(posted, f"{SEEN}{one.item_id}") != chosen_of(one)
    )


def keep(session: Session, request: Request, place: Place) -> Place:
    """Save what was said of items; nobody has come to a further page by it."""
    return place.save(session, request, place.questionnaire.steps[0].page, asked=set(), answers={})


def next_url(place: Place, page_id: str) -> str:
    """What is to be written about the items of this list comes first; then the next list, then the task list."""
    items = items_on(place, page_id)
    for one in items:
        if one.state == CHANGING:
            return change_url(place, one)
        if one.state in (DONE, WITHDRAWN) and one.can_be_done and "asked" not in one.came:
            return item_url(place, one)
    left = [one for one in lists_of(place) if one["left"]]
    later = [one["url"] for one in left if one["url"] != f"{place.held_url}/{page_id}"]
    return next(iter(later), place.held_url if not left else place.tasks_url)


def change_url(place: Place, item: HeldItem) -> str:
    return place.page_url(item.page) + f"/items/{item.item_id}"


def item_url(place: Place, item: HeldItem) -> str:
    return f"{place.held_url}/{item.page.id}/items/{item.item_id}"


# -- What came of one ---------------------------------------------------------------------------------

ITEM = f"{HELD}/{{page_id:str}}/items/{{item_id:str}}"
SHOWN = "_seen"  # in the form: how the item had ended when the page was shown, and a digest of what was said of it


@get(ITEM, sync_to_thread=True)
def ended_page(
    request: Request,
    database: NamedDependency[Database],
    slug: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
        if elsewhere := nothing_held(request, session, place):
            return elsewhere
    item = ended(place, page_id, item_id)
    if item is None:
        return Redirect(f"{place.held_url}/{page_id}", status_code=303)
    return form(request, place, item, Reading({}, typed={id: [words] for id, words in came_of(item).items()}))


def ended(place: Place, page_id: str, item_id: str) -> HeldItem | None:
    """The item, where it was said that it is done or withdrawn."""
    items = items_on(place, page_id)
    return next((one for one in items if one.item_id == item_id and one.state in (DONE, WITHDRAWN)), None)


def asked_of(item: HeldItem) -> Page:
    questions = (when_done(), what_came()) if item.state == DONE else (why(),)
    return Page(id="ended", title=item.name, questions=questions)


def when_done() -> Question:
    label, hint = gettext("When was it done?"), gettext("A day, a month or a year will do.")
    return Question(id="ended", type="text", label=label, hint=hint, optional=True)


def what_came() -> Question:
    hint = gettext("If it has changed something for children or families, tell us what changed and how you know.")
    return Question(id="text", type="long-text", rows=5, label=gettext(WHAT_CAME), hint=hint, optional=True)


def why() -> Question:
    label = gettext("Why do you withdraw it?")
    hint = gettext("For example: the money ran out, or something else took its place.")
    limits = {"rows": 5, "max-length": 2000}
    return Question(id="text", type="long-text", label=label, hint=hint, optional=True, **limits)


def came_of(item: HeldItem) -> dict[str, str]:
    """The words on it that are kept."""
    return {one.id: item.came[one.id] for one in asked_of(item).questions if item.came.get(one.id)}


def shown_of(item: HeldItem) -> str:
    return f"{item.state} {conflicts.digest(came_of(item))}"


def form(request: Request, place: Place, item: HeldItem, reading: Reading, *, met: bool = False) -> Template:
    """`met` where somebody else has written of it since the page was shown."""
    return show(
        request,
        "intake/held_item.html",
        status_code=409 if met else 422 if reading.problems else 200,
        questionnaire=place.questionnaire,
        keyed=place.keyed,
        page=item.page,
        listing=item.listing,
        name=item.name,
        state=item.state,
        came=came_of(item) if met else {},
        hidden={SHOWN: shown_of(item)},
        done=item.state == DONE,
        told=item.told,
        questions=asked_of(item).questions,
        typed=reading.typed,
        problems=reading.problems,
        date_parts=None,
        action=item_url(place, item),
        back_url=f"{place.held_url}/{item.page.id}",
        sensitive=place.is_sensitive(item.page),
        saved=place.saved,
    )


@post(ITEM, sync_to_thread=True)
def save_ended(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    slug: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        place = place_of(session, request, slug, to_change=True, posted=posted)
        item = ended(place, page_id, item_id) if place.held and not place.sent else None
        if item is None:
            return not_kept(request, session, place, posted)
        state, _, digest = first(posted, SHOWN).partition(" ")
        if state not in ("", item.state):  # what was typed answers another question
            return not_kept(request, session, place, posted)
        reading = forms_answers.read(asked_of(item), posted)
        if reading.problems:
            return form(request, place, item, reading)
        if came_of(item) not in ({}, reading.answers) and digest != conflicts.digest(came_of(item)):
            return form(request, place, item, reading, met=True)
        held.say_what_came(place.draft, item, reading.answers)
        url = next_url(keep(session, request, place), page_id)
        session.commit()
    return Redirect(url, status_code=303)


def not_kept(request: Request, session: Session, place: Place, posted: Posted) -> Response:
    """Somebody has sent or deleted all, or said that it goes on: what was typed is shown, not lost."""
    return out_of_place(request, session, place, {id: posted.get(id, []) for id in ("ended", "text")})


handlers = [ask_to_begin, begin, ask_invited, begin_invited, overview, list_page, choose, ended_page, save_ended]
