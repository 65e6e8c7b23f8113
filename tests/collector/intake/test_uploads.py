"""Files that people add to their answers: kept with the draft, sent with it, and nobody else's to see."""

import io
import re
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import files
import markup
import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database, now
from collector.intake import drafts, file_kinds, rounds, submissions, uploads
from collector.intake.models import Answers, Draft, Job, Passage, Round, Source, Submission, Upload, UploadPart
from collector.privacy import erasure
from forms import answers as forms_answers
from forms.questionnaire import Questionnaire

START = "/questionnaires/keeping-the-promise"
PAGE = f"{START}/pages/documents"
POST = f"{PAGE}/files"
CHECK = f"{START}/check"
PLAN = files.word("We will open a second house by March 2027.")


@pytest.fixture
def sender(browser: Any, fill_in: Callable) -> Any:
    """Somebody who has answered all and may add files."""
    fill_in(browser)
    return browser


def send(
    browser: Any,
    content: bytes = PLAN,
    name: str = "Our plan.docx",
    press: str = "_add",
    query: str = "",
    **fields: str,
) -> Any:
    pressed = {press: "documents"} if press else {}
    return browser.submit(POST + query, {**pressed, **fields}, files={"documents": (name, io.BytesIO(content))})


def kept(database: Database, table: type) -> list[Any]:
    with database.reading() as session:
        rows = list(session.exec(select(table)))
        session.expunge_all()
    return rows


def shown(browser: Any) -> list[str]:
    return [link.text_content() for link in markup.tree(browser.get(PAGE)).xpath('//*[@class="fl_file"]/a')]


def problem_in(answer: Any) -> str:
    assert answer.status_code == 422
    [told] = markup.tree(answer).xpath('//*[@id="error-documents"]/text()')
    return told.strip()


def test_a_file_is_added_shown_with_its_size_checked_and_sent(sender: Any, database: Database) -> None:
    page = sender.get(PAGE)
    form = markup.tree(page).xpath('//form[@enctype="multipart/form-data"]')[0]
    assert form.get("action") == POST
    answer = send(sender)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?file=added")
    page = sender.get(answer.headers["location"])
    assert "The file is added." in markup.words(page)
    assert re.search(r"Our plan\.docx\s+3\d KB", markup.words(page))
    assert "Our plan.docx" in markup.words(sender.get(CHECK))
    receipt = sender.submit(CHECK).headers["location"]
    document = sender.get(f"{receipt}/answers.docx").content
    assert "Our plan.docx" in "\n".join(
        paragraph.text for paragraph in files.docx.Document(io.BytesIO(document)).paragraphs
    )
    [upload], [submission] = kept(database, Upload), kept(database, Submission)
    assert (upload.submission_id, upload.draft_id, upload.name, upload.kind) == (
        submission.id,
        None,
        "Our plan.docx",
        "docx",
    )
    assert b"".join(part.content for part in kept(database, UploadPart)) == PLAN
    [answer] = [one.given["documents"] for one in kept(database, Answers)]
    assert answer == [forms_answers.file_value(upload.key, "Our plan.docx")]
    own, document = kept(database, Source)
    assert (own.kind, own.upload_id) == ("submission", None)
    assert (document.kind, document.title, document.upload_id) == ("document", "Our plan.docx", upload.id)
    assert (document.submission_id, document.organisation_id) == (submission.id, submission.organisation_id)
    assert [(job.source_id, job.state) for job in kept(database, Job)] == [
        (own.id, "waiting"),
        (document.id, "waiting"),
    ]


def test_a_file_that_is_chosen_and_not_added_is_kept_when_the_person_goes_on(sender: Any) -> None:
    answer = send(sender, press="")
    assert answer.headers["location"] == f"{START}/pages/permission"
    assert shown(sender) == ["Our plan.docx"]
    assert send(sender, files.word("Other"), "Other.docx", press="", query="?check=1").headers["location"] == CHECK
    assert shown(sender) == ["Our plan.docx", "Other.docx"]


