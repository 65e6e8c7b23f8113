"""The command line, as somebody types it."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from sqlmodel import select, update

from collector.accounts import staff, tokens
from collector.accounts.access import Person
from collector.database import Database
from collector.findings.report_models import Report
from collector.intake import references
from collector.intake.models import Job, Passage, Source, Submission
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.profiles import reports
from forms import questionnaire, translations
from worker.cli import main


@pytest.fixture
def run(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command on the test's database, with a broker within this process."""
    monkeypatch.setenv("FEEDBACK_LOOP_DATA", "")
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("REDIS_URL", "memory://")
    monkeypatch.delenv("BASE_URL", raising=False)
    return lambda *words, **more: CliRunner().invoke(main, [*words, "--data-dir", str(tmp_path)], **more)


def rows(database: Database, *columns: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.exec(select(*columns)))


def test_the_sample_is_loaded_once_and_removed(run: Callable, database: Database) -> None:
    first = run("sample", "load")
    assert first.exit_code == 0
    number = int(re.search(r"(\d+) new submissions", first.output)[1])
    assert number == len(rows(database, Submission)) >= 17
    assert "0 new submissions" in run("sample", "load").output
    assert f"{number} submissions removed" in run("sample", "remove").output
    assert rows(database, Submission) == []


def test_a_document_is_kept_with_its_questions_and_a_bad_line_is_told(
    run: Callable, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text('{"text": "A house.", "question": "What will you do?"}\nnot JSON\n{"text": "A door."}\n')
    done = run("document", "add", str(path))
    assert done.exit_code == 1
    assert "line 2: this is not JSON" in done.output
    assert rows(database, Passage.text, Passage.question) == [("A house.", "What will you do?"), ("A door.", "")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--organisation", "ß" * 201), "--organisation: a name has up to 200 characters"),
        (("--organisation", " \n"), "--organisation: enter the name of the organisation"),
        (("--organisation", "Trust \udcff"), "--organisation: the name has a character that cannot be kept"),
        (("--organisation", "Trust", "--kind", "club"), "--kind: the kind must be one of local_authority, "),
        (("--title", "T" * 201), "--title: a title has up to 200 characters"),
        (
            ("--date", "2999-05-01"),
            "--date: the date of a document cannot be in the future: 1 May 2999 is still to come",
        ),
    ],
)
def test_a_document_is_refused_under_names_that_no_page_would_take(
    words: tuple, said: str, run: Callable, dump: Callable, tmp_path: Path
) -> None:
    (path := tmp_path / "notes.txt").write_text("A house.")
    result = run("document", "add", str(path), *words)
    assert (result.exit_code, said in result.output) == (1, True), result.output
    assert {name: kept for name, kept in dump().items() if kept} == {}


def test_a_document_is_kept_with_its_own_date(run: Callable, database: Database, tmp_path: Path) -> None:
    (path := tmp_path / "plan.txt").write_text("We will open a house.")
    assert "Its date is not known" not in run("document", "add", str(path), "--date", "2021-06-25").output
    path.write_text("We will open another.")
    assert "'1 May 2021' does not match the format" in run("document", "add", str(path), "--date", "1 May 2021").output
    assert "Its date is not known: give it on its page" in run("document", "add", str(path)).output
    dated, undated = rows(database, Source.received_at, Source.added_at)
    assert (dated[0].date().isoformat(), dated[1].date(), undated[1]) == ("2021-06-25", undated[0].date(), None)


def test_whose_a_document_is_is_told_and_never_one_of_the_sample(
    run: Callable, database: Database, tmp_path: Path
) -> None:
    (path := tmp_path / "plan.txt").write_text("We will open a house.")
    with database.writing() as session:
        directory.find_or_add(session, name="Moss Trust", kind="other", sample=True)
        session.commit()
    new = run("document", "add", str(path), "--organisation", "Moss Trust").output
    path.write_text("We will open another.")
    again = run("document", "add", str(path), "--organisation", "Moss Trust").output
    path.write_text("We will open a third.")
    assert "Moss Trust, now added to the directory. The one of the sample round" in new
    assert "Moss Trust, which is in the directory." in again
    other = run("document", "add", str(path), "--organisation", "Loch Trust").output
    assert "It is a document of Loch Trust, now added to the directory.\n" in other
    assert sorted(rows(database, Organisation.name, Organisation.sample)) == [
        ("Loch Trust", False),
        ("Moss Trust", False),
        ("Moss Trust", True),
    ]


