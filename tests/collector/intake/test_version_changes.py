"""No answer ever stands under another question, whatever is published while people write, send and correct.

Somebody goes on writing into pages, some of them opened long ago, while versions come that ask other things under the
same ids, on other pages, in another order. Every text says the question that it was typed under, as the page showed it.
"""

import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from litestar import Litestar
from lxml import html
from sqlmodel import Session, select

import collector.app
from collector.accounts import staff
from collector.database import Database
from collector.intake import given, round_changes, rounds
from collector.intake.models import Draft, Passage, Round, Source, Submission
from collector.settings import Settings
from forms import questionnaire
from forms.questionnaire import Questionnaire
from tests.conftest import HERE, Browser

SLUG = "changing"
START = f"/questionnaires/{SLUG}"
# What may be asked; under which id, and on which page, is another thing in each version.
ASKED = ("What is done?", "What is planned?", "What is in the way?", "What is needed?")
IDS = ("one", "two", "three", "four")
OF_ITEMS = ("What do you promise?", "Who will help?")
PERSON, PAGE = st.integers(0, 1), st.sampled_from("abcd")
# Where a form is posted, what it hides, and the questions that it shows by the names of their fields.
Form = tuple[str, dict[str, str], dict[str, str]]
TAG = re.compile(r"\[\[(.+?)\]\] \d+")


def version(number: int) -> Questionnaire:
    """Each version asks three or four of the questions, under ids and on pages that another may have had before."""
    chance = random.Random(number)
    labels, pages = chance.sample(ASKED, 4), chance.sample(("a", "b", "c", "d"), 4)
    words = {"type": "long-text", "optional": True, "source": True}
    several = [
        {"id": page, "title": label, "questions": [{"id": id, "label": label, **words}]}
        for page, id, label in list(zip(pages, IDS, labels, strict=True))[: chance.choice((3, 4))]
    ]
    first, second = chance.sample(OF_ITEMS, 2)
    within = [
        {"id": "what", "label": first, **words, "optional": False, "missing": "Say what"},
        {"id": "more", "label": second, **words},
    ]
    listing = {"id": "promises", "type": "list", "item": "promise", "label": "Promises", "optional": True}
    files = {"id": "files", "type": "file", "label": f"Files, as version {number} asks", "optional": True}
    main = questionnaire.load("keeping-the-promise").definition
    kept = {page["id"]: page for page in main["pages"] if page.get("id") in ("respondent", "areas", "permission")}
    chance.shuffle(several)
    order = [
        kept["respondent"] | {"questions": [kept["respondent"]["questions"][0]]},
        kept["areas"],
        *several,
        {"id": "promises", "title": "Promises", "questions": [{**listing, "questions": within}]},
        {"id": "files", "title": "Files", "questions": [files]},
        kept["permission"],
    ]
    return Questionnaire.from_definition({**main, "slug": SLUG, "version": number, "title": SLUG, "pages": order})


@dataclass
class Person:
    """Somebody with a browser, and the forms that stand open in its windows."""

    browser: Browser
    forms: list[Form] = field(default_factory=list)
    mine: str = ""  # where their own link let them in