def test_going_on_without_a_file_or_by_the_plain_form_loses_none(sender: Any, database: Database) -> None:
    send(sender)
    for url in (POST, PAGE):
        assert sender.submit(url).headers["location"] == f"{START}/pages/permission"
        assert shown(sender) == ["Our plan.docx"]
    assert len(kept(database, Draft)[0].answers["documents"]) == 1


def test_to_add_without_choosing_is_told_at_the_field(sender: Any) -> None:
    assert "Choose a file first" in problem_in(sender.submit(POST, {"_add": "documents"}))


def test_a_file_is_removed_for_good(sender: Any, database: Database) -> None:
    send(sender)
    button = markup.tree(sender.get(PAGE)).xpath('//button[@name="_remove"]')[0]
    answer = sender.submit(POST, {"_remove": button.get("value")})
    assert "The file is removed." in markup.words(sender.get(answer.headers["location"]))
    assert shown(sender) == []
    assert (kept(database, Upload), kept(database, UploadPart)) == ([], [])
    assert "documents" not in kept(database, Draft)[0].answers
    assert sender.submit(POST, {"_remove": button.get("value")}).status_code == 303  # in a window that was left open
    assert sender.submit(POST, {"_remove": "nonsense"}).status_code == 303


def test_the_same_file_twice_is_kept_once_and_said_so(sender: Any, database: Database) -> None:
    send(sender)
    answer = send(sender, name="Again.docx")
    assert "It is kept once" in markup.words(sender.get(answer.headers["location"]))
    assert shown(sender) == ["Our plan.docx"]
    assert len(kept(database, Upload)) == 1


def test_no_more_files_than_the_question_takes(sender: Any) -> None:
    for number in range(5):
        assert send(sender, f"Plan {number}".encode(), f"{number}.txt").status_code == 303
    page = sender.get(PAGE)
    assert not markup.tree(page).xpath('//input[@type="file"]')
    assert "remove one first" in markup.words(page)
    assert "up to 5" in problem_in(send(sender))
    assert len(shown(sender)) == 5


@pytest.mark.parametrize(
    ("name", "made", "says"),
    [
        ("plan.docx", lambda: files.bomb(60_000_000), "far more than its size"),
        ("plan.docx", lambda: files.many_members(10_000), "far more than its size"),
        ("plan.pdf", lambda: b"MZ\0\0", "cannot read this kind"),
        ("plan.txt", lambda: b"a" * (file_kinds.LARGEST + 1), "larger than 15 MB"),
        ("plan.txt", lambda: b"a" * (file_kinds.LARGEST * 2), "larger than 15 MB"),
        ("plan.docx", lambda: b"", "nothing in this file"),
    ],
    ids=["bomb", "members", "magic", "a byte too large", "far too large", "empty"],
)
def test_what_is_refused_is_told_at_the_field_and_nothing_else_is_harmed(
    name: str, made: Callable[[], bytes], says: str, sender: Any, database: Database
) -> None:
    send(sender)
    before, content = kept(database, Draft)[0].answers, made()
    for press in ("_add", ""):
        answer = send(sender, content, name, press=press)
        assert says in problem_in(answer)
        assert "<title>Error: " in answer.text
        assert 'href="#documents"' in answer.text
    assert kept(database, Draft)[0].answers == before
    assert shown(sender) == ["Our plan.docx"]
    assert len(kept(database, Upload)) == 1


def test_what_was_done_before_is_not_said_again_beside_a_problem(sender: Any) -> None:
    page = sender.get(send(sender).headers["location"])
    action = markup.tree(page).xpath('//form[@enctype="multipart/form-data"]/@action')[0]
    assert action == POST
    assert "The file is added." not in markup.words(send(sender, b"", "a.txt"))


def test_a_file_of_exactly_15_mb_is_kept_whole(sender: Any, database: Database) -> None:
    content = (b"We plan. " * 2_000_000)[: file_kinds.LARGEST]
    assert send(sender, content, "large.txt").status_code == 303
    link = markup.tree(sender.get(PAGE)).xpath('//*[@class="fl_file"]/a/@href')[0]
    assert sender.get(link).content == content
    assert max(len(part.content) for part in kept(database, UploadPart)) <= uploads.PART