def test_a_document_is_kept_under_the_longest_names(run: Callable, database: Database, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"N\xc3\xb2taichean \xff.txt")
    path.write_text("A house.")
    assert run("document", "add", str(path), "--organisation", "\u1f57" * 200, "--kind", "other").exit_code == 0
    assert (rows(database, Source.title), rows(database, Organisation.name)) == (
        ["Nòtaichean \ufffd"],
        ["\u1f57" * 200],
    )


def test_an_account_is_added_with_a_link_that_signs_in(run: Callable, database: Database) -> None:
    added = run("staff", "add", "morag@example.org", "--name", "Morag", "--role", "auditor")
    another = run("staff", "link", "Morag@Example.org")
    with database.writing() as session:
        for result in (added, another):
            secret = re.search(r"http://127\.0\.0\.1:8000/sign-in/(\S+)", result.output)[1]
            visitor = staff.visitor_of(session, staff.sign_in_by_link(session, secret))
            assert (visitor.role, visitor.name) == (Person.AUDITOR, "Morag")


def test_an_account_with_a_password_is_asked_for_it_and_it_is_not_shown(run: Callable, database: Database) -> None:
    password = "a long and private password"
    result = run("staff", "add", "morag@example.org", "--password", input=f"{password}\n{password}\n")
    assert result.exit_code == 0
    assert password not in result.output
    with database.reading() as session:
        assert staff.fits(staff.credential_of(session, "morag@example.org"), password)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("staff", "add", "no address"), "Enter an e-mail address"),
        (("staff", "add", "a@example.org", "--role", "king"), "The role must be one of auditor, reviewer"),
        (("staff", "link", "nobody@example.org"), "There is no account"),
        (("token", "add", "x", "--role", "king"), "The role must be one of submitter, reader"),
        (("staff", "disable", "nobody@example.org"), "There is no account"),
        (("staff", "enable", "nobody@example.org"), "There is no account"),
        (("token", "revoke", "nothing"), "There is no valid token"),
        (("source", "retry", "AAAA-AAAA"), "No source that was set aside"),
    ],
)
def test_what_cannot_be_done_is_said_in_plain_words(words: tuple, said: str, run: Callable, dump: Callable) -> None:
    result = run(*words)
    assert (result.exit_code, result.output.startswith("Error: ")) == (1, True)
    assert said in result.output
    assert {name: kept for name, kept in dump().items() if kept} == {}


def test_a_token_is_shown_once_and_works(run: Callable, database: Database, dump: Callable) -> None:
    secret = run("token", "add", "Dashboard", "--role", "reader").output.strip()
    with database.reading() as session:
        visitor = tokens.visitor_of(session, secret)
    assert (visitor.role, visitor.name) == (Person.READER, "Dashboard")
    assert secret not in repr(dump())


