"""Every page that there is, as HTML: what must hold of each is asked of new ones too, without a word about them."""

import re
from typing import Any

from collector.accounts.access import RULES, Person
from forms import questionnaire

START = "/questionnaires/keeping-the-promise"
# What a draft must list, so that every list is asked for and one has an item.
LISTING = {"more-lists": ["work", "needs", "offers"], "commitments": [{"id": "a", "commitment": "We will do it."}]}
# Addresses that say in the query what they are about.
QUERIES = {"/staff/organisations/{organisation_id}/statements": "?kind=doing&area=planning"}


def addresses(person: Person, existing: dict[str, Any], *, under: str = "/") -> list[str]:
    """Every address that this person may get, with the ids of what there is."""
    rules = [
        rule.removeprefix("GET ") for rule, people in RULES.items() if rule.startswith("GET ") and person in people
    ]
    ours = [route for route in rules if route.startswith(under) and not route.startswith(("/api", "/static"))]
    return [re.sub(r"{(\w+)}", lambda name: str(existing[name[1]]), route) + QUERIES.get(route, "") for route in ours]


def of_respondents(browser: Any, existing: dict[str, Any]) -> dict[str, str]:
    """Every page that anyone may open, and every page of the questionnaire, also left blank."""
    form = questionnaire.load("keeping-the-promise")
    wanted = addresses(Person.ANYONE, existing)
    wanted += [f"{START}/{'lists' if step.page.listing else 'pages'}/{step.page.id}" for step in form.steps]
    wanted += [f"{START}/lists/{step.page.id}/items/one?new=1" for step in form.steps if step.page.listing]
    wanted += [f"{START}/lists/commitments/items/a{rest}" for rest in ("", "/remove")]
    pages = got(browser, wanted)
    for step in form.steps:
        refused = browser.submit(f"{START}/pages/{step.page.id}", {})
        if refused.status_code == 422:
            pages[f"{step.page.id}, left blank"] = refused.text
    return pages


def of_staff(browser: Any, existing: dict[str, Any]) -> dict[str, str]:
    """Every page that a reviewer may open and others may not."""
    return got(browser, addresses(Person.REVIEWER, existing, under="/staff"))


def got(browser: Any, wanted: list[str]) -> dict[str, str]:
    answers = {address: browser.get(address) for address in wanted}
    return {
        address: answer.text
        for address, answer in answers.items()
        if answer.headers.get("content-type", "").startswith("text/html") and answer.content
    }