ODD_NAMES = {
    "../../../etc/passwd.docx": "passwd.docx",
    "plan\u202exslx.docx": "planxslx.docx",
    "<script>alert(1)</script>.docx": "script>.docx",
    "Càr & “Plan”.docx": "Càr & “Plan”.docx",
}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_shown_as_text_and_never_found_in_a_log(
    name: str, sender: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    assert send(sender, name=name).status_code == 303
    send(sender, b"\0\0", name)
    for page in (PAGE, CHECK):
        text = sender.get(page)
        assert ODD_NAMES[name] in text.text.replace("&amp;", "&").replace("&gt;", ">").replace("&lt;", "<")
        assert "<script>alert" not in text.text
        assert "\u202e" not in text.text
    link = markup.tree(sender.get(PAGE)).xpath('//*[@class="fl_file"]/a/@href')[0]
    assert sender.get(link).headers["content-disposition"].startswith("attachment; filename=")
    assert "passwd" not in caplog.text
    assert "alert" not in caplog.text


def test_a_name_with_a_line_end_is_one_line(sender: Any) -> None:
    boundary, token = "x", sender.form_token()
    body = (
        f'--x\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n{token}\r\n'
        f'--x\r\nContent-Disposition: form-data; name="documents"; filename="a%0D%0AX: b.txt"\r\n\r\n'
        "We plan.\r\n--x--\r\n"
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    assert sender.post(POST, content=body.encode(), headers=kind).status_code == 303
    assert len(shown(sender)) == 1
    assert "\n" not in shown(sender)[0]


def test_ones_own_file_is_given_back_to_be_kept_and_to_nobody_else(
    sender: Any, new_browser: Callable, staff_browser: Any, database: Database, fill_in: Callable
) -> None:
    send(sender)
    link = markup.tree(sender.get(PAGE)).xpath('//*[@class="fl_file"]/a/@href')[0]
    answer = sender.get(link)
    assert answer.content == PLAN
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == file_kinds.MEDIA_TYPES["docx"]
    other = new_browser()
    fill_in(other)
    for one in (other, new_browser(), staff_browser):
        assert one.get(link).status_code == 404
    other.submit(POST, {"_remove": f"documents {link.rpartition('/')[2]}"})
    assert shown(sender) == ["Our plan.docx"]
    assert staff_browser.get(f"/staff/uploads/{kept(database, Upload)[0].id}").status_code == 404  # not sent yet
    sender.submit(CHECK)
    assert sender.get(link).status_code == 404


def test_reviewers_get_the_original_and_see_what_was_sent_together(
    sender: Any, staff_browser: Any, as_person: Callable, database: Database
) -> None:
    send(sender)
    sender.submit(CHECK)
    own, document = kept(database, Source)
    page = staff_browser.get(f"/staff/sources/{document.id}")
    assert "Our plan.docx: Kinnaird Water Council" in markup.words(page)
    assert "Publish without name" in markup.words(page)
    assert markup.tree(page).xpath(f'//a[@href="/staff/sources/{own.id}"]')
    assert markup.tree(staff_browser.get(f"/staff/sources/{own.id}")).xpath(
        f'//a[@href="/staff/sources/{document.id}"]'
    )
    link = markup.tree(page).xpath("//a[@download]/@href")[0]
    assert staff_browser.get(link).content == PLAN
    auditor = as_person("auditor")
    assert auditor.get(link).status_code == 403
    assert not markup.tree(auditor.get(f"/staff/sources/{document.id}")).xpath("//a[@download]")


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_without_the_token_of_ones_own_page_no_byte_of_a_file_is_kept(
    token: str, sender: Any, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collector.web import files as web_files

    written: list[int] = []
    add = web_files.SentFile.add

    async def watched(self: Any, piece: bytes) -> None:
        written.append(len(piece))
        await add(self, piece)

    monkeypatch.setattr(web_files.SentFile, "add", watched)
    before = dump()
    answer = sender.post(POST, data={"_csrf": token}, files={"documents": ("a.docx", PLAN)})
    assert answer.status_code == 403
    assert (written, dump()) == ([], before)
    send(sender)
    assert sum(written) == len(PLAN)


def test_a_token_after_the_file_comes_too_late(sender: Any, dump: Callable) -> None:
    before, token = dump(), sender.form_token()
    parts = [("documents", ("a.docx", PLAN)), ("_csrf", (None, token))]
    assert sender.post(POST, files=parts).status_code == 303  # the form is ours, and the file was let go unread
    assert dump()["upload"] == before["upload"]


def test_only_pages_that_ask_for_files_take_large_forms(sender: Any) -> None:
    large = {"documents": ("a.txt", b"a" * 1_000_000)}
    assert sender.submit(PAGE, files=large).status_code == 413
    assert sender.submit(f"{START}/pages/areas", files=large).status_code == 413
    # With a sign-in goes what staff had typed: the longest are notes of a meeting.
    longer = {"documents": ("a.txt", b"a" * 1_500_000)}
    assert sender.submit("/sign-in", files=longer).status_code == 413
    words = {"documents": "a" * 500_000}
    assert sender.submit(POST, words).status_code == 413
    assert sender.submit(POST, words, files={"documents": ("a.txt", b"a")}).status_code == 413
    assert sender.submit(POST, {f"f{number}": "" for number in range(300)}).status_code == 413


@pytest.mark.parametrize("cut", [10, 200, -20])
def test_a_form_that_is_cut_short_on_its_way_is_refused_and_keeps_nothing(
    cut: int, sender: Any, dump: Callable
) -> None:
    request = sender.build_request(
        "POST", POST, data={"_csrf": sender.form_token()}, files={"documents": ("a.txt", b"a" * 99)}
    )
    before = dump()
    body = request.read()[:cut]
    answer = sender.post(POST, content=body, headers={"Content-Type": request.headers["content-type"]})
    assert answer.status_code in (400, 403)
    assert dump() == before


def test_two_files_at_once_are_both_kept(sender: Any, new_browser: Callable, database: Database) -> None:
    token = sender.form_token()

    def add(number: int) -> int:
        window = new_browser()
        window.cookies.update(sender.cookies)
        fields = {"_csrf": token, "_add": "documents"}
        return window.post(
            POST, data=fields, files={"documents": (f"{number}.txt", f"Plan {number}".encode())}
        ).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(add, range(4))) == [303] * 4
    assert sorted(shown(sender)) == ["0.txt", "1.txt", "2.txt", "3.txt"]
    assert len(kept(database, Draft)[0].answers["documents"]) == 4


def test_the_same_file_at_once_is_kept_once(sender: Any, new_browser: Callable, database: Database) -> None:
    token = sender.form_token()

    def add(_: int) -> int:
        window = new_browser()
        window.cookies.update(sender.cookies)
        fields = {"_csrf": token, "_add": "documents"}
        return window.post(POST, data=fields, files={"documents": ("a.docx", PLAN)}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(add, range(4))) == [303] * 4
    assert len(kept(database, Upload)) == 1


def test_no_file_is_taken_after_the_round_has_closed(sender: Any, database: Database, open_round: Round) -> None:
    send(sender)
    with database.writing() as session:
        session.get_one(Round, open_round.id).closes_on = date(2020, 1, 1)
        session.commit()
    assert send(sender, b"late", "late.txt").status_code == 410
    assert len(kept(database, Upload)) == 1


def test_files_go_with_the_draft_that_is_deleted_or_has_expired(
    sender: Any, new_browser: Callable, fill_in: Callable, database: Database
) -> None:
    send(sender)
    sender.submit(f"{START}/forget")
    assert (kept(database, Upload), kept(database, UploadPart)) == ([], [])
    fill_in(sender)
    send(sender)
    with database.writing() as session:
        session.exec(sa.update(Draft).values(expires_at=now() - timedelta(seconds=1)))
        drafts.forget_expired(session)
        session.commit()
    assert (kept(database, Upload), kept(database, UploadPart)) == ([], [])


def test_files_that_were_sent_stay_when_their_draft_goes(sender: Any, database: Database) -> None:
    send(sender)
    sender.submit(CHECK)
    with database.writing() as session:
        session.exec(sa.update(Draft).values(expires_at=now() - timedelta(seconds=1)))
        drafts.forget_expired(session)
        session.commit()
    assert len(kept(database, Upload)) == 1


def test_what_is_pressed_twice_is_sent_once_with_its_files(sender: Any, database: Database) -> None:
    send(sender)
    assert sender.submit(CHECK).headers["location"] == sender.submit(CHECK).headers["location"]
    assert len(kept(database, Source)) == len(kept(database, Job)) == 2
    assert "already been sent" in markup.words(send(sender, b"late", "late.txt"))
    assert len(kept(database, Upload)) == 1


def test_the_state_on_a_receipt_is_that_of_the_answers(
    sender: Any, database: Database, record_findings: Callable
) -> None:
    send(sender)
    receipt = sender.submit(CHECK).headers["location"]
    with database.writing() as session:
        session.exec(sa.update(Job).where(Job.source_id == 2).values(state="set-aside"))
        session.commit()
    record_findings(1, {})
    assert "has read your answers" in markup.words(sender.get(receipt))
    with database.reading() as session:
        [submission] = session.exec(select(Submission))
        assert submissions.source_id_of(session, submission.reference) == 1


def test_a_program_cannot_say_that_it_sent_a_file(
    browser: Any, new_token: Callable, answers: dict, dump: Callable
) -> None:
    headers = {**new_token("submitter"), "Idempotency-Key": "a"}
    body = {"questionnaire": "keeping-the-promise", "answers": {**answers, "documents": ["key a.txt"]}}
    before = dump()
    answer = browser.post("/api/submissions", json=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"question": "documents", "message": forms_answers.NO_FILES}]
    assert dump() == before


def test_nobody_can_fill_the_disk_with_what_is_not_sent(sender: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    send(sender)
    monkeypatch.setattr(uploads, "MOST_UNSENT", len(PLAN) + 10)
    assert "cannot take any more files today" in problem_in(send(sender, b"more than ten", "a.txt"))


def test_a_sample_takes_its_files_with_it(sender: Any, database: Database) -> None:
    send(sender)
    sender.submit(CHECK)
    with database.writing() as session:
        session.exec(sa.update(Round).values(sample=True))
        session.exec(sa.update(Source).values(sample=True))
        assert erasure.erase_sample(session) == 1
    assert (kept(database, Upload), kept(database, UploadPart), kept(database, Passage)) == ([], [], [])


# -- A page that asks for a file among other things -------------------------------------------------

MIXED = {
    "slug": "mixed",
    "version": 1,
    "title": "Mixed",
    "summary": "Mixed.",
    "framework": "plan-21-24",
    "audience": "Anyone.",
    "minutes": 1,
    "pages": [
        {
            "id": "mixed",
            "title": "Tell us",
            "questions": [
                {"id": "name", "type": "text", "label": "Name?", "missing": "Enter a name", "max-length": 10},
                {"id": "paper", "type": "file", "label": "Paper?", "missing": "Add a paper", "most-files": 1},
                {"id": "more", "type": "text", "label": "More?", "optional": True},
            ],
        },
        {
            "id": "last",
            "title": "Last",
            "questions": [{"id": "end", "type": "text", "label": "End?", "optional": True}],
        },
    ],
}
MIXED_PAGE = "/questionnaires/mixed/pages/mixed"
PAPER = {"paper": ("a.docx", PLAN)}


@pytest.fixture
def mixed(browser: Any, database: Database) -> Any:
    with database.writing() as session:
        rounds.open_round(session, Questionnaire.from_definition(MIXED), slug="mixed-round", title="Mixed")
        session.commit()
    return browser


def fields(answer: Any) -> dict[str, str]:
    inputs = markup.tree(answer).xpath('//input[@type="text"]')
    return {field.get("name"): field.get("value") for field in inputs}


def test_what_was_typed_beside_a_file_is_kept_when_the_file_is_added(mixed: Any, database: Database) -> None:
    typed = {"_add": "paper", "name": "Kintra", "more": "And more"}
    answer = mixed.submit(f"{MIXED_PAGE}/files", typed, files=PAPER)
    assert answer.status_code == 303
    assert fields(mixed.get(answer.headers["location"])) == {"name": "Kintra", "more": "And more"}
    assert kept(database, Draft)[0].answers["name"] == "Kintra"


def test_what_is_left_out_is_asked_for_when_the_person_goes_on_and_not_before(mixed: Any) -> None:
    assert mixed.submit(f"{MIXED_PAGE}/files", {"_add": "paper"}, files=PAPER).status_code == 303
    answer = mixed.submit(f"{MIXED_PAGE}/files", {"more": "And more"})
    assert answer.status_code == 422
    assert "Enter a name" in markup.words(answer)
    assert fields(answer)["more"] == "And more"
    assert "a.docx" in markup.words(answer)
    assert mixed.submit(f"{MIXED_PAGE}/files", {"name": "Kintra"}).headers["location"].endswith("/pages/last")


def test_a_file_that_is_needed_is_asked_for(mixed: Any) -> None:
    answer = mixed.submit(f"{MIXED_PAGE}/files", {"name": "Kintra"})
    assert answer.status_code == 422
    assert "Add a paper" in markup.words(answer)


@pytest.mark.parametrize("press", [{}, {"_add": "paper"}])
def test_a_refused_file_and_a_wrong_answer_are_both_told_and_nothing_typed_is_lost(press: dict, mixed: Any) -> None:
    typed = {**press, "name": "Far too long a name", "more": "And more"}
    answer = mixed.submit(f"{MIXED_PAGE}/files", typed, files={"paper": ("a.docx", b"\0")})
    assert answer.status_code == 422
    assert "Shorten your answer by 9 characters" in markup.words(answer)
    assert "cannot read this kind of file" in markup.words(answer)
    assert fields(answer) == {"name": "Far too long a name", "more": "And more"}


def test_a_good_file_is_kept_though_something_else_on_the_page_is_wrong(mixed: Any) -> None:
    answer = mixed.submit(f"{MIXED_PAGE}/files", {"name": "Far too long a name"}, files=PAPER)
    assert answer.status_code == 422
    assert "a.docx" in markup.words(answer)
    assert "a.docx" in markup.words(mixed.get(MIXED_PAGE))


def test_the_enter_key_goes_on_and_removes_nothing(mixed: Any) -> None:
    mixed.submit(f"{MIXED_PAGE}/files", {"_add": "paper", "name": "Kintra"}, files=PAPER)
    buttons = markup.tree(mixed.get(MIXED_PAGE)).xpath('//main//form//button[@type="submit"]')
    assert buttons[0].get("name") is None
    assert "_remove" in [button.get("name") for button in buttons[1:]]


def test_the_address_of_a_form_leads_back_to_its_page(mixed: Any) -> None:
    assert mixed.get(f"{MIXED_PAGE}/files").headers["location"] == MIXED_PAGE


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file of this process can grow over some hundred kilobytes, which looks to it as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_is_told_as_a_service_that_cannot_now(
    browser: Any, fill_in: Callable, request: pytest.FixtureRequest
) -> None:
    fill_in(browser)
    token = browser.form_token()
    request.getfixturevalue("full_disk")
    file = ("plan.txt", b"Our plan. " * 100_000, "text/plain")
    sent = browser.post(POST, data={"_csrf": token}, files={"documents": file})
    assert sent.status_code == 503
    assert "Nothing that you saved is lost" in sent.text
