"""Files of figures that others published: one is read and looked at before its figures are kept, a newer one takes its
place as a new edition, and a statistic can be taken out.

`statistics` has what pages show of them.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from unicodedata import category
from urllib.parse import urlsplit

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from collector.database import batches, free, insert_all, now, one_at_a_time
from collector.intake import file_names, rounds, spreadsheets
from collector.leases import Claim, Leases
from collector.profiles import statistic_reading, statistics, values
from collector.profiles.periods import Period
from collector.profiles.statistic_models import (
    Statistic,
    StatisticChange,
    StatisticEdition,
    StatisticFigure,
    StatisticFile,
)
from collector.profiles.statistics import WHAT, Facts

LONGEST, LONGEST_NOTE = 200, 2_000
EARLIEST = date(1900, 1, 1)
# A file that was read and neither kept nor forgotten goes after so long.
KEPT_FOR = timedelta(days=28)
WORK = "statistics"  # that one does at a time

leases = Leases(StatisticEdition, "file of figures", work="The reading")


class CannotKeep(ValueError):
    """What was asked cannot be done now; the message says why in words for the person who asked."""


REQUIRED = {
    "title": "Say what the figures are, such as “Children who are cared for at home”",
    "publisher": "Say who published the figures, such as “Scottish Government”",
    "source": "Say what the publication is called",
}
NAMES = {"title": "the title", "publisher": "the publisher", "source": "the publication", "of": "what is counted"}


def facts_of(said: dict[str, str]) -> tuple[Facts, dict[str, str]]:
    """The facts, and by field what is wrong with them; what was typed is in the facts all the same."""
    typed = {name: said.get(name, "") for name in Facts.__dataclass_fields__}
    plain = {name: one_line(text) for name, text in typed.items() if name != "note"}
    facts = Facts(**{**plain, "note": "".join(one for one in typed["note"] if printable(one)).strip()})
    return facts, problems_of(facts)


def one_line(text: str) -> str:
    return " ".join("".join(one if printable(one) else " " for one in text).split())


def printable(character: str) -> bool:
    return character == "\n" or category(character) not in ("Cc", "Cs")


def problems_of(facts: Facts) -> dict[str, str]:
    told = {name: words for name, words in REQUIRED.items() if not getattr(facts, name)}
    for name, words in NAMES.items():
        if len(getattr(facts, name)) > LONGEST:
            told[name] = f"Shorten {words} by {len(getattr(facts, name)) - LONGEST} characters"
    if facts.what not in WHAT:
        told["what"] = "Choose what the figures are"
    if facts.unit not in values.UNITS:
        told["unit"] = "Choose the unit of the figures"
    elif facts.unit == "rate" and not facts.of:
        told["of"] = "Say what the rate is out of, such as “per 1,000 children”"
    if facts.address and not is_address(facts.address):
        told["address"] = "Write the whole address of the publication, beginning with https://, or leave it empty"
    if wrong := date_fault(facts.published_on):
        told["published_on"] = wrong
    if len(facts.note) > LONGEST_NOTE:
        told["note"] = f"Shorten the note by {len(facts.note) - LONGEST_NOTE} characters"
    return told


def is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in parts.netloc and len(text) <= 1_000 and " " not in text


def date_fault(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return "Enter the day on which the figures were published, like 31 3 2026"
    if day > rounds.local_date():
        return "Enter the day on which the figures were published, which cannot be later than today"
    return "Enter the day on which the figures were published, with the year in four figures" if day < EARLIEST else ""


# -- A file, before anything of it is kept ------------------------------------------------------------


def begin(
    session: Session,
    facts: Facts,
    *,
    file_name: str,
    content: bytes,
    staff_id: int | None,
    statistic_id: int | None = None,
) -> int:
    """Have a file read; returns the number of its edition-to-be. The caller commits.

    `statistic_id`: it is a newer edition of that one.
    """
    check_title(session, facts, statistic_id)
    check_file(content)
    edition = StatisticEdition(
        statistic_id=statistic_id,
        made_by=staff_id,
        file_name=file_names.plain(file_name),
        file_hash=sha256(content).hexdigest(),
        **columns_of(facts),
    )
    session.add(edition)
    session.flush()
    session.add(StatisticFile(edition_id=edition.id, content=content))
    session.flush()
    return edition.id


def check_file(content: bytes) -> None:
    """CannotKeep where it is seen from outside that the file is no spreadsheet."""
    if fault := spreadsheets.fault_of(content):
        raise CannotKeep(fault)


def columns_of(facts: Facts) -> dict[str, Any]:
    told = {"title": facts.title, "title_key": facts.title_key, "what": facts.what, "unit": facts.shown_as}
    return told | {"published_on": date.fromisoformat(facts.published_on), "facts": asdict(facts)}


def check_title(session: Session, facts: Facts, statistic_id: int | None) -> None:
    held = statistics.titled(session, facts.title)
    if held is not None and held != statistic_id:
        raise SameTitle(held)


class SameTitle(CannotKeep):
    """There is a statistic of this title, which the number tells."""

    def __init__(self, statistic_id: int) -> None:
        super().__init__(
            "There is a statistic of this title. Import the file as its newer edition, or change the title"
        )
        self.statistic_id = statistic_id


def opened(session: Session, edition_id: int) -> StatisticEdition:
    """An edition-to-be, held until the commit; CannotKeep where it is one by now, or is gone."""
    found = session.exec(select(StatisticEdition).where(StatisticEdition.id == edition_id).with_for_update()).first()
    if found is None or found.kept_at:
        raise CannotKeep("This file was kept or deleted meanwhile")
    return found


def change(session: Session, edition_id: int, facts: Facts, *, file_name: str = "", content: bytes = b"") -> None:
    """Say something else of a file, or choose another one; it is read again."""
    found = opened(session, edition_id)
    check_title(session, facts, found.statistic_id)
    for name, value in columns_of(facts).items():
        setattr(found, name, value)
    if content:
        check_file(content)
        found.file_name, found.file_hash, found.sheet = file_names.plain(file_name), sha256(content).hexdigest(), ""
        session.get_one(StatisticFile, edition_id).content = content
    read_again(session, found)


def choose_sheet(session: Session, edition_id: int, sheet: str) -> None:
    found = opened(session, edition_id)
    if sheet in [name for name, _ in found.found.get("sheets", [])]:
        found.sheet = sheet
    read_again(session, found)


def read_again(session: Session, edition: StatisticEdition) -> None:
    """Also of one whose reading failed. What a reader still does is worth nothing: its claim is lost."""
    edition.state, edition.attempts, edition.reason = "waiting", 0, ""
    edition.lease_until, edition.finished_at, edition.woken_at = None, None, now()
    session.flush()


def forget(session: Session, edition_id: int) -> None:
    """Delete a file that is not kept, with what was read of it."""
    session.delete(opened(session, edition_id))
    session.flush()


def forget_abandoned(session: Session) -> None:
    old = select(StatisticEdition.id).where(
        col(StatisticEdition.kept_at).is_(None), StatisticEdition.woken_at < now() - KEPT_FOR
    )
    for edition_id in free(session, old.order_by(col(StatisticEdition.id)).limit(20)):
        forget(session, edition_id)


def open_files(session: Session) -> list[StatisticEdition]:
    """What was begun and is neither kept nor forgotten, newest first."""
    chosen = select(StatisticEdition).where(col(StatisticEdition.kept_at).is_(None))
    return list(session.exec(chosen.order_by(col(StatisticEdition.id).desc()).limit(50)))


# -- What the worker read ---------------------------------------------------------------------------


def finish_reading(session: Session, claim: Claim, book: dict[str, Any], read: statistic_reading.Read) -> None:
    """Keep what was read to be looked at. The caller commits."""
    found = {"sheets": book["sheets"], "sheet": book["sheet"], "read_as": book["read_as"], **read.told()}
    found["against"] = against(session, leases.row(session, claim).statistic_id, read.figures)
    ending = {"state": "refused", "reason": read.refused} if read.refused else {}
    if leases.finish(session, claim, found=found, sheet=book["sheet"], decimals=read.decimals, **ending):
        clear_figures(session, claim.id)
        for batch in batches(read.figures):
            insert_all(session, StatisticFigure, [row_of(claim.id, one) for one in batch])


def refuse(session: Session, claim: Claim, reason: str) -> None:
    """The file cannot be read at all."""
    if leases.finish(session, claim, state="refused", reason=reason, found={}):
        clear_figures(session, claim.id)


def clear_figures(session: Session, edition_id: int) -> None:
    session.exec(delete(StatisticFigure).where(col(StatisticFigure.edition_id) == edition_id))


def row_of(edition_id: int, figure: statistic_reading.Figure) -> dict[str, Any]:
    return {
        "edition_id": edition_id,
        "row": figure.row,
        "place": figure.place,
        "area": figure.area,
        "organisation_id": figure.organisation_id,
        "named": figure.named[:LONGEST],
        "begins": figure.period.begins,
        "ends": figure.period.ends,
        "value": figure.value.number,
        "missing": figure.value.missing,
        "marks": figure.value.marks,
    }


def against(session: Session, statistic_id: int | None, figures: Iterable[statistic_reading.Figure]) -> dict[str, Any]:
    """How many figures are the same, changed, new or gone beside the edition in use; empty where there is none."""
    current = statistics.edition_in_use(session, statistic_id) if statistic_id else None
    if current is None:
        return {}
    rows = session.exec(select(StatisticFigure).where(StatisticFigure.edition_id == current.id))
    before = {(one.place, Period(one.ends, one.begins)): (one.value, one.missing) for one in rows}
    after = {(one.place, one.period): (one.value.number, one.value.missing) for one in figures}
    both = before.keys() & after.keys()
    same = sum(before[key] == after[key] for key in both)
    told = {"same": same, "changed": len(both) - same, "new": len(after) - len(both), "gone": len(before) - len(both)}
    return {"number": current.number, **told}


# -- Keeping ------------------------------------------------------------------------------------------


def keep(session: Session, edition_id: int, *, staff_id: int | None, seen: str, leave_out: bool = False) -> int:
    """Keep what was looked at; returns the statistic. What is kept already stays as it is.

    `seen` is the stamp of what the person looked at: what was read or kept since is not kept unseen. To be called first
    in a transaction, which the caller commits.
    """
    one_at_a_time(session, WORK)
    # Held, so that nobody has it read again meanwhile.
    held = select(StatisticEdition).where(StatisticEdition.id == edition_id).with_for_update()
    found = session.exec(held.execution_options(populate_existing=True)).first()
    if found is not None and found.kept_at:
        return found.statistic_id
    check_keeping(session, found, seen=seen, leave_out=leave_out)
    put_in_use(session, found)
    note(session, found.statistic_id, "kept", staff_id=staff_id, edition=found.number)
    session.flush()
    return found.statistic_id


def check_keeping(session: Session, found: StatisticEdition | None, *, seen: str, leave_out: bool) -> None:
    if found is None:
        raise CannotKeep("This file was deleted meanwhile. Choose it again")
    if found.state != "done" or stamp_of(session, found) != seen:
        raise CannotKeep("The file was read again, or a newer edition kept, since you looked at it. Look at it again")
    check_title(session, statistics.facts_held(found), found.statistic_id)
    if not found.found["figures"]:
        raise CannotKeep("There is no figure to keep. Mend the file and choose it again")
    if found.found["problem_count"] and not leave_out:
        raise CannotKeep("Say that what was not understood is left out, or mend the file and choose it again")


def stamp_of(session: Session, edition: StatisticEdition) -> str:
    """What a person looked at: this reading, beside this edition in use."""
    current = statistics.edition_in_use(session, edition.statistic_id) if edition.statistic_id else None
    read_at = edition.finished_at.isoformat() if edition.finished_at else ""
    return f"{read_at} {current.number if current else 0}"


def put_in_use(session: Session, edition: StatisticEdition) -> None:
    """As the newest of its statistic, which is made where there is none. The bytes of its file go."""
    statistic = session.get(Statistic, edition.statistic_id) if edition.statistic_id else Statistic()
    session.add(statistic)
    session.flush()
    others = StatisticEdition.statistic_id == statistic.id
    last = session.exec(select(func.max(StatisticEdition.number)).where(others)).one() or 0
    session.exec(update(StatisticEdition).where(others).values(in_use=False))
    session.exec(delete(StatisticFile).where(col(StatisticFile.edition_id) == edition.id))
    edition.statistic_id, edition.number, edition.in_use, edition.kept_at = statistic.id, last + 1, True, now()


def note(session: Session, statistic_id: int, what: str, *, staff_id: int | None, edition: int | None = None) -> None:
    session.add(StatisticChange(statistic_id=statistic_id, what=what, edition=edition, staff_id=staff_id))


def take_out(session: Session, statistic_id: int, *, staff_id: int, why: str) -> bool:
    """Show it on no profile and in no list any more; False where that is so already. Its figures and editions stay."""
    out = update(Statistic).where(col(Statistic.id) == statistic_id, col(Statistic.taken_out_at).is_(None))
    if session.exec(out.values(taken_out_at=now())).rowcount != 1:
        return False
    session.add(StatisticChange(statistic_id=statistic_id, what="taken-out", why=why, staff_id=staff_id))
    return True


def put_back(session: Session, statistic_id: int, *, staff_id: int) -> bool:
    """Show it again; False where it is shown. CannotKeep where another one has its title by now."""
    one_at_a_time(session, WORK)
    edition = statistics.edition_in_use(session, statistic_id)
    check_title(session, statistics.facts_held(edition), statistic_id)
    back = update(Statistic).where(col(Statistic.id) == statistic_id, col(Statistic.taken_out_at).is_not(None))
    if session.exec(back.values(taken_out_at=None)).rowcount != 1:
        return False
    note(session, statistic_id, "put-back", staff_id=staff_id)
    return True
