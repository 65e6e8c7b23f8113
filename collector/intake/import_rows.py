"""One row of an import, read by its mapping: what would be kept of it, or why nothing is."""

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from collector import dates
from collector.database import now
from collector.intake.import_mapping import ROLES, Mapping, choices, letters, meaning_of, parts_of
from collector.organisations.directory import LONGEST_NAME
from collector.organisations.names import Match, Names, key_of

ADD, ALREADY, EMPTY, PROBLEM = "add", "already", "empty", "problem"
OUTCOMES = {
    ADD: "Will be added",
    ALREADY: "Added already",
    EMPTY: "Empty",
    PROBLEM: "Problem",
}
EARLIEST = date(1990, 1, 1)
# How many different values and names are shown to be looked at. A column with more is hardly what it is taken for.
MOST_VALUES = 80
MOST_UNSURE = 2_000


@dataclass(frozen=True)
class Text:
    question: str
    asks: str
    text: str


@dataclass
class Entry:
    """A row as it would be kept. `notes` say what is wrong with it, or what was left out of it."""

    number: int
    outcome: str = ADD
    notes: list[str] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    content_hash: str = ""
    reference: str = ""
    organisation: str = ""
    organisation_id: int | None = None  # None with a name: a new one
    person: str = ""
    kind: str = ""
    areas: list[str] = field(default_factory=list)
    concern: str | None = None
    day: date | None = None
    permission: str = "do-not-publish"

    @property
    def organisation_key(self) -> str:
        return key_of(self.organisation)

    def refuse(self, note: str) -> None:
        self.outcome = PROBLEM
        self.notes.append(note)

    def already(self, note: str) -> None:
        self.outcome = ALREADY
        self.notes.append(note)


