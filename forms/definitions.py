"""Definitions read with the place of every field, so that a fault can be found by the person who wrote it."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

ID = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")

MOST_NESTED = 30  # lists and blocks, each in the one before; a questionnaire has nine

Id = Annotated[str, StringConstraints(pattern=f"^{ID.pattern}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
FieldPath = tuple[str | int, ...]
Fault = tuple[FieldPath, str]
Model = TypeVar("Model", bound=BaseModel)


class Shape(BaseModel):
    """What a block of a definition may hold. Fields are written with hyphens in the file: `max-length`."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.rstrip("_").replace("_", "-")
    )


class Place(NamedTuple):
    """Where something stands: at a line of a file; or in a row, and maybe a column, of a sheet. CSV has no sheet."""

    line: int | None
    sheet: str = ""
    column: str = ""

    def __str__(self) -> str:
        row = f"row {self.line}" if self.line else ""
        column = f"column {self.column}" if self.column else ""
        return ", ".join(part for part in (self.sheet, row, column) if part)


@dataclass(frozen=True)
class DefinitionProblem:
    """In a sheet, `line` is the row and `field` the column."""

    file: str
    line: int | None
    field: str
    message: str
    sheet: str = ""

    def __str__(self) -> str:
        if self.sheet:
            return f"{self.file}: {Place(self.line, self.sheet, self.field)}: {self.message}"
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.field, self.message) if part)


class DefinitionError(ValueError):
    """Everything that is wrong with a definition, in the order of its lines or, sheet by sheet, of its rows."""

    def __init__(self, problems: list[DefinitionProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Definition:
    """The plain content of a definition, and the place at which each of its fields stands."""

    file: str
    content: Any
    places: dict[FieldPath, Place] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def problem(self, path: FieldPath, message: str) -> DefinitionProblem:
        line, sheet, column = self._place(path)
        return DefinitionProblem(self.file, line, column if sheet or column else _written(path), message, sheet)

    def _place(self, path: FieldPath) -> Place:
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(None))


def read(path: Path) -> Definition:
    return read_content(str(path), path.read_bytes())


def read_content(file: str, content: bytes) -> Definition:
    """As `read`, of a file that came without a path; `file` is what faults call it."""
    try:
        text = content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        _refuse_what_no_definition_needs(text)
        root = yaml.CSafeLoader(text).get_single_node()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _unreadable(file, line, "Save the file as UTF-8: it holds bytes that are not") from error
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1  # libyaml counts bytes
        raise _unreadable(file, line, "Remove the control character: YAML does not allow it") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _unreadable(file, line, f"Mend the YAML: {error.problem}") from error
    return _Walk().definition(file, root)


def _refuse_what_no_definition_needs(text: str) -> None:
    """An alias may point at itself and never end; what is nested without end would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        opened = isinstance(event, yaml.CollectionStartEvent)
        depth += opened - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise _refused("write the text out, aliases are not read", event)
        if depth > MOST_NESTED:
            raise _refused(f"no more than {MOST_NESTED} lists and blocks may stand in each other", event)


def _refused(why: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.composer.ComposerError(None, None, why, event.start_mark)


def written(content: Any) -> str:
    """Plain content as YAML that `read` reads as the same content."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=112)


def check(
    model: type[Model], definition: Definition, rules: Callable[[Any], Iterable[Fault]] = lambda content: ()
) -> Model:
    """The definition as `model`; else DefinitionError with all faults of shape and all that `rules` find, at once."""
    faults = [*definition.faults, *rules(definition.content)]
    try:
        checked = model.model_validate(definition.content)
    except ValidationError as error:
        faults += _deepest([(_path(fault["loc"]), _message(fault)) for fault in error.errors()])
    if faults:
        problems = {definition.problem(*fault): None for fault in faults}
        raise DefinitionError(sorted(problems, key=lambda problem: (problem.sheet, problem.line or 0)))
    return checked


def items(content: Any, key: str, path: FieldPath = ()) -> Iterator[tuple[FieldPath, dict]]:
    """The blocks listed under `key`, with their paths. What has the wrong shape is passed over: `check` reports it."""
    listed = content.get(key) if isinstance(content, dict) else None
    for number, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, dict):
            yield (*path, key, number), item


