"""An import from the file to the sources, as reviewers go through its pages and the worker takes its steps."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Busy, Database, now
from collector.findings.models import Decision
from collector.intake import import_checking, import_keeping, import_reading, import_steps, imports
from collector.intake.import_mapping import Column, meaning_of
from collector.intake.models import Import, ImportFile, ImportRow, Job, Passage, Source
from collector.organisations import directory
from collector.organisations.models import Organisation, OrganisationAlias
from collector.privacy import taking_back
from collector.review import acts
from forms import questionnaire
from worker import importing, leased

CITIZEN = "\n".join(
    [
        "Response ID,Date submitted,Name,Organisation,Email,Council area,What gets in the way?,What do you plan?",
        "ANON-1,2022-03-31,Ann,Kinnaird Water Council,ann@x.org,Fife,=We lose half of every team,We will hire by May",
        "ANON-2,31/03/2022,Bob,Kinnaird Watter Council,bob@x.org,Moray;Fyfe,Nobody funds the post after March,",
        "ANON-3,sometime,Cat,,c@x.org,,There is no day in this row at all,",
        "ANON-4,2022-04-02,Dee,Glen Trust,d@x.org,Highland,,",
        "ANON-2,2022-04-03,Eve,Glen Trust,e@x.org,Highland,The reference of this row stands above,",
        "ANON-6,2022-04-03,Flo,Glen Trust,f@x.org,Highland,“Time” 💙 is what we lack most of all,More of it",
        "",
    ]
)


@dataclass(frozen=True)
class Desk:
    """Reviewers at their pages, with the worker beside them."""

    browser: Any
    database: Database

    def add(self, content: str | bytes = CITIZEN, name: str = "answers.csv") -> str:
        content = content.encode() if isinstance(content, str) else content
        token = self.browser.form_token()
        sent = self.browser.post(
            "/staff/imports/new", data={"_csrf": token}, files={"file": (name, content, "text/csv")}
        )
        assert sent.status_code == 303, sent.text
        self.work(sent.headers["location"])
        return sent.headers["location"]

    def work(self, url: str) -> None:
        importing.import_rows([id_of(url)])

    def say(self, url: str, **fields: Any) -> None:
        about = {"title": "Listening 2022", "day": "", "round": "", "permission": "do-not-publish"}
        assert self.browser.submit(f"{url}/about", about | fields).status_code == 303

    def check(self, url: str) -> dict[str, int]:
        assert self.browser.submit(f"{url}/check").status_code == 303
        self.work(url)
        return self.found(url).counts

    def press(self, url: str, seen: str = "") -> Any:
        return self.browser.submit(f"{url}/start", {"seen": seen or imports.stamp_of(self.found(url))})

    def bring_in(self, content: str | bytes = CITIZEN, **fields: Any) -> str:
        """All the way, each name that is not sure being a new one."""
        url = self.add(content)
        self.say(url, **fields)
        self.check(url)
        if self.found(url).found["unsure"]:
            self.browser.submit(f"{url}/organisations", {"then": "all-new"})
            self.check(url)
        assert self.press(url).status_code == 303
        self.work(url)
        return url

    def found(self, url: str) -> Import:
        with self.database.reading() as session:
            return session.get_one(Import, id_of(url))

    def all(self, table: type) -> list[Any]:
        with self.database.reading() as session:
            return list(session.exec(select(table).order_by(*table.__table__.primary_key.columns)))

    def page(self, url: str) -> str:
        answer = self.browser.get(url)
        assert answer.status_code == 200
        return answer.text


def id_of(url: str) -> int:
    return int(url.rpartition("/")[2])


@pytest.fixture
def desk(staff_browser: Any, database: Database, worker_here: None) -> Desk:
    return Desk(staff_browser, database)


@pytest.fixture
def kinnaird(database: Database) -> int:
    with database.writing() as session:
        id = directory.find_or_add(session, name="Kinnaird Water Council", kind="local_authority", areas=["fife"])
        session.commit()
    return id


# -- The whole way ----------------------------------------------------------------------------------


def test_an_export_of_citizen_space_goes_from_file_to_sources(desk: Desk, kinnaird: int) -> None:
    url = desk.add()
    assert "an export of Citizen Space" in desk.page(url)
    desk.say(url)
    counts = desk.check(url)
    assert {name: counts[name] for name in ("add", "already", "empty", "problem")} == {
        "add": 2,
        "already": 0,
        "empty": 1,
        "problem": 3,
    }
    assert desk.all(Source) == []  # the check has added nothing
    report = desk.page(f"{url}/report?outcome=problem")
    assert "“sometime” is no day" in report
    assert "row 3 has the same, with other words" in report
    assert "say which organisation “Kinnaird Watter Council” is" in report
    assert "Kinnaird Water Council" in desk.page(f"{url}/organisations")
    fields = {"key": "kinnaird watter council", "is-0": str(kinnaird)}
    assert desk.browser.submit(f"{url}/organisations", fields).status_code == 303
    assert desk.check(url)["add"] == 3
    assert desk.press(url).headers["location"] == url
    desk.work(url)
    assert "3 rows became sources" in desk.page(url)

    sources = desk.all(Source)
    assert [(one.kind, one.title, one.received_at.date().isoformat()) for one in sources] == [
        ("import", "Listening 2022", "2022-03-31"),
        ("import", "Listening 2022", "2022-03-31"),
        ("import", "Listening 2022", "2022-04-03"),
    ]
    assert [one.organisation_id for one in sources[:2]] == [kinnaird, kinnaird]
    passages = desk.all(Passage)
    assert [(one.question_id, one.text) for one in passages[:2]] == [
        ("barriers", "=We lose half of every team"),
        ("plans", "We will hire by May"),
    ]
    assert passages[-2].text == "“Time” 💙 is what we lack most of all"
    assert [(one.state, one.total) for one in desk.all(Job)] == [("waiting", 2), ("waiting", 1), ("waiting", 2)]
    # The name is remembered, what was left out is not kept with the rows, and the file can be had.
    assert [(one.name_key, one.organisation_id) for one in desk.all(OrganisationAlias)] == [
        ("kinnaird watter council", kinnaird)
    ]
    assert all(row.cells == [] for row in desk.all(ImportRow))
    assert "@x.org" not in repr(desk.found(url))
    assert desk.browser.get(f"{url}/file").content.decode() == CITIZEN
    page = desk.page(f"/staff/sources/{sources[1].id}")
    for words in ("Row 3 of", "answers.csv", "ANON-2", "Bob", "Kinnaird Watter Council", "Do not publish", "Moray"):
        assert words in page
    assert "bob@x.org" not in page


def test_what_is_not_known_of_a_value_is_left_out_and_told(desk: Desk) -> None:
    url = desk.add()
    desk.say(url)
    desk.check(url)
    assert "Council area: “Fyfe” is left out" in desk.page(f"{url}/report")
    page = desk.page(f"{url}/values?of=area")
    assert "Fyfe" in page
    assert desk.browser.submit(f"{url}/values?of=area", {"value": ["Fyfe"], "is": ["fife"]}).status_code == 303
    desk.check(url)
    assert "is left out" not in desk.page(f"{url}/report")


def test_permission_comes_from_a_column_where_it_is_plain_and_is_no_otherwise(desk: Desk) -> None:
    words = "What helps us most is time and more of it than anybody has ever given us"
    lines = [f"{value},{words} {n}" for n, value in enumerate(["Publish response with name", "Yes", ""])]
    url = desk.bring_in("\n".join(["May we publish your response?,What helps?", *lines]), permission="with-name")
    assert [row.permission for row in desk.all(ImportRow)] == ["with-name", "do-not-publish", "do-not-publish"]
    assert "“Yes” is not plain, so do not publish" in desk.page(f"{url}/report")


# -- Again, twice, and at once ------------------------------------------------------------------------


def test_the_same_file_again_adds_nothing(desk: Desk, dump: Callable) -> None:
    desk.bring_in()
    sources, organisations = desk.all(Source), desk.all(Organisation)
    url = desk.add()
    assert "The very same file" in desk.page(url)
    desk.say(url)
    counts = desk.check(url)
    assert (counts["add"], counts["already"]) == (0, 3)
    assert desk.press(url).status_code == 422
    assert (desk.all(Source), desk.all(Organisation)) == (sources, organisations)


def test_a_reference_is_unique_within_an_engagement(desk: Desk) -> None:
    words = "said again in other words so that it is no longer quite the same"
    desk.bring_in(f"Response ID,What helps?\nA1,{words}\n")
    again = f"Response ID,What helps?\nA1,{words} now\n"
    url = desk.add(again)
    desk.say(url)
    assert desk.check(url)["already"] == 1
    desk.say(url, title="Another engagement")
    assert desk.check(url)["add"] == 1


def test_two_imports_of_the_same_file_at_once_add_its_rows_once(desk: Desk) -> None:
    urls = [desk.add(), desk.add()]
    for url in urls:
        desk.say(url)
        desk.check(url)
        desk.browser.submit(f"{url}/organisations", {"then": "all-new"})
        desk.check(url)
        desk.press(url)
    threads = [threading.Thread(target=desk.work, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [desk.found(url).state for url in urls] == ["imported", "imported"]
    assert sorted(desk.found(url).counts["add"] for url in urls) == [0, 3]
    assert len(desk.all(Source)) == 3


def test_two_reviewers_who_press_at_once_start_it_once(desk: Desk) -> None:
    url = desk.add()
    desk.say(url)
    desk.check(url)
    seen = imports.stamp_of(desk.found(url))
    assert [desk.press(url, seen).status_code for _ in range(2)] == [303, 303]
    desk.work(url)
    assert desk.press(url, seen).status_code == 303
    desk.work(url)
    assert len(desk.all(Source)) == 3


def test_what_was_changed_since_it_was_looked_at_is_not_imported(desk: Desk) -> None:
    url = desk.add()
    desk.say(url)
    desk.check(url)
    seen = imports.stamp_of(desk.found(url))
    desk.browser.submit(f"{url}/columns", {"role-6": "", "role-7": "text", "question-7": "Plans?", "asks-7": "plans"})
    assert desk.press(url, seen).status_code == 422
    desk.check(url)
    answer = desk.press(url, seen)
    assert answer.status_code == 422
    assert "was changed since you looked at it" in answer.text


@pytest.mark.slow
@pytest.mark.parametrize("step", ["reading", "checking", "importing"])
def test_a_worker_that_dies_leaves_nothing_half_done_and_the_sweep_begins_again(
    desk: Desk, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        """As a kill: nothing is tidied up after it."""

    def die(*_: Any, **__: Any) -> None:
        raise Died

    where = {
        "reading": (import_reading, "finish_reading"),
        "checking": (import_checking, "finish_check"),
        "importing": (import_keeping, "note_rows"),
    }

    def killed(url: str) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(*where[step], die)
            with pytest.raises(Died):
                desk.work(url)
        assert desk.found(url).state == step
        assert (desk.all(Source), desk.all(Job), desk.all(Organisation)) == ([], [], [])
        desk.work(url)  # its lease holds: nobody else takes it
        assert desk.found(url).state == step
        with desk.database.writing() as session:
            session.exec(sa.update(Import).values(lease_until=now() - timedelta(seconds=1)))
            assert import_steps.leases.sweep(session) == [id_of(url)]
            session.commit()
        desk.work(url)
        assert desk.found(url).state != step

    token = desk.browser.form_token()
    sent = desk.browser.post(
        "/staff/imports/new", data={"_csrf": token}, files={"file": ("a.csv", CITIZEN.encode(), "text/csv")}
    )
    url = sent.headers["location"]
    killed(url) if step == "reading" else desk.work(url)
    desk.say(url)
    desk.browser.submit(f"{url}/check")
    killed(url) if step == "checking" else desk.work(url)
    desk.press(url)
    killed(url) if step == "importing" else desk.work(url)
    assert (desk.found(url).state, len(desk.all(Source))) == ("imported", 3)


def test_a_step_that_is_asked_for_has_not_ended(desk: Desk) -> None:
    url = desk.add()
    assert desk.found(url).finished_at  # it is read
    desk.say(url)
    desk.browser.submit(f"{url}/check")
    assert desk.found(url).finished_at is None
    desk.work(url)
    assert desk.found(url).finished_at


@pytest.mark.slow
def test_a_worker_that_is_killed_while_it_writes_leaves_nothing(desk: Desk) -> None:
    url = desk.add()
    desk.say(url)
    desk.check(url)
    desk.press(url)
    program = (
        "import os, signal\n"
        "from collector.database import Database\n"
        "from collector.intake import import_keeping\n"
        "from worker import importing, tasks\n"
        f"tasks.database = lambda: Database({desk.database.url!r})\n"
        "import_keeping.note_rows = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"importing.import_rows([{id_of(url)}])\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    assert (desk.found(url).state, desk.all(Source), desk.all(Job)) == ("importing", [], [])
    with desk.database.writing() as session:
        session.exec(sa.update(Import).values(lease_until=now() - timedelta(seconds=1)))
        import_steps.leases.sweep(session)
        session.commit()
    desk.work(url)
    assert (desk.found(url).state, len(desk.all(Source))) == ("imported", 3)


def test_an_import_that_is_being_kept_is_nobody_elses_also_when_its_lease_runs_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = desk.add()
    desk.say(url)
    desk.check(url)
    desk.browser.submit(f"{url}/organisations", {"then": "all-new"})
    desk.check(url)
    desk.press(url)
    monkeypatch.setattr(import_steps.leases, "lease", timedelta(seconds=0.3))
    monkeypatch.setattr(leased, "BEAT", 0.1)
    note, swept = import_keeping.note_rows, []

    def sweep() -> None:
        with desk.database.writing() as session:
            swept.append(import_steps.leases.sweep(session))
            session.commit()

    def slowly(*given: Any) -> None:
        time.sleep(0.6)
        sweeping.start()
        time.sleep(0.3)
        note(*given)

    sweeping = threading.Thread(target=sweep)
    monkeypatch.setattr(import_keeping, "note_rows", slowly)
    desk.work(url)
    sweeping.join()
    assert (swept, desk.found(url).state, len(desk.all(Source))) == ([[]], "imported", 3)


def test_a_step_that_keeps_failing_is_stopped_and_can_be_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = desk.add()
    desk.say(url)
    desk.browser.submit(f"{url}/check")
    with monkeypatch.context() as patched:
        patched.setattr(import_checking, "finish_check", lambda *_: 1 / 0)
        for _ in range(3):
            desk.work(url)
    assert desk.found(url).stopped
    page = desk.page(url)
    assert "ZeroDivisionError" in page
    assert "Nothing was added" in page
    desk.work(url)
    assert desk.found(url).state == "checking"
    assert desk.browser.submit(f"{url}/retry").status_code == 303
    desk.work(url)
    assert desk.found(url).state == "checked"


def test_a_check_that_was_stopped_half_way_counts_against_all_rows_when_it_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = desk.add()
    desk.say(url)
    desk.browser.submit(f"{url}/check")
    judged = import_checking.tell_known
    with monkeypatch.context() as patched:
        patched.setattr(import_checking, "ROWS_AT_ONCE", 2)
        patched.setattr(import_checking, "tell_known", lambda *given: 1 / 0 if desk.found(url).done else judged(*given))
        for _ in range(3):
            desk.work(url)
            with desk.database.writing() as session:
                if not desk.found(url).stopped:
                    session.exec(sa.update(Import).values(done=0))
                session.commit()
    assert (desk.found(url).stopped, desk.found(url).done) == (True, 2)
    desk.browser.submit(f"{url}/retry")
    assert "0 of 6 rows" in desk.page(url)
    desk.work(url)
    assert (desk.found(url).state, desk.found(url).done, desk.found(url).total) == ("checked", 6, 6)


def test_a_database_that_goes_away_is_no_fault_of_the_file_and_no_try_is_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = desk.add()
    desk.say(url)
    desk.browser.submit(f"{url}/check")

    def away(*_: Any) -> None:
        raise Busy

    with monkeypatch.context() as patched:
        patched.setattr(import_checking, "finish_check", away)
        for _ in range(4):
            desk.work(url)
    assert (desk.found(url).stopped, desk.found(url).attempts, desk.found(url).lease_until) == (False, 0, None)
    desk.work(url)
    assert desk.found(url).state == "checked"


@pytest.mark.parametrize("content", [CITIZEN, 'a,b\n1,2\nx,"never closed\n'], ids=["read", "refused"])
def test_who_lost_the_claim_touches_no_row_of_who_has_it_now(
    desk: Desk, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk.browser.form_token()
    sent = desk.browser.post(
        "/staff/imports/new", data={"_csrf": token}, files={"file": ("a.csv", content.encode(), "text/csv")}
    )
    url = sent.headers["location"]
    with desk.database.writing() as session:
        late = import_steps.leases.claim(session, id_of(url))
        session.exec(sa.update(Import).values(lease_until=now() - timedelta(seconds=1)))
        import_steps.leases.sweep(session)
        current = import_steps.leases.claim(session, id_of(url))
        import_reading.add_rows(session, id_of(url), [(1, ["what the other has read"], {})])
        session.commit()
    assert late != current
    importing.read(late)
    assert [row.cells for row in desk.all(ImportRow)] == [["what the other has read"]]
    assert desk.found(url).state == "reading"


# -- Files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "said"), [(b"%PDF-1.7", "This is a PDF"), (b"", "empty")])
def test_a_file_that_is_no_spreadsheet_is_refused_on_its_page(desk: Desk, content: bytes, said: str) -> None:
    token = desk.browser.form_token()
    answer = desk.browser.post(
        "/staff/imports/new", data={"_csrf": token}, files={"file": ("a.csv", content, "text/csv")}
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert "<title>Error: " in answer.text
    assert desk.all(Import) == []


def test_no_file_is_told(desk: Desk) -> None:
    answer = desk.browser.submit("/staff/imports/new")
    assert (answer.status_code, "Choose a file" in answer.text) == (422, True)


def test_the_larger_body_is_for_this_form_and_for_reviewers_alone(desk: Desk, as_person: Callable) -> None:
    large = {"file": ("a.csv", b"a,b\n" + b"x,y\n" * 400_000, "text/csv")}
    assert desk.browser.post("/staff/imports", data={"_csrf": "x"}, files=large).status_code in (405, 413)
    about = desk.browser.post("/sign-in", data={"_csrf": desk.browser.form_token()}, files=large)
    assert about.status_code == 413
    for role in ("auditor", "anyone"):
        browser = as_person(role)
        refused = browser.post("/staff/imports/new", data={"_csrf": browser.form_token()}, files=large)
        assert refused.status_code in (401, 403) or refused.headers["location"] == "/sign-in"


def test_a_form_without_its_token_keeps_nothing(desk: Desk) -> None:
    answer = desk.browser.post("/staff/imports/new", files={"file": ("a.csv", b"a,b", "text/csv")})
    assert answer.status_code == 403
    assert desk.all(ImportFile) == []


def test_a_file_that_cannot_be_read_says_why_and_keeps_no_row(desk: Desk) -> None:
    url = desk.add('a,b\n1,2\nx,"never closed\n')
    page = desk.page(url)
    assert "In row 3 (line 3) a quotation mark opens" in page
    assert desk.all(ImportRow) == []


def test_a_row_with_more_cells_than_headings_is_a_problem_and_one_with_fewer_is_none(desk: Desk) -> None:
    long = "words enough to be taken for an answer in words by the one who guesses"
    url = desk.add(f"What helps?,Area\n{long} one,Fife\n{long} two\n{long} three,Fife,and more\n")
    desk.say(url)
    counts = desk.check(url)
    assert (counts["add"], counts["problem"]) == (2, 1)
    assert "The row has 3 cells and there are 2 headings" in desk.page(f"{url}/report")


def test_without_headings_the_columns_go_by_their_letters(desk: Desk) -> None:
    long = "words enough to be taken for an answer in words by the one who guesses"
    url = desk.add(f"Fife Council,{long} one\nMoray Council,{long} two\n")
    assert desk.browser.submit(f"{url}/sheet", {"heading-row": "0"}).status_code == 303
    desk.work(url)
    assert "No heading" in desk.page(f"{url}/columns")
    fields = {"role-0": "organisation", "role-1": "text", "question-1": "What helps?", "asks-1": "needs"}
    desk.browser.submit(f"{url}/columns", fields)
    desk.say(url)
    assert desk.check(url)["add"] == 2


def test_the_same_heading_twice_is_two_columns(desk: Desk) -> None:
    long = "words enough to be taken for an answer in words by the one who guesses"
    url = desk.bring_in(f"Comment,Comment\n{long} one,{long} two\n")
    assert desk.found(url).state == "imported"
    assert [(one.question, one.text) for one in desk.all(Passage)] == [
        ("Comment", f"{long} one"),
        ("Comment", f"{long} two"),
    ]


def test_a_mapping_that_cannot_be_is_told(desk: Desk) -> None:
    url = desk.add()
    answer = desk.browser.submit(f"{url}/check")
    assert answer.status_code == 422
    assert "Say what the engagement was called" in answer.text
    desk.say(url)
    desk.browser.submit(f"{url}/columns", {"role-2": "organisation"})
    answer = desk.browser.submit(f"{url}/check")
    assert "columns C and D are each that now" in answer.text
    answer = desk.browser.submit(f"{url}/columns", {"role-2": "nonsense"})
    assert answer.status_code == 422
    assert 'href="#role-2"' in answer.text


def test_two_hundred_and_fifty_columns_are_looked_at_some_at_a_time(desk: Desk) -> None:
    url = desk.add(",".join(f"Question {n}" for n in range(250)) + "\n" + ",".join(f"x{n}" for n in range(250)) + "\n")
    page = desk.page(f"{url}/columns")
    assert page.count("<fieldset") == 20
    assert "Page 1 of 13" in page
    fields = {f"{name}-{at}": "" for at in range(240, 250) for name in ("question", "asks")}
    fields |= {f"role-{at}": "text" for at in range(240, 250)}
    assert desk.browser.submit(f"{url}/columns?page=13", fields).headers["location"] == url
    assert len(desk.found(url).mapping["columns"]) == 10


def test_what_is_typed_wrong_about_the_engagement_comes_back(desk: Desk) -> None:
    url = desk.add()
    typed = {"title": "", "day": ["31", "February", "2022"], "round": "99", "permission": "maybe"}
    answer = desk.browser.submit(f"{url}/about", typed)
    assert answer.status_code == 422
    for words in ("Say what the engagement was called", "Enter a day that there is", "February", "Choose one of the"):
        assert words in answer.text


def test_the_words_of_a_question_are_there_again_after_its_column_was_left_out_for_a_while(desk: Desk) -> None:
    url = desk.add()
    typed = {"question-6": "What is in the way of your work?", "asks-6": ""}
    desk.browser.submit(f"{url}/columns", {"role-6": "", **typed})
    assert "What is in the way of your work?" in desk.page(f"{url}/columns")
    long = {"role-6": "", "question-6": "x" * 5_000}
    assert desk.browser.submit(f"{url}/columns", long).status_code == 303


def test_what_is_typed_of_an_import_that_a_colleague_has_started_can_be_copied(desk: Desk) -> None:
    url = desk.bring_in()
    late = {"title": "Listening in spring 2022", "permission": "do-not-publish"}
    columns = {"role-6": "text", "question-6": "What stops you?"}
    for path, typed, words in (("about", late, late["title"]), ("columns", columns, "What stops you?")):
        answer = desk.browser.submit(f"{url}/{path}", typed)
        assert answer.status_code == 409
        assert "This import is being worked on, or it is done" in answer.text
        assert words in answer.text


# -- The report, the file, and the way back -------------------------------------------------------------


def test_the_report_can_be_downloaded_and_holds_no_formula(desk: Desk) -> None:
    url = desk.add('Date,"=cmd()"\nno day,long words that are no formula at all but could look like one to a program\n')
    desk.say(url)
    desk.browser.submit(f"{url}/columns", {"role-0": "date", "role-1": "text", "question-1": "", "asks-1": ""})
    desk.check(url)
    answer = desk.browser.get(f"{url}/report.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    cells = [cell for line in answer.text.splitlines() for cell in line.split(",")]
    assert not any(cell.lstrip('"').startswith(("=", "+", "-", "@")) for cell in cells)


def test_a_file_can_be_erased_and_what_became_of_its_rows_stays(desk: Desk) -> None:
    url = desk.bring_in()
    assert desk.browser.submit(f"{url}/forget").status_code == 303
    assert desk.all(ImportFile) == []
    assert desk.browser.get(f"{url}/file").status_code == 404
    assert len(desk.all(Source)) == 3
    assert "The file is erased" in desk.page(url)


def test_an_import_that_is_being_set_up_can_be_deleted_or_is_forgotten(desk: Desk) -> None:
    url, other = desk.add(), desk.add("What helps?\nTime")
    assert desk.browser.submit(f"{url}/forget").headers["location"] == "/staff/imports"
    with desk.database.writing() as session:
        session.exec(sa.update(Import).values(touched_at=now() - timedelta(days=29)))
        imports.forget_abandoned(session)
        session.commit()
    assert desk.browser.get(other).status_code == 404
    assert (desk.all(Import), desk.all(ImportRow), desk.all(ImportFile)) == ([], [], [])


def test_an_import_is_taken_back_whole_and_can_come_again(desk: Desk, kinnaird: int, record_findings: Callable) -> None:
    before = desk.all(Organisation)
    url = desk.bring_in()
    assert len(desk.all(Organisation)) == len(before) + 2
    record_findings(desk.all(Source)[0].id, {1: {"We lose half": {"kinds": ["barrier"]}}})
    assert desk.browser.submit(f"{url}/take-back").status_code == 422
    assert desk.browser.submit(f"{url}/take-back", {"reason": "The wrong file"}).status_code == 303
    assert (desk.all(Source), desk.all(Passage), desk.all(Job)) == ([], [], [])
    assert desk.all(Organisation) == before
    page = desk.page(url)
    assert "The wrong file" in page
    assert not any(row.notes or row.details or row.cells for row in desk.all(ImportRow))  # they quote what was said
    desk.bring_in()
    assert len(desk.all(Source)) == 3


def test_what_is_too_long_for_a_name_is_a_problem_of_its_row(desk: Desk) -> None:
    name = "".join(sha256(bytes([number])).hexdigest() for number in range(120))
    rows = [f"Glen Trust {number},Fife,What is said in row {number}" for number in range(9)]
    url = desk.add("\n".join(["Organisation,Council area,What gets in the way?", *rows, f"{name},Fife,What they said"]))
    desk.say(url)
    with desk.database.writing() as session:
        imports.say_columns(session, id_of(url), {0: Column("organisation")})
        session.commit()
    assert desk.check(url)["problem"] == 1
    assert "a name has up to 200 characters" in desk.page(f"{url}/report")
    assert name not in repr(desk.found(url).found)


def test_decisions_of_people_are_lost_only_when_that_is_said(
    desk: Desk, record_findings: Callable, sign_in: Callable
) -> None:
    url = desk.bring_in()
    record_findings(desk.all(Source)[0].id, {1: {"We lose half": {"kinds": ["barrier"]}}})
    with desk.database.writing() as session:
        act = acts.begin(session, staff_id=1, what="decide")
        session.add(
            Decision(statement_id=1, family="kinds", label="barrier", verdict="accept", staff_id=1, act_id=act.id)
        )
        session.commit()
    assert "1 decision would be lost" in desk.page(f"{url}/take-back")
    answer = desk.browser.submit(f"{url}/take-back", {"reason": "The wrong file"})
    assert answer.status_code == 422
    assert len(desk.all(Source)) == 3
    said = {"reason": "The wrong file", "with-decisions": "yes"}
    assert desk.browser.submit(f"{url}/take-back", said).status_code == 303
    assert (desk.all(Source), desk.all(Decision)) == ([], [])


def test_an_organisation_that_something_else_knows_of_stays(desk: Desk, receive: Callable) -> None:
    url = desk.bring_in()
    receive(**{"organisation-name": "Glen Trust"})
    desk.browser.submit(f"{url}/take-back", {"reason": "The wrong file"})
    assert "Glen Trust" in {one.name for one in desk.all(Organisation)}


def test_a_take_back_that_fails_half_way_takes_nothing(
    desk: Desk, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = desk.bring_in()
    before = dump()
    monkeypatch.setattr(taking_back.belonging, "forget", lambda *_: 1 / 0)
    assert desk.browser.submit(f"{url}/take-back", {"reason": "The wrong file"}).status_code == 500
    assert dump() == before


def test_the_kinds_of_organisation_that_the_questionnaire_asks_for_are_understood() -> None:
    asked = questionnaire.load("keeping-the-promise").questions["organisation-kind"]
    assert {choice.label: meaning_of("kind", choice.label) for choice in asked.choices} == {
        choice.label: choice.id for choice in asked.choices
    }
