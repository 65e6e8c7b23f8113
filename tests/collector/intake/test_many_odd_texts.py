"""Thousands of odd texts through the pages of the service: each is kept exactly, or refused with a reason."""

import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import markup
import pytest
from sqlmodel import func, select

from collector.database import Database
from collector.findings.models import Reply
from collector.intake import file_names, given
from collector.intake.models import (
    Answers,
    Draft,
    Job,
    Keying,
    Meeting,
    Passage,
    Source,
    SourceOrganisation,
    Submission,
    SubmissionChange,
    Upload,
)
from collector.organisations.models import Organisation
from collector.web import limits
from tests.conftest import QUESTIONNAIRE
from tests.odd_texts import CONTROL, UNKEEPABLE, odd_text, wanted


@dataclass
class Desk:
    """A browser that posts text after text, and counts what became of them."""

    browser: Any
    database: Database
    token: str
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    kept: int = 0
    refused: int = 0

    def post(self, url: str, **fields: str | list[str]) -> Any:
        """As a browser would, also what is no good text: halves of characters come as the bytes that they would be."""
        body = urlencode({"_csrf": self.token, **fields}, doseq=True, errors="surrogatepass").encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.browser.post(url, content=body, headers=headers)

    def judge(self, text: str, answer: Any, stored: str | None, expected: tuple[str | None, str]) -> None:
        keep, reason = expected
        if reason:
            self.refused += 1
            assert answer.status_code == 422, (text[:80], answer.status_code)
            assert reason in " ".join(markup.problems(answer).values()), text[:80]
        else:
            self.kept += 1
            assert answer.status_code == 303, (text[:80], answer.status_code)
            assert stored == keep, (text[:80], (stored or "")[:80])

    def one(self, query: Any) -> Any:
        with self.database.reading() as session:
            return session.exec(query).first()


@pytest.fixture
def desk_of(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Desk]:
    monkeypatch.setattr(limits, "check", lambda *_: None)  # nobody posts as fast as this
    return lambda browser: Desk(browser, database, browser.form_token())


# As many in all as the slow test is named for; the ordinary one takes some of each.
HOW_MANY = {"long": 2_500, "short": 1_300, "item": 600, "correction": 150, "reply": 100, "keyed": 250, "file": 100}
SOME = pytest.mark.parametrize(
    ("database", "share"),
    [("sqlite", 0.02), pytest.param("postgresql", 1, marks=pytest.mark.slow)],
    indirect=["database"],
)


def number(kind: str, share: float) -> range:
    return range(max(12, round(share * HOW_MANY[kind])))


def test_there_are_five_thousand_of_them() -> None:
    assert sum(HOW_MANY.values()) == 5_000


@SOME
def test_answers_are_kept_exactly_or_refused_and_shown_exactly_on_check_answers(
    desk_of: Callable, browser: Any, fill_in: Callable, share: float
) -> None:
    fill_in(browser)
    desk, draft = desk_of(browser), select(Draft.answers)
    asked = [f"planning.{one}" for one in ("doing", "plans", "barriers", "needs", "offers", "voice")]
    for at in number("long", share):
        question, text = asked[at % len(asked)], odd_text(desk.chance)
        answer = desk.post(f"{QUESTIONNAIRE}/pages/{question.replace('.', '-')}", **{question: text})
        answers = desk.one(draft)
        desk.judge(text, answer, answers.get(question), wanted(text, most=20_000))
        if at % 12 == 11:
            said = markup.Structure(browser.get(f"{QUESTIONNAIRE}/check")).said
            assert [one for one in asked if answers.get(one, "") not in said] == []
    assert desk.kept > desk.refused > 0


@SOME
def test_names_of_organisations_are_kept_exactly_or_refused(
    desk_of: Callable, browser: Any, fill_in: Callable, share: float
) -> None:
    fill_in(browser)
    desk, name = desk_of(browser), "organisation-name"
    for _ in number("short", share):
        text = odd_text(desk.chance)
        answer = desk.post(f"{QUESTIONNAIRE}/pages/organisation", **{name: text, "organisation-kind": "other"})
        expected = wanted(text, most=200, lines=False)
        expected = expected if expected != (None, "") else (None, "Enter the name of your organisation")
        desk.judge(text, answer, desk.one(select(Draft.answers)).get(name), expected)
    assert min(desk.kept, desk.refused) > 0


@SOME
def test_items_of_lists_are_kept_exactly_or_refused_and_shown_exactly(
    desk_of: Callable, browser: Any, fill_in: Callable, share: float
) -> None:
    fill_in(browser)
    desk, url = desk_of(browser), f"{QUESTIONNAIRE}/lists/commitments/items/one"
    for _ in number("item", share):
        text = odd_text(desk.chance)
        browser.post(f"{url}/remove", data={"_csrf": desk.token})
        answer = desk.post(f"{url}?new=1", commitment=text)
        items = desk.one(select(Draft.answers)).get("commitments", [])
        kept = items[0]["commitment"] if items else None
        desk.judge(text, answer, kept, wanted(text, most=20_000, optional=False))
        if kept and desk.kept % 10 == 0:
            assert kept in markup.Structure(browser.get(f"{QUESTIONNAIRE}/check")).said
    assert min(desk.kept, desk.refused) > 0


