"""Words of an answer that seem to name a child: they are told of once, and never stand in the way."""

from typing import Any

from collector.intake import (
    items,
    rounds,
)
from forms import child_names
from forms.questions import Page

NAMES = "names"  # in the query: what was saved on the page seems to name a child
NAMES_TOLD = "_names"  # in a form: which names were told of; no question can have such an id
MOST_LOOKED_AT = 40_000  # characters of a page: what a person writes; a tenth of a second for what is made to be slow


def named(page: Page, answers: dict[str, Any]) -> list[str]:
    """The words on this page that seem to name a child."""
    texts = [answers.get(one.id) for one in page.questions if one.type == "long-text"]
    if listing := page.listing:
        long = [one.id for one in listing.questions if one.type == "long-text"]
        texts = [item.answers.get(id) for item in items.of_list(listing, answers.get(listing.id)) for id in long]
    looked_at, left = [], MOST_LOOKED_AT
    for text in filter(None, texts):
        looked_at.append(text[:left])
        left -= len(looked_at[-1])
    return [words for text in looked_at for words in child_names.found(text)]


def mark_of(names: list[str]) -> str:
    """Stands for the names that a respondent was told of, so that the same are told of once."""
    return rounds.hash_of(names) if names else ""
