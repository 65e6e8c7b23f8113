"""What we do not know yet of somebody who has answered before: asked in a sentence each, and never in the way.

Worked out from answers alone, those that are held and those that are being given now, so that a gap closes as soon as
something is said.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from forms import choices, dates, framework, translations
from forms.questionnaire import Questionnaire
from forms.questions import ITEM_ID, Answers, Item, Page, Question
from forms.speech import gettext

# Pages with a list each, and what is listed there.
Lists = list[tuple[Page, list[Item]]]
# The words in which an item says by when, and the last day that they stand for.
Due = tuple[str, date]


@dataclass(frozen=True)
class Gap:
    """A question, and the page where it can be answered. `item_id` is the item that it is about, if any."""

    kind: str  # overdue, area-without-commitment, barrier-without-need, empty-list
    words: str
    page: Page
    item_id: str = ""


def of(
    questionnaire: Questionnaire,
    held: Answers,
    now: Answers,
    ended: Iterable[str],
    due: Mapping[str, Due],
    today: date,
) -> list[Gap]:
    """`now` has what is being answered, `ended` the ids of held items that are done or withdrawn, `due` the “by
    when” of held items, by their ids.
    """
    ended = set(ended)
    pages = questionnaire.pages_for(now)
    asked = [page for page in pages if page.listing and _has_words(page.listing)]
    lists = [(page, _items(page.listing, held, now, ended)) for page in asked]
    told = {**held, **now}
    return [
        *_overdue(lists, due, today),
        *_areas_without_commitment(questionnaire, lists, now),
        *_barriers_without_need(questionnaire, pages, lists, told),
        *_empty_lists(lists),
    ]


def _has_words(listing: Question) -> bool:
    return any(one.source for one in listing.questions)


def _asks(listing: Question) -> str:
    return next((one.asks for one in listing.questions if one.asks), "")


def _items(listing: Question, held: Answers, now: Answers, ended: set[str]) -> list[Item]:
    """Those that are held and have not ended, each as it stands now, and those that are new."""
    items = {item[ITEM_ID]: item for item in held.get(listing.id, ()) if item[ITEM_ID] not in ended}
    return list((items | {item[ITEM_ID]: item for item in now.get(listing.id, ())}).values())


def _overdue(lists: Lists, due: Mapping[str, Due], today: date) -> Iterator[Gap]:
    for page, items in lists:
        if _asks(page.listing) != "plans":
            continue
        for item in items:
            said, day = due.get(item[ITEM_ID], ("", today))
            if day < today and said in item.values():
                words = gettext(
                    "You planned this by %(day)s: “%(item)s”. Is it done, or is there a new date?",
                    day=dates.shown(day),
                    item=_shortened(item, page.listing),
                )
                yield Gap("overdue", words, page, item[ITEM_ID])


def _shortened(item: Item, listing: Question, longest: int = 80) -> str:
    """The first words of an item, cut between two words."""
    words = next((item[one.id] for one in listing.questions if one.source and one.id in item), "")
    text = " ".join(str(words).split()).rstrip(".")
    return text if len(text) <= longest else f"{text[:longest].rsplit(' ', 1)[0]} …"


def _areas_without_commitment(questionnaire: Questionnaire, lists: Lists, now: Answers) -> Iterator[Gap]:
    plan = framework.load(questionnaire.framework)
    titles = _titles(questionnaire)
    chosen = [area for area in titles if any(one.concern == area for one in questionnaire.questions_for(now))]
    for page, items in lists:
        # Where there is none at all, the list as a whole is asked for.
        if _asks(page.listing) != "plans" or not items:
            continue
        named = {choices.area_of(page.listing, item, plan) for item in items}
        for area in chosen:
            if area not in named:
                words = gettext(
                    "%(area)s: is there something that you commit to doing? You have not listed it yet.",
                    area=titles[area],
                )
                yield Gap("area-without-commitment", words, page)


def _titles(questionnaire: Questionnaire) -> dict[str, str]:
    """What each area of the plan is called in the language of the questionnaire."""
    slug, language = questionnaire.framework, questionnaire.language
    return {area.id: translations.called(slug, area.title, language) for area in framework.load(slug).priority_areas}


def _barriers_without_need(
    questionnaire: Questionnaire, pages: tuple[Page, ...], lists: Lists, told: Answers
) -> Iterator[Gap]:
    plan = framework.load(questionnaire.framework)
    listed = {
        choices.area_of(page.listing, item, plan)
        for page, items in lists
        if _asks(page.listing) == "needs"
        for item in items
    }
    titles = _titles(questionnaire)
    asked = {(one.concern, one.asks): (page, one) for page in pages for one in page.questions if one.concern}
    for (area, asks), (_, question) in asked.items():
        if asks != "barriers" or not told.get(question.id) or area in listed:
            continue
        page, need = asked.get((area, "needs"), (None, None))
        if page and not told.get(need.id):
            words = gettext(
                "%(area)s: you told us what gets in the way. What help would you need?", area=titles.get(area, area)
            )
            yield Gap("barrier-without-need", words, page)


def _empty_lists(lists: Lists) -> Iterator[Gap]:
    for page, items in lists:
        if not items:
            words = gettext("You have not listed any %(items)s yet. Is there one?", items=page.listing.many)
            yield Gap("empty-list", words, page)
