"""Whatever is in a file, it is read in a process of its own that may use so much and no more; the worker lives on."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import files
import pytest

from analysis.passages import BadLine
from worker import limited, parsing
from worker.parsing import Limits, Reading, Unreadable

SHORT = Limits(processor_seconds=1, wall_seconds=4, memory=400_000_000, output=4_000_000, passages=3)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    def apart(content: bytes, kind: str, **more: object) -> Reading:
        path = tmp_path / "file"
        path.write_bytes(content)
        with path.open("rb") as file:
            return parsing.read_apart(file, kind, **more)

    return apart


@pytest.fixture
def hostile(read: Callable) -> Callable[..., Reading]:
    return lambda kind, content=b"secret words": read(content, kind, limits=SHORT, readers="hostile_readers")


def places(reading: Reading) -> list[tuple[str, str]]:
    return [(one.place, one.text) for one in reading.passages]


def test_each_kind_says_where_its_words_stand(read: Callable) -> None:
    assert places(read(files.pdf(["We plan."], ["We need."]), "pdf")) == [
        ("Page 1, paragraph 1", "We plan."),
        ("Page 2, paragraph 1", "We need."),
    ]
    assert places(read(files.word("We plan.", "", "We need."), "docx")) == [
        ("Paragraph 1", "We plan."),
        ("Paragraph 2", "We need."),
    ]
    assert places(read(files.opendocument("We plan.", "We need."), "odt"))[1] == ("Paragraph 2", "We need.")
    assert places(read("One.\n\nTwo.".encode("utf-16"), "txt"))[1] == ("Paragraph 2", "Two.")


def test_a_workbook_is_read_row_by_row_with_what_stands_at_the_head_of_each_column(read: Callable) -> None:
    plan = [["Our plan"], [], ["Action", "When"], ["Open a house", 2027], [1, 2], ["Train carers", None]]
    book = files.workbook(Plan=plan, Notes=[["Only", "row"]])
    assert places(read(book, "xlsx")) == [
        ("Sheet Plan, row 1", "Our plan"),
        ("Sheet Plan, row 4", "Action: Open a house; When: 2027"),
        ("Sheet Plan, row 6", "Train carers"),
        ("Sheet Notes, row 1", "Only; row"),
    ]


def test_control_characters_that_a_workbook_escapes_are_spaces(read: Callable) -> None:
    assert places(read(files.workbook(Plan=[["We_x000B_plan_x000D_\nmore"]]), "xlsx")) == [("Row 1", "We plan\nmore")]


def test_cells_of_whole_sentences_stand_on_lines_of_their_own(read: Callable) -> None:
    rows = [["Question", "Answer"], ["What is in the way?", "There is no money. The post ends."]]
    assert places(read(files.workbook(Answers=rows), "xlsx")) == [
        ("Row 2", "Question: What is in the way?\nAnswer: There is no money. The post ends.")
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_of_values_is_read_whatever_its_columns_are_called(separator: str, read: Callable) -> None:
    rows = [["Action", "Who"], ["Open a house", "Fife, and others" if separator != "," else "Fife"]]
    table = "\n".join(separator.join(row) for row in rows).encode()
    assert places(read(table, "csv")) == [("Row 2", f"Action: Open a house; Who: {rows[1][1]}")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("loop", limited.TOO_SLOW),
        ("sleep", limited.TOO_SLOW),
        ("eat", limited.TOO_HUNGRY),
        ("crash", limited.STOPPED),
        ("quote", limited.STOPPED),
        ("write", limited.STOPPED),
        ("no such reader", limited.STOPPED),
    ],
)
def test_a_reader_that_does_not_stop_eats_memory_or_falls_over_is_stopped_with_a_reason(
    kind: str, reason: str, hostile: Callable
) -> None:
    began = time.monotonic()
    with pytest.raises(Unreadable) as problem:
        hostile(kind)
    assert str(problem.value) == reason
    assert time.monotonic() - began < 15
    assert places(hostile("one")) == [("Page 1", "secret words")]


def test_a_reader_is_told_nothing_of_our_own_secrets(hostile: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary")
    monkeypatch.setenv("DATABASE_URL", "canary")
    assert "canary" not in hostile("look").passages[0].text


def test_a_reader_does_not_outlive_the_worker(tmp_path: Path) -> None:
    started, content = tmp_path / "started", tmp_path / "content"
    content.write_text(str(started))
    reading = f"parsing.read_apart(open({str(content)!r}, 'rb'), 'outlive', readers='hostile_readers')"
    program = f"from worker import parsing; {reading}"
    worker = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": ":".join(sys.path)})
    until = time.monotonic() + 30
    while not started.exists() and time.monotonic() < until:
        time.sleep(0.05)
    child = int(started.read_text())
    worker.kill()
    worker.wait()
    while is_running(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(child)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


# Made when they are needed: packing 80 MB takes longer than reading all other tests.
HARMFUL: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "billion laughs": ("xlsx", lambda: files.billion_laughs(), "declares a document type"),
    "pages that go round in a loop": ("pdf", lambda: files.pdf(["We plan."], kids=b"2 0 R"), ""),
    "a page whose words are the page": ("pdf", lambda: files.pdf(["We plan."], content=b"5 0 R"), ""),
    "cut short": ("docx", lambda: files.word("We plan.")[:-400], "damaged"),
    "locked": ("pdf", lambda: files.pdf(["We plan."], extra=b"/Encrypt << /Filter /Standard >>"), ""),
    "no text": ("pdf", lambda: files.pdf([]), "no text"),
    "no words at all": ("xlsx", lambda: files.workbook(Sums=[[1, 2], [3, 4]]), "no text"),
    "too much": ("txt", lambda: b"a\n\n" * 5_001, "more than 5,000"),
    "a bomb": ("docx", lambda: files.bomb(80_000_000), "unpacks to more"),
    "a directory that lies": ("docx", lambda: files.with_directory_that_lies(files.bomb(80_000_000)), ""),
    "many members": ("docx", lambda: files.many_members(10_000), "unpacks to more"),
    "no PDF at all": ("pdf", lambda: b"%PDF-1.7 but no more", ""),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_file_is_not_read_and_says_why(name: str, read: Callable) -> None:
    kind, made, says = HARMFUL[name]
    with pytest.raises(Unreadable) as problem:
        read(made(), kind)
    assert says in str(problem.value)


@pytest.mark.slow
def test_a_page_with_a_stream_that_unpacks_to_a_gigabyte_does_the_worker_no_harm(read: Callable) -> None:
    import zlib

    packer = zlib.compressobj(9)
    stream = b"".join(packer.compress(b" " * 10_000_000) for _ in range(100)) + packer.flush()
    huge = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream)
    with pytest.raises(Unreadable):
        read(files.pdf(["We plan."], content=huge), "pdf")


def test_a_page_that_cannot_be_read_is_told_and_the_others_are_read(read: Callable) -> None:
    sound = files.pdf(["We plan."], ["We need."])
    at = sound.rindex(b"<< /Length ")
    broken = sound[:at] + re.sub(rb"<< /Length \d+", b"<< /Filter/Odd", sound[at:], count=1)
    assert broken != sound
    reading = read(broken, "pdf")
    assert [one.text for one in reading.passages] == ["We plan."]
    assert reading.bad == [BadLine(2, "this page of the PDF cannot be read")]