class Reader:
    """Reads rows one after the other, and gathers what a person has to be asked about values and names."""

    def __init__(self, mapping: Mapping, headings: list[str], names: Names, *, from_1904: bool = False) -> None:
        self.mapping, self.headings, self.names, self.from_1904 = mapping, headings, names, from_1904
        self.one = {role: mapping.only(role) for role in ROLES if role}
        self.values: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.matches: dict[str, Match] = {}
        self.unsure: Counter[str] = Counter()
        self.written: dict[str, str] = {}  # key of a name -> as it was first written
        self.hashes: dict[str, int] = {}
        self.references: dict[str, int] = {}

    def read(self, number: int, cells: list[str], faults: dict[str, str]) -> Entry:
        entry = Entry(number, content_hash=self.hash_of(cells))
        self.told_faults(entry, cells, faults)
        self.read_texts(entry, cells)
        if not entry.texts and entry.outcome == ADD:
            entry.outcome = EMPTY
            return entry
        self.read_respondent(entry, cells)
        self.read_day(entry, cells)
        self.read_chosen(entry, cells)
        self.check_twice(entry)
        return entry

    def hash_of(self, cells: list[str]) -> str:
        """Of the row with the headings it stands under, so that the same row is known again in another file."""
        return sha256(json.dumps([self.headings, cells]).encode()).hexdigest()

    def cell(self, role: str, cells: list[str]) -> str:
        at = self.one[role]
        return cells[at] if at is not None and at < len(cells) else ""

    def place(self, role: str) -> str:
        at = self.one[role]
        return self.column(at) if at is not None else ROLES[role]

    def column(self, at: int) -> str:
        heading = self.headings[at].strip() if at < len(self.headings) else ""
        return f"Column {letters(at)}" + (f", “{shortened(heading)}”" if heading else "")

    def told_faults(self, entry: Entry, cells: list[str], faults: dict[str, str]) -> None:
        for at, fault in faults.items():
            if int(at) in self.mapping.columns:
                entry.refuse(f"{self.column(int(at))} {fault}")
        if len(cells) > len(self.headings):
            entry.refuse(
                f"The row has {len(cells)} cells and there are {len(self.headings)} headings:"
                " is a quotation mark or a separator out of place? Mend it in the file"
            )

    def read_texts(self, entry: Entry, cells: list[str]) -> None:
        for at in self.mapping.of_role("text"):
            text = cells[at] if at < len(cells) else ""
            if text.strip():
                column = self.mapping.columns[at]
                entry.texts.append(Text(column.question or self.headings[at].strip(), column.asks, text))

    def read_respondent(self, entry: Entry, cells: list[str]) -> None:
        entry.person = " ".join(self.cell("person", cells).split())
        entry.reference = self.cell("reference", cells).strip()
        entry.organisation = " ".join(self.cell("organisation", cells).split())
        if entry.organisation.casefold() in NO_ORGANISATION:
            entry.organisation = ""
        if not entry.organisation:
            return
        if len(entry.organisation) > LONGEST_NAME:
            entry.refuse(f"{self.place('organisation')}: a name has up to {LONGEST_NAME} characters")
            entry.organisation = ""
            return
        key = entry.organisation_key
        self.written.setdefault(key, entry.organisation)
        said = self.mapping.organisations.get(key)
        if said == 0 or said in self.names.names:
            entry.organisation_id = said or None
            return
        match = self.matches.get(key)
        if match is None:
            match = self.matches[key] = self.names.match(entry.organisation)
        entry.organisation_id = match.organisation_id
        if match.candidates:
            self.unsure[key] += 1
            entry.refuse(f"{self.place('organisation')}: say which organisation “{entry.organisation}” is")

    def read_day(self, entry: Entry, cells: list[str]) -> None:
        text = self.cell("date", cells).strip()
        if not text:
            entry.day = date.fromisoformat(self.mapping.day) if self.mapping.day else None
            return
        entry.day = day_of(text, from_1904=self.from_1904)
        if entry.day is None:
            entry.refuse(f"{self.place('date')}: “{shortened(text)}” is no day. Write it as 31/03/2022 or 2022-03-31")
        elif not EARLIEST <= entry.day <= now().date() + timedelta(days=1):
            entry.refuse(f"{self.place('date')}: {dates.in_words(entry.day)} cannot be when this was said")

    def read_chosen(self, entry: Entry, cells: list[str]) -> None:
        entry.permission = self.mapping.permission
        if self.one["permission"] is not None:
            chosen = self.meanings("permission", self.cell("permission", cells), entry)
            # Silence is no leave, and what is not understood is none either.
            entry.permission = chosen[0] if chosen else "do-not-publish"
        for at in self.mapping.of_role("area"):
            entry.areas += self.meanings("area", cells[at] if at < len(cells) else "", entry)
        entry.areas = list(dict.fromkeys(entry.areas))
        entry.kind = next(iter(self.meanings("kind", self.cell("kind", cells), entry)), "")
        concerns = self.meanings("concern", self.cell("concern", cells), entry)
        entry.concern = concerns[0] if len(set(concerns)) == 1 else None

    def meanings(self, role: str, text: str, entry: Entry) -> list[str]:
        found, otherwise = [], "is not plain, so do not publish" if role == "permission" else "is left out"
        for value in parts_of(role, text):
            self.values[role][value] += 1
            said = self.mapping.values.get(role, {}).get(value)
            meaning = meaning_of(role, value) if said is None else said
            if meaning in choices(role):
                found.append(meaning)
            elif said is None:
                entry.notes.append(f"{ROLES[role]}: “{shortened(value)}” {otherwise}")
        return found

    def check_twice(self, entry: Entry) -> None:
        before = self.hashes.setdefault(entry.content_hash, entry.number)
        if before != entry.number:
            if entry.outcome == ADD:
                entry.already(f"The same as row {before} of this file")
            return
        if not entry.reference:
            return
        before = self.references.setdefault(entry.reference, entry.number)
        if before != entry.number:
            entry.refuse(f"{self.place('reference')}: row {before} has the same, with other words")

    def found(self) -> dict[str, Any]:
        """What a person is to be shown after the check: the values of the columns, and the names that are not sure."""
        unsure = [
            {
                "key": key,
                "name": self.written[key],
                "rows": rows,
                "candidates": [[one.organisation_id, one.name, one.score] for one in self.matches[key].candidates],
            }
            for key, rows in self.unsure.most_common(MOST_UNSURE)
        ]
        return {
            "values": {role: counted.most_common(MOST_VALUES) for role, counted in self.values.items()},
            "unsure": unsure,
        }


def shortened(text: str) -> str:
    return text if len(text) < 60 else text[:58] + "…"


NO_ORGANISATION = {"n/a", "na", "none", "-", "not applicable", "individual", "no", "nil"}


# -- Days -------------------------------------------------------------------------------------------

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
BRITISH = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?:,? .*)?")
NAMED = re.compile(r"(?:\w+,? )?(\d{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4}|\d{2})(?:,? .*)?")
# Excel keeps a day as its number since the end of 1899; those of 1990 to 2099 are taken for one.
SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
SERIAL_ZERO, SERIALS = date(1899, 12, 30), range(32_874, 73_051)
DAYS_TO_1904 = 1_462  # what workbooks of old Macintosh computers count from


def day_of(text: str, *, from_1904: bool = False) -> date | None:
    """The day that is meant, the day before the month as in Britain; a time after it does not count."""
    if serial := SERIAL.fullmatch(text):
        number = int(serial[1]) + (DAYS_TO_1904 if from_1904 else 0)
        return SERIAL_ZERO + timedelta(days=number) if number in SERIALS else None
    if found := ISO.fullmatch(text):
        return made(found[1], found[2], found[3])
    if found := BRITISH.fullmatch(text):
        return made(found[3], found[2], found[1])
    if (found := NAMED.fullmatch(text)) and found[2][:3].lower() in MONTHS:
        return made(found[3], str(MONTHS.index(found[2][:3].lower()) + 1), found[1])
    return None


def made(year: str, month: str, day: str) -> date | None:
    full = int(year) + (2000 if len(year) == 2 else 0)
    try:
        return datetime(full, int(month), int(day)).date()
    except ValueError:
        return None
