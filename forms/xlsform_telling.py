"""Keeps what is told about a form: where each field stands, what is wrong, and what is left out."""

from collections.abc import Iterable, Iterator

from forms.definitions import Fault, FieldPath, Place
from forms.xlsform_workbook import Row

MOST_ROWS_NAMED = 5


class Telling:
    def __init__(self) -> None:
        self.places: dict[FieldPath, Place] = {}
        self.faults: list[Fault] = []
        self.left: dict[tuple[str, str, str], list[int]] = {}
        self.joined: dict[FieldPath, list[Place]] = {}  # texts that stand in several cells

    def at(self, path: FieldPath, row: Row, columns: dict[str, str], *, column: str = "type") -> None:
        """Keeps where the fields of the block at `path` stand; the block itself stands in `column`."""
        self.places[path] = row.place(column)
        for name, column in columns.items():
            self.places[*path, name] = row.place(column)

    def fault(self, place: Place, message: str) -> None:
        self.places[place] = place
        self.faults.append((place, message))

    def untold(self, faults: Iterable[Fault]) -> Iterator[Fault]:
        """The faults at places of which nothing is said yet."""
        told = {place for place, _ in self.faults}
        return (fault for fault in faults if self.places.get(fault[0]) not in told)

    def leave(self, place: Place, message: str) -> None:
        rows = self.left.setdefault((place.sheet, place.column, message), [])
        if place.line:
            rows.append(place.line)

    def leave_rest(self, row: Row, read: Iterable[str]) -> None:
        for column in row.cells:
            if column not in read:
                self.leave(row.place(column), "Left out: this column is not read here")

    def leave_words(self, row: Row, column: str, read: Iterable[str]) -> None:
        for word in row[column].split():
            if word not in read:
                self.leave(row.place(column), f"Left out: “{word}” changes nothing here")

    def references(self, row: Row, *columns: str) -> None:
        for column in columns:
            if "${" in row[column]:
                self.leave(row.place(column), "Shown as it stands: no answer is put in for ${…}")

    def renamed(self, row: Row, name: str) -> None:
        if row.word("name") != name:
            self.leave(row.place("name"), f"“{row.word('name')}” became “{name}”")

    def notes(self) -> Iterator[str]:
        """One a message, however many rows it is about."""
        for (sheet, column, message), rows in self.left.items():
            parts = (sheet, _rows(sorted(set(rows))), f"column {column}" if column else "")
            yield f"{', '.join(filter(None, parts))}: {message}"


def _rows(numbers: list[int]) -> str:
    if len(numbers) < 2:
        return f"row {numbers[0]}" if numbers else ""
    named = [str(number) for number in numbers[:MOST_ROWS_NAMED]]
    more = len(numbers) - len(named)
    last = f"{more} more" if more else named.pop()
    return f"rows {', '.join(named)} and {last}"
