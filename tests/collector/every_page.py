"""Every page that there is, as HTML: what must hold of each is asked of new ones too, without a word about them."""

import re
from typing import Any

from collector.accounts.access import RULES, Person
from forms import questionnaire

START = "/questionnaires/keeping-the-promise"
# What a draft must list, so that every list is asked for and one has an item.
LISTING = {"more-lists": ["work", "needs", "offers"], "commitments": [{"id": "a", "commitment": "We will do it."}]}
# What stands in for the ids of an address that is about a list.
OF_LIST = {"page_id": "commitments", "item_id": "a"}
# Addresses that say in the query what they are about.
OF_A_GROUP = "?kind=doing&area=planning"
QUERIES = {
    "/staff/organisations/{organisation_id}/statements": OF_A_GROUP,
    "/staff/areas/{area_id}/statements": OF_A_GROUP,
    "/staff/reports/contacts": "?kind=organisation&of={organisation_id}",
    "/staff/counts/statements": "?rows=kinds&columns=none&row=activity",
}


def addresses(person: Person, existing: dict[str, Any], *, under: str = "/") -> list[str]:
    """Every address that this person may get, with the ids of what there is."""
    rules = [
        rule.removeprefix("GET ") for rule, people in RULES.items() if rule.startswith("GET ") and person in people
    ]
    ours = [route for route in rules if route.startswith(under) and not route.startswith(("/api", "/static"))]
    return [filled(route + QUERIES.get(route, ""), existing) for route in ours]


def filled(route: str, existing: dict[str, Any]) -> str:
    ids = existing | (OF_LIST if route.endswith("/add") or "{item_id}" in route else {})
    return re.sub(r"{(\w+)}", lambda name: str(ids[name[1]]), route)


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


def of_who_comes_back(browser: Any, reference: str) -> dict[str, str]:
    """Every page about what is held from an earlier round, on the way from the choice to the check."""
    begin, held, pages = f"{START}/begin", f"{START}/held", got(browser, [START, f"{START}/begin"])
    pages["nothing chosen"] = browser.submit(begin).text
    browser.submit(begin, {"from": reference})
    chosen = {f"_state-{id}": way for id, way in (("a1", "done"), ("b2", "withdrawn"), ("c3", "change"))}
    seen = {name.replace("state", "seen"): "" for name in chosen}
    pages |= got(browser, [held, f"{held}/commitments", f"{START}/tasks", f"{START}/pages/planning-doing"])
    browser.submit(f"{held}/commitments", chosen | seen)
    pages["a colleague chose"] = browser.submit(f"{held}/commitments", dict.fromkeys(chosen, "kept") | seen).text
    pages |= got(browser, [f"{held}/commitments/items/{id}" for id in ("a1", "b2")])
    pages["too long"] = browser.submit(f"{held}/commitments/items/b2", {"text": "a" * 3000}).text
    browser.submit(f"{held}/commitments/items/a1", {"ended": "May 2025", "text": "It worked."})
    pages |= got(browser, [f"{START}/lists/commitments/items/c3", f"{START}/tasks?again", f"{START}/check"])
    pages["not chosen yet"] = browser.submit(f"{START}/check").text
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