class Walk(RuleBasedStateMachine):
    def __init__(self, built: Litestar, base: Settings, file: Path) -> None:
        super().__init__()
        self.database = Database(f"sqlite:///{file}")
        self.app = built
        for name, value in collector.app.shared_by_requests(base).items():
            setattr(built.state, name, value)
        built.state.database.close()
        built.state.database = self.database
        self.number, self.written = 1, 0
        with self.database.writing() as session:
            self.staff_id = staff.add(session, email="a@example.org", name="A", role="reviewer").id
            rounds.open_round(session, version(1), slug="round-1", title="Round 1")
            session.commit()
        self.people = [Person(Browser(built)) for _ in range(2)]
        self.begin(0)

    # -- What staff do ---------------------------------------------------------------------------------

    @rule()
    def publish_in_a_new_round(self) -> None:
        self.number += 1
        with self.database.writing() as session:
            rounds.open_round(session, version(self.number), slug=f"round-{self.number}", title="Another")
            session.commit()

    @rule()
    def publish_in_the_round_that_is_open(self) -> None:
        self.number += 1
        with self.database.writing() as session:
            round_ = session.exec(select(Round).order_by(Round.id.desc())).first()
            plan = round_changes.Plan(round_.title, version(self.number), opens_on=None, closes_on=None)
            round_changes.change(session, round_, plan, revision=round_.revision, staff_id=self.staff_id)
            session.commit()

    # -- What respondents do ----------------------------------------------------------------------------

    @rule(who=PERSON)
    def begin(self, who: int) -> None:
        browser = self.people[who].browser
        browser.submit(f"{START}/pages/respondent?again=1", {"respondent": "individual"})
        for page, answer in (("areas", "fife"), ("permission", "with-name")):
            browser.submit(f"{START}/pages/{page}", {page: answer})

    @rule(who=PERSON, page=PAGE)
    def open_a_page(self, who: int, page: str) -> None:
        self.open(self.people[who], f"{START}/pages/{page}")

    @rule(who=PERSON, page=PAGE)
    def write(self, who: int, page: str) -> None:
        person = self.people[who]
        if self.open(person, f"{START}/pages/{page}"):
            self.post(person, person.forms.pop())

    @rule(who=PERSON)
    def add_an_item(self, who: int) -> None:
        person = self.people[who]
        added = person.browser.get(f"{START}/lists/promises/add")
        if "/items/" in added.headers.get("location", "") and self.open(person, added.headers["location"]):
            self.post(person, person.forms[-1])

    @rule(who=PERSON, at=st.integers(0, 5))
    def open_an_item(self, who: int, at: int) -> None:
        person = self.people[who]
        listed = re.findall(r'href="([^"]+/items/[^"/]+)"', person.browser.get(f"{START}/lists/promises").text)
        if listed:
            self.open(person, listed[at % len(listed)])

    @precondition(lambda self: any(person.mine for person in self.people))
    @rule(who=PERSON, page=PAGE)
    def correct(self, who: int, page: str) -> None:
        person = self.people[who]
        if person.mine and self.open(person, f"{person.mine}/answers/{page}"):
            self.post(person, person.forms[-1])

    def open(self, person: Person, url: str) -> bool:
        """Whether there is a form to write into, which then stands open."""
        answer, before = person.browser.get(url), len(person.forms)
        if answer.status_code != 200:
            return False
        for form in html.fromstring(answer.text).xpath('//form[@class="fl_form"]'):
            hidden = {one.get("name"): one.get("value", "") for one in form.xpath('.//input[@type="hidden"]')}
            asked = {}
            for area in form.xpath(".//textarea[not(starts-with(@name, '_'))]"):
                label = form.xpath(f'.//label[@for="{area.get("id")}"]')[0].text_content()
                asked[area.get("name")] = label.replace("(optional)", "").strip()
            if asked:
                person.forms.append((form.get("action"), hidden, asked))
        return len(person.forms) > before

    @precondition(lambda self: any(person.forms for person in self.people))
    @rule(who=PERSON, at=st.integers(0, 20), forget=st.booleans())
    def post_a_form(self, who: int, at: int, forget: bool) -> None:
        """Any that stands open, however old; its window may then stay as it is and be posted again."""
        person = self.people[who]
        if not person.forms:
            return
        form = person.forms[at % len(person.forms)]
        if forget:
            person.forms.remove(form)
        self.post(person, form)

    def post(self, person: Person, form: Form) -> int:
        action, hidden, asked = form
        self.written += 1
        typed = {name: f"[[{label}]] {self.written}" for name, label in asked.items()}
        answer = person.browser.post(action, data={**hidden, "_csrf": person.browser.form_token(), **typed})
        assert answer.status_code < 500, (action, answer.status_code)
        if answer.status_code not in (303, 404):
            assert all(text in answer.text for text in typed.values()), "what was not kept is shown to who typed it"
        return answer.status_code

    @rule(who=PERSON)
    def add_a_file(self, who: int) -> None:
        self.written += 1
        named = {"files": (f"{self.written}.txt", f"Plan {self.written}.".encode())}
        self.people[who].browser.submit(f"{START}/pages/files/files", {"_add": "files"}, files=named)

    @rule()
    def share(self) -> None:
        one, other = self.people
        shown = one.browser.submit(f"{START}/share/link", {"name": "One"})
        if found := re.search(r"/drafts/[\w-]+", shown.text):
            other.browser.submit(found[0], {"name": "Other"})

    @rule(who=PERSON)
    def send(self, who: int) -> None:
        browser = self.people[who].browser
        browser.submit(f"{START}/pages/permission", {"permission": "with-name"})
        sent = browser.submit(f"{START}/check")
        if sent.status_code == 303 and sent.headers["location"].startswith("/receipts/"):
            receipt = browser.get(sent.headers["location"]).text
            if link := re.search(r"/my-submission/[\w-]+", receipt):
                self.people[who].mine = browser.submit(link[0]).headers.get("location", "")

    @rule(who=PERSON)
    def forget(self, who: int) -> None:
        self.people[who].browser.submit(f"{START}/forget")

    # -- What must hold ----------------------------------------------------------------------------------

    @invariant()
    def every_answer_stands_under_the_question_that_it_was_typed_under(self) -> None:
        with self.database.reading() as session:
            for label, text in told(session):
                assert tag_of(text) == label, f"{text!r} stands under {label!r}"

    @invariant()
    def every_page_shows_each_answer_under_its_question(self) -> None:
        for person in self.people:
            for url in (f"{START}/check", person.mine and f"{person.mine}/answers"):
                answer = person.browser.get(url) if url else None
                if answer is None or answer.status_code != 200:
                    continue
                for row in html.fromstring(answer.text).xpath("//dl/div[not(.//dl)]"):
                    label, said = row.xpath("./dt")[0].text_content().strip(), row.xpath("./dd")[0].text_content()
                    assert all(tag == label for tag in TAG.findall(said)), (url, label, said)

    def teardown(self) -> None:
        self.app.state.queue.close()
        self.database.close()