@SOME
def test_corrections_are_kept_exactly_or_refused(
    desk_of: Callable, browser: Any, fill_in: Callable, share: float
) -> None:
    fill_in(browser)
    desk = desk_of(browser)
    receipt = browser.get(browser.submit(f"{QUESTIONNAIRE}/check").headers["location"]).text
    mine = browser.submit(re.search(r"/my-submission/[\w-]+", receipt)[0]).headers["location"]
    doing = select(given.to("planning.doing"))
    for _ in number("correction", share):
        text = odd_text(desk.chance)
        latest = desk.one(select(SubmissionChange.id).order_by(SubmissionChange.id.desc())) or 0
        fields = {"planning.doing": text, "_seen": str(latest), "_taken_out": "planning.doing"}
        answer = desk.post(f"{mine}/answers/planning-doing", **fields)
        if wanted(text, most=20_000) == (None, ""):  # taken out, which is asked about first
            continue
        desk.judge(text, answer, desk.one(doing), wanted(text, most=20_000))
    assert min(desk.kept, desk.refused) > 0
    for _ in number("reply", share):
        text = odd_text(desk.chance)
        answer = desk.post(f"{mine}/reply", agrees="no", text=text)
        latest = desk.one(select(Reply.text).order_by(Reply.id.desc()))
        keep, reason = wanted(text, most=5_000)
        if answer.status_code == 303:
            assert not keep or latest == keep.strip(), text[:80]
        else:
            assert (answer.status_code, bool(markup.problems(answer))) == (422, True), text[:80]
            assert reason or keep is None or re.search("[\x7f\x85]", keep), text[:80]


@SOME
def test_what_staff_key_in_is_kept_exactly_or_refused(
    desk_of: Callable, staff_browser: Any, open_round: Any, share: float
) -> None:
    desk = desk_of(staff_browser)
    letter = {"round": f"round-{open_round.id}", "channel": "post", "received-on": ["3", "11", "2026"]}
    url = staff_browser.submit("/staff/keying", letter).headers["location"]
    staff_browser.submit(f"{url}/pages/respondent", {"respondent": "individual"})
    staff_browser.submit(f"{url}/pages/priority-areas", {"priority-areas": "planning"})
    for _ in number("keyed", share):
        text = odd_text(desk.chance)
        answer = desk.post(f"{url}/pages/planning-doing", **{"planning.doing": text})
        kept = desk.one(select(Keying.answers)).get("planning.doing")
        desk.judge(text, answer, kept, wanted(text, most=20_000))
    assert min(desk.kept, desk.refused) > 0


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_notes_on_what_is_keyed_in_are_kept_exactly_or_refused(
    desk_of: Callable, staff_browser: Any, open_round: Any
) -> None:
    desk, known = desk_of(staff_browser), {"channel": "post", "received-on": ["3", "11", "2026"]}
    letter = {"round": f"round-{open_round.id}", **known}
    url = staff_browser.submit("/staff/keying", letter).headers["location"]
    before = ""
    for _ in range(300):
        text = odd_text(desk.chance)
        answer = desk.post(f"{url}/facts", **known, note=text)
        expected = wanted(text, most=1_000)
        stored = desk.one(select(Keying.note))
        desk.judge(text, answer, stored or None, expected)
        before = stored if answer.status_code == 303 else before
        assert stored == before
        if desk.kept % 10 == 0:
            shown = staff_browser.get(f"{url}/facts")
            assert markup.typed(shown, "note") == stored
    assert min(desk.kept, desk.refused) > 0


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_meetings_are_kept_exactly_or_refused_and_no_half_of_one(
    desk_of: Callable, staff_browser: Any, meeting_facts: dict[str, Any]
) -> None:
    desk, new = desk_of(staff_browser), "/staff/meetings/new"
    odd = {"title": (200, False), "place": (200, False), "roles": (200, True), "notes": (100_000, False)}
    refused_for = set()
    for at in range(300):
        typed = {name: f"{name} {at}" for name in odd} | {"held-on": ["3", "March", "2026"], "add-new": "yes"}
        typed |= {"round": "none", "permission": "without-name", "organisations": "Loch Ossian Advocacy"}
        name = ("title", "place", "roles", "organisations", "notes")[at % 5]
        typed[name] = text = odd_text(desk.chance) + (f"\nThat was number {at}." if name == "notes" else "")
        before = desk.one(select(func.count(Source.id)))
        answer = desk.post(new, **typed)
        if answer.status_code == 303:
            answer = desk.post("/staff/meetings/check")
        if answer.status_code != 303:
            desk.refused += 1
            told = markup.problems(answer)
            refused_for.update(told)
            assert (answer.status_code, list(told)) == (422, [f"#{name}"]), (name, text[:80], told)
            assert desk.one(select(func.count(Source.id))) == before
            assert staff_browser.get(new).status_code == 200  # what was typed is there, and can be mended
            assert refusable(name, text, *odd.get(name, ())), (name, text[:80], told)
            continue
        desk.kept += 1
        source = desk.one(select(Source).order_by(Source.id.desc()))
        meeting = desk.one(select(Meeting).order_by(Meeting.source_id.desc()))
        held = {"title": source.title, "place": meeting.place, "roles": meeting.roles}
        if name in held:
            assert held[name] == (wanted(text, most=200, lines=False)[0] or ""), (name, text[:80])
        with desk.database.reading() as session:
            passages = session.exec(select(Passage).where(Passage.source_id == source.id).order_by(Passage.position))
            said = [f"{one.question} {one.text}" for one in passages]
            named = session.exec(
                select(Organisation.name).join(SourceOrganisation).where(SourceOrganisation.source_id == source.id)
            ).all()
            assert session.exec(select(Job.total).where(Job.source_id == source.id)).one() == len(said)
        assert all(one.strip() for one in named)
        # By a name that differs in signs alone one that is there already is meant.
        lines = re.split("\r\n|\r|\n", typed["organisations"])
        assert {*map(letters, named)} - {""} == {*map(letters, lines)} - {""}, text[:80]
        words = Counter(re.findall(r"\w+", typed["notes"]))
        assert words <= Counter(re.findall(r"\w+", " ".join(said))), text[:80]
        assert staff_browser.get(f"/staff/sources/{source.id}").status_code == 200
    assert refused_for == {"#title", "#place", "#roles", "#organisations", "#notes"}
    assert desk.kept > desk.refused > 0