def repeated_ids(entries: Iterable[tuple[FieldPath, dict]]) -> Iterator[Fault]:
    seen = set()
    for path, entry in entries:
        if isinstance(name := entry.get("id"), str):
            if name in seen:
                yield (*path, "id"), f"Choose another id: “{name}” is used already"
            seen.add(name)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        # The items of a list stand further in than its name, as in the files that people write.
        super().increase_indent(flow, False)


class _Walk:
    """Turns YAML nodes into plain content, noting lines and keys written twice on the way."""

    def __init__(self) -> None:
        self.places: dict[FieldPath, Place] = {(): Place(1)}
        self.faults: list[Fault] = []

    def definition(self, file: str, root: yaml.Node | None) -> Definition:
        content = self.plain(root, ()) if root else None
        return Definition(file, content, self.places, tuple(self.faults))

    def plain(self, node: yaml.Node, path: FieldPath) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.item(child, (*path, number)) for number, child in enumerate(node.value)]
        return _scalar(node)

    def item(self, node: yaml.Node, path: FieldPath) -> Any:
        self.places[path] = Place(node.start_mark.line + 1)
        return self.plain(node, path)

    def mapping(self, node: yaml.MappingNode, path: FieldPath) -> dict:
        content = {}
        for key, value in node.value:
            here = (*path, str(key.value))
            if here[-1] in content:
                line = self.places[here].line
                self.faults.append((here, f"Keep one of the two: line {line} has this field already"))
            self.places[here] = Place(key.start_mark.line + 1)
            content[here[-1]] = self.plain(value, here)
        return content


def _scalar(node: yaml.ScalarNode) -> Any:
    # Only these are anything but text: "no", "1.10" and "2021-03-31" stay as they were written.
    if node.tag == "tag:yaml.org,2002:int" and re.fullmatch(r"-?[0-9]{1,18}", node.value):
        return int(node.value)
    if node.tag == "tag:yaml.org,2002:bool" and node.value in ("true", "false"):
        return node.value == "true"
    return None if node.tag == "tag:yaml.org,2002:null" else node.value


def _unreadable(file: str, line: int, message: str) -> DefinitionError:
    return DefinitionError([DefinitionProblem(file, line, "", message)])


def _deepest(faults: list[Fault]) -> list[Fault]:
    # A list whose only item is faulty counts as empty too: the item is what to mend.
    paths = [path for path, _ in faults]
    above = {path for path in paths for other in paths if other != path and other[: len(path)] == path}
    return [(path, message) for path, message in faults if path not in above]


def _path(location: FieldPath) -> FieldPath:
    # The names of the shapes that a block can have are no part of the file; they are written "<page>".
    return tuple(part for part in location if not str(part).startswith("<"))


def _written(path: FieldPath) -> str:
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


_DATE = "Write a date here, like 2027-03-31"
_MESSAGES = {
    "missing": "Add this field: it is missing",
    "extra_forbidden": "Remove this field, or spell it as the schema does: it is unknown",
    "string_type": "Write text here; in quotes, if it looks like a number",
    "string_too_short": "Write something here: it is empty",
    "string_pattern_mismatch": "Write the id in small letters and digits, joined by hyphens, starting with a letter",
    "int_type": "Write a whole number here",
    "bool_type": "Write true or false here",
    "tuple_type": "Write a list here",
    "model_type": "Write a block of fields here",
    "model_attributes_type": "Write a block of fields here",
    "literal_error": "Choose one of {expected}",
    "string_too_long": "Shorten this to {max_length} characters or fewer",
    "too_short": "List at least one",
    "too_long": "List no more than {max_length}: there are {actual_length}",
    "greater_than": "Write a number greater than {gt}",
    "greater_than_equal": "Write a number from {ge} on",
    "less_than_equal": "Write a number up to {le}",
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
}


def _message(fault: dict) -> str:
    return _MESSAGES.get(fault["type"], fault["msg"]).format(**fault.get("ctx", {}))