def test_a_database_that_is_not_upgraded_is_refused_until_it_is(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setattr("collector.settings.read", in_new_folder(monkeypatch))
    for words in (("sample", "load"), ("sample", "remove"), ("staff", "add", "a@example.org"), ("token", "add", "x")):
        result = run(*words)
        assert (result.exit_code, result.output) == (
            1,
            "Error: The database is not up to date. Run: feedback-loop db upgrade\n",
        )
    assert run("db", "upgrade").output == "The database is up to date.\n"
    assert run("token", "add", "x").exit_code == 0


def in_new_folder(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The settings of a folder with nothing in it yet."""
    from collector import settings

    read = settings.read
    return lambda data_dir=None: read(Path(data_dir) / "new")


def test_every_command_explains_itself_without_loading_what_it_does_not_need() -> None:
    program = (
        "import sys; from worker.cli import main; main(['--help'], standalone_mode=False);"
        "print(sorted({'spacy', 'sklearn', 'litestar', 'celery', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"
    for command in ("serve", "worker", "analyse", "train", "evaluate", "bench", "sample", "db", "staff"):
        assert command in done.stdout


def test_a_disabled_account_is_out_at_once(run: Callable, database: Database) -> None:
    run("staff", "add", "morag@example.org")
    with database.writing() as session:
        secret = staff.start_session(session, staff.by_email(session, "morag@example.org").id)
        session.commit()
    assert run("staff", "disable", "Morag@Example.org").exit_code == 0
    with database.reading() as session:
        assert staff.visitor_of(session, secret) is staff.ANYONE


def test_an_account_let_in_again_starts_anew_with_a_new_link(run: Callable, database: Database) -> None:
    old_link = run("staff", "add", "morag@example.org").output.strip().rpartition("/")[2]
    with database.writing() as session:
        old_session = staff.start_session(session, staff.by_email(session, "morag@example.org").id)
        session.commit()
    run("staff", "disable", "morag@example.org")
    assert "This account is disabled" in run("staff", "link", "morag@example.org").output
    assert run("staff", "enable", "morag@example.org").exit_code == 0
    new_link = run("staff", "link", "morag@example.org").output.strip().rpartition("/")[2]
    with database.reading() as session:
        assert staff.visitor_of(session, old_session) is staff.ANYONE
        assert [staff.usable(session, link) for link in (old_link, new_link)] == [False, True]


def test_a_token_taken_back_works_no_longer_and_others_do(run: Callable, database: Database) -> None:
    lost, other = (run("token", "add", name).output.strip() for name in ("Dashboard", "Other"))
    assert run("token", "revoke", "Dashboard").exit_code == 0
    with database.reading() as session:
        assert tokens.visitor_of(session, lost) is staff.ANYONE
        assert tokens.visitor_of(session, other).role is Person.SUBMITTER
    assert "There is no valid token" in run("token", "revoke", "Dashboard").output


@pytest.mark.parametrize("named", ["reference", "source_id"])
def test_a_source_set_aside_is_read_again_when_asked(
    named: str, run: Callable, database: Database, analysed: Callable
) -> None:
    kept = analysed()
    typed = {"reference": references.shown(kept.received.reference), "source_id": str(kept.source_id)}[named]
    assert "No source that was set aside" in run("source", "retry", typed).output
    with database.writing() as session:
        session.exec(update(Job).values(state="set-aside", attempts=3))
        session.commit()
    assert run("source", "retry", typed).exit_code == 0
    assert rows(database, Job.state, Job.attempts) == [("waiting", 0)]


# -- Where serving cannot begin ---------------------------------------------------------------------


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name in ("DATABASE_URL", "REDIS_URL", "BASE_URL", "FEEDBACK_LOOP_DATA"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return lambda port: CliRunner().invoke(
        main, ["serve", "--no-sample", "--port", str(port), "--data-dir", str(tmp_path / "data")]
    )


def test_a_port_in_use_is_said_and_nothing_is_started(serve: Callable, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = serve(port)
    assert result.exit_code == 1
    assert f"Error: Port {port} is in use. Stop what uses it, or choose another with --port" in result.output
    assert not (tmp_path / "data" / "logs").exists()


def test_a_folder_in_use_is_said_and_left_alone(serve: Callable, tmp_path: Path) -> None:
    from worker import launcher

    with launcher.alone(tmp_path / "data"):
        result = serve(1)
    assert result.exit_code == 1
    assert "runs on" in result.output
    assert "already. Stop it first, or use --data-dir" in result.output
    assert os.listdir(tmp_path / "data") == ["serve.lock"]


def test_a_port_that_there_is_not_is_refused(serve: Callable) -> None:
    assert "not in the range" in serve(70000).output


@pytest.mark.parametrize("data_dir", ["/dev/null/x", "file/x"])
def test_a_folder_that_cannot_be_made_is_said(data_dir: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(main, ["serve", "--data-dir", str(tmp_path / data_dir)])
    assert (result.exit_code, "Not a directory" in result.output) == (1, True)
    assert result.output.startswith("Error: The data folder")


def test_a_questionnaire_file_is_checked_and_what_is_wrong_named_by_file_line_and_field(tmp_path: Path) -> None:
    sound = Path("forms/questionnaires/keeping-the-promise.yaml")
    assert CliRunner().invoke(main, ["questionnaire", "check", str(sound)]).exit_code == 0
    spoiled = tmp_path / "spoiled.yaml"
    spoiled.write_text(sound.read_text(encoding="utf-8").replace("type: one-of", "type: one", 1), encoding="utf-8")
    line = sound.read_text(encoding="utf-8").split("type: one-of")[0].count("\n") + 1
    told = CliRunner().invoke(main, ["questionnaire", "check", str(spoiled)])
    assert told.exit_code == 1
    assert f"{spoiled}:{line}: pages[1].questions[1].type: Choose one of" in told.output


def test_a_questionnaire_goes_out_as_an_xlsform_and_comes_back_the_same(tmp_path: Path) -> None:
    form, back = tmp_path / "form.xlsx", tmp_path / "back.yaml"
    out = CliRunner().invoke(main, ["questionnaire", "export", "keeping-the-promise", "--xlsform", str(form)])
    assert (out.exit_code, out.stdout) == (0, "")
    assert "other tools do not check that it is one" in out.stderr
    assert "is sound: keeping-the-promise" in CliRunner().invoke(main, ["questionnaire", "check", str(form)]).stdout
    assert CliRunner().invoke(main, ["questionnaire", "import", str(form), "--into", str(back)]).exit_code == 0
    assert questionnaire.load_path(back).definition == questionnaire.load("keeping-the-promise").definition
    for language, text in (("gd", "A’ cumail a’ gheallaidh"), ("easy", "Keeping the promise")):
        assert translations.of_file(tmp_path / f"back.{language}.yaml").texts["title"].text == text
    shown = CliRunner().invoke(main, ["questionnaire", "import", str(form)])
    assert shown.stdout == back.read_text(encoding="utf-8")
    assert [line.split(": ", 1)[1] for line in shown.stderr.splitlines()] == [
        f"Left out: the texts in {name}. With --into they are written into files, too"
        for name in ("Gaelic", "Easy Read")
    ]


def test_a_check_tells_how_far_each_language_is_and_what_is_missing_and_out_of_date(tmp_path: Path) -> None:
    main_, gaelic = tmp_path / "main.yaml", tmp_path / "main.gd.yaml"
    shipped = Path("forms/questionnaires/keeping-the-promise.yaml")
    main_.write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8")
    said = shipped.with_suffix(".gd.yaml").read_text(encoding="utf-8")
    whole = CliRunner().invoke(main, ["questionnaire", "check", str(shipped)]).stdout
    assert re.search(r"^Gaelic: (\d+) of \1 texts$", whole, re.MULTILINE)
    assert re.search(r"^Easy Read: (\d+) of \1 texts$", whole, re.MULTILINE)
    gaelic.write_text(
        said.replace("english: Who is answering?", "english: Who answers?", 1).replace("  needed.2:", "  needed.3a:"),
        encoding="utf-8",
    )
    told = CliRunner().invoke(main, ["questionnaire", "check", str(gaelic)])
    assert (told.exit_code, "needed.3a: Remove this, or name a text that there is" in told.stderr) == (1, True)
    lines = said.splitlines(keepends=True)
    start = lines.index("  needed.2:\n")
    end = lines.index("  needed.3:\n")
    gaelic.write_text(
        "".join(lines[:start] + lines[end:]).replace("english: Who is answering?", "english: Who answers?", 1),
        encoding="utf-8",
    )
    told = CliRunner().invoke(main, ["questionnaire", "check", str(main_)])
    assert told.exit_code == 0
    assert "1 out of date" in told.stdout
    assert "  missing: needed.2\n  out of date: pages.respondent.title\n" in told.stdout
    assert told.stdout.endswith("Easy Read: not translated\n")


def test_no_questionnaire_is_written_over_unless_asked(tmp_path: Path) -> None:
    form, kept = tmp_path / "form.xlsx", tmp_path / "kept.yaml"
    export = ["questionnaire", "export", "keeping-the-promise", "--version", "1", "--xlsform", str(form)]
    assert CliRunner().invoke(main, export).exit_code == 0
    again = CliRunner().invoke(main, export)
    assert (again.exit_code, "there already. Write over it with --replace" in again.stderr) == (1, True)
    assert CliRunner().invoke(main, [*export, "--replace"]).exit_code == 0
    kept.write_text("mine")
    into = ["questionnaire", "import", str(form), "--into", str(kept)]
    assert CliRunner().invoke(main, into).exit_code == 1
    assert kept.read_text() == "mine"
    assert CliRunner().invoke(main, [*into, "--replace"]).exit_code == 0
    assert questionnaire.load_path(kept).slug == "keeping-the-promise"


def test_an_xlsform_with_faults_is_refused_with_all_of_them_and_one_from_elsewhere_is_told_about(
    tmp_path: Path,
) -> None:
    path, into = tmp_path / "form.xlsx", tmp_path / "form.yaml"
    save_survey(path, ["geopoint", "where", "Where?"], ["text", "é", "What?"])
    for command in (["check", str(path)], ["import", str(path), "--into", str(into)]):
        refused = CliRunner().invoke(main, ["questionnaire", *command])
        assert (refused.exit_code, refused.stdout, into.exists()) == (1, "", False)
        assert f"{path}: survey, row 2, column type: Choose another type" in refused.stderr
        assert f"{path}: survey, row 3, column name: Write the id in small letters" in refused.stderr
    save_survey(path, ["text", "What", "What?"])
    read = CliRunner().invoke(main, ["questionnaire", "import", str(path)])
    assert (read.exit_code, read.stdout.startswith("slug: form\n")) == (0, True)
    assert f"{path}: survey, row 2, column name: “What” became “what”" in read.stderr


def test_an_export_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    for slug, path, said in [
        ("no-such", tmp_path / "form.xlsx", "There is no questionnaire “no-such”"),
        ("keeping-the-promise", tmp_path / "nowhere" / "form.xlsx", "cannot be written: No such file"),
    ]:
        told = CliRunner().invoke(main, ["questionnaire", "export", slug, "--xlsform", str(path)])
        assert (told.exit_code, said in told.stderr, path.exists()) == (1, True, False)


def save_survey(path: Path, *rows: list[str]) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("survey")
        for number, row in enumerate([["type", "name", "label"], *rows]):
            sheet.write_row(number, 0, row)


def test_a_report_is_held_by_command_as_it_is_by_the_page(
    run: Callable, database: Database, analysed: Callable, tmp_path: Path
) -> None:
    named = [str(analysed().organisation_id), "--for", "anyone"]
    done = run("report", "organisation", *named, "--output", str(tmp_path / "held.pdf"))
    told = " ".join(run("report", "board", "--help").output.split())
    assert f"default: ({reports.HOLD_DAYS}, as on the page)" in told
    assert "It is held for a right of reply until" in done.output
    at_once = run("report", "organisation", *named, "--hold", "0", "--output", str(tmp_path / "out.pdf"))
    assert "It is held" not in at_once.output
    assert rows(database, Report.hold_days) == [reports.HOLD_DAYS, 0]


def test_a_document_tells_no_kind_of_whose_it_is_unless_it_is_said(
    run: Callable, database: Database, receive: Callable, tmp_path: Path
) -> None:
    for number, (name, *more) in enumerate([("Kinnaird Water Council",), ("Moss Trust", "--kind", "third_sector")]):
        (path := tmp_path / f"{number}.txt").write_text(f"We will open house {number}.")
        assert run("document", "add", str(path), "--organisation", name, *more).exit_code == 0
    assert sorted(rows(database, Organisation.kind)) == ["", "third_sector"]
    receive()
    assert sorted(rows(database, Organisation.kind)) == ["local_authority", "third_sector"]


def test_reports_on_a_round_and_to_the_board_are_written_as_files(
    run: Callable, analysed: Callable, tmp_path: Path
) -> None:
    analysed()
    for words in (["round", "First round"], ["board"], ["board", "scotland"]):
        path = tmp_path / f"{'-'.join(words)}.html"
        done = run("report", *words, "--format", "html", "--output", str(path))
        assert done.exit_code == 0, done.output
        assert "We hold a family meeting before every decision." in path.read_text("utf-8")
    path = str(tmp_path / "none.pdf")
    assert "No round has the title “Autumn”" in run("report", "round", "Autumn", "--output", path).output
    assert run("report", "board", "fife", "--output", path).exit_code == 2