def letters(name: str) -> str:
    return re.sub(r"\W", "", name.casefold())


def refusable(name: str, text: str, most: int = 20_000, optional: bool = True) -> bool:
    """Whether a field of a meeting may be refused, told here once more."""
    if CONTROL.search(text) or (name == "organisations" and any(len(line) > 200 for line in text.splitlines())):
        return True
    one_line = name not in ("organisations", "notes")
    kept = "\n".join(re.split("\r\n|\r|\n", text))
    return len(kept) > most or (one_line and "\n" in kept) or not (optional or kept.strip()) or len(kept) > 20_000


@SOME
def test_files_keep_their_content_and_a_name_that_hides_nothing(
    desk_of: Callable, browser: Any, fill_in: Callable, share: float
) -> None:
    fill_in(browser)
    desk, url = desk_of(browser), f"{QUESTIONNAIRE}/pages/documents"
    for at in number("file", share):
        name, content = odd_text(desk.chance).replace('"', "'") + ".txt", f"Plan {at} 💙\r\n".encode()
        sent = {"documents": (name, io.BytesIO(content))}
        answer = browser.post(f"{url}/files", data={"_csrf": desk.token, "_add": "documents"}, files=sent)
        upload = desk.one(select(Upload).order_by(Upload.id.desc()))
        if answer.status_code == 303:
            desk.kept += 1
            assert not CONTROL.search(upload.name)
            assert not re.search(r"[/\\\u202e\u200b\r\n]", upload.name), name[:80]
            assert upload.name == file_names.plain(upload.name)
            shown = browser.get(url)
            assert upload.name in markup.Structure(shown).said
            assert browser.get(f"{QUESTIONNAIRE}/files/{upload.key}").content == content
            pressed = {"_csrf": desk.token, "_remove": f"documents {upload.key}"}
            browser.post(f"{url}/files", data=pressed, files={"documents": ("", b"")})
        else:
            assert answer.status_code in (400, 413, 422), name[:80]
    assert desk.kept > 0


def test_bytes_that_are_no_text_are_refused_and_nothing_is_guessed(
    desk_of: Callable, browser: Any, fill_in: Callable, dump: Callable
) -> None:
    fill_in(browser)
    desk, before = desk_of(browser), dump()
    for half in UNKEEPABLE[-2:]:
        answer = desk.post(f"{QUESTIONNAIRE}/pages/planning-doing", **{"planning.doing": f"a {half} b"})
        assert answer.status_code == 400, answer.status_code
    assert dump() == before


def test_a_program_has_its_texts_kept_exactly_or_refused(
    browser: Any, new_token: Callable, open_round: Any, answers: dict, database: Database
) -> None:
    chance, headers, kept = random.Random(8), new_token("submitter"), 0
    for at in range(60):
        text = odd_text(chance, halves=True)
        content = {"questionnaire": "keeping-the-promise", "answers": answers | {"planning.doing": text}}
        sent = {**headers, "Idempotency-Key": str(at), "Content-Type": "application/json"}
        answer = browser.post("/api/submissions", content=json.dumps(content), headers=sent)
        keep, reason = wanted(text, most=20_000)
        assert answer.status_code in ((422, 400) if reason else (201,)), (text[:80], answer.text[:200])
        if keep:
            kept += 1
            with database.reading() as session:
                last = select(Submission.id).order_by(Submission.id.desc()).limit(1).scalar_subquery()
                of_last = select(given.to("planning.doing")).where(Answers.submission_id == last)
                assert session.exec(of_last).one() == keep
    assert kept > 20