def tag_of(text: str) -> str:
    found = set(TAG.findall(text))
    assert len(found) == 1, text
    return found.pop()


def told(session: Session) -> Iterator[tuple[str, str]]:
    """Every text that is kept, with the question that it stands under in the version it belongs to."""
    for draft in session.exec(select(Draft)):
        yield from texts_in(rounds.questionnaire_of(session, draft.questionnaire_id), draft.answers)
    for submission in session.exec(select(Submission)):
        form = rounds.questionnaire_of(session, submission.questionnaire_id)
        yield from texts_in(form, given.answers_of(session, submission.id))
    for passage in session.exec(select(Passage).join(Source).where(Source.kind == "submission")):
        yield passage.question, passage.text


def texts_in(form: Questionnaire, answers: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for id, answer in answers.items():
        question = form.questions[id]  # a question of another version would be a KeyError
        if question.type == "list":
            parts = {one.id: one.label for one in question.questions}
            yield from ((parts[part], text) for item in answer for part, text in item.items() if part != "id")
        elif question.type == "long-text":
            yield question.label, answer


@pytest.fixture
def walk(built: Litestar, migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Walk]:
    monkeypatch.setenv("SECRET_KEY", "a secret that only these tests know of")
    numbers = iter(range(10_000))

    def start() -> Walk:
        file = shutil.copy(migrated_file, tmp_path / f"{next(numbers)}.sqlite3")
        base = Settings(
            data_dir=tmp_path,
            database_url=f"sqlite:///{file}",
            redis_url="memory://",
            base_url=HERE,
            site_name="Feedback Loop",
            organisation="The Promise Scotland",
            email="feedback-loop@example.org",
        )
        return Walk(built, base, file)

    return start


def test_a_page_of_another_version_is_not_kept_and_what_was_typed_is_shown(walk: Callable[[], Walk]) -> None:
    steps, refused = walk(), []
    for page in "abcd":
        steps.open_a_page(0, page)
    steps.add_an_item(0)
    steps.forget(0)
    steps.publish_in_a_new_round()
    steps.begin(0)
    for form in steps.people[0].forms:
        refused.append(steps.post(steps.people[0], form))
        steps.every_answer_stands_under_the_question_that_it_was_typed_under()
        steps.every_page_shows_each_answer_under_its_question()
    assert refused.count(409) >= 2  # the others ask the same in both
    assert set(refused) <= {303, 409}
    steps.teardown()


@pytest.mark.parametrize("walks", [1, pytest.param(12, marks=pytest.mark.slow)])
def test_no_answer_stands_under_another_question_whatever_is_published_meanwhile(
    walk: Callable[[], Walk], walks: int
) -> None:
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=walks,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
