"""What each column of an imported spreadsheet holds: what a person says it is, and what its heading suggests first."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from collector.frameworks import plan
from collector.organisations import directory

# What a column may be. At most one column may be each of ONCE.
ROLES = {
    "": "Leave out",
    "text": "Answer in words",
    "organisation": "Organisation of the respondent",
    "person": "Name of a person",
    "area": "Council area",
    "kind": "Kind of organisation",
    "concern": "Priority area",
    "date": "Date",
    "reference": "Reference or ID",
    "permission": "Permission to publish",
}
ONCE = ("organisation", "person", "kind", "concern", "date", "reference", "permission")
# Those whose cells hold one of a few known values.
CHOSEN = ("permission", "area", "kind", "concern")

ASKS = {
    "": "Nothing in particular",
    "doing": "What is being done",
    "plans": "What is planned",
    "barriers": "What gets in the way",
    "needs": "What help is needed",
    "offers": "What can be offered",
    "voice": "What children and families say",
}

PERMISSIONS = {
    "with-name": "Publish with name",
    "without-name": "Publish without name",
    "do-not-publish": "Do not publish",
}


@dataclass(frozen=True)
class Column:
    """What one column is taken for; `question` and `asks` belong to answers in words."""

    role: str = ""
    question: str = ""
    asks: str = ""

    @classmethod
    def from_record(cls, record: dict[str, str]) -> "Column":
        return cls(record["role"], record.get("question", ""), record.get("asks", ""))

    def as_record(self) -> dict[str, str]:
        return {"role": self.role, "question": self.question, "asks": self.asks}


@dataclass(frozen=True)
class Mapping:
    """How a row is read. `values` and `organisations` hold what a person said of single values and names."""

    title: str = ""
    day: str = ""  # ISO 8601; of all rows, where no column says it
    permission: str = "do-not-publish"  # of all rows, where no column says it
    columns: dict[int, Column] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)  # role -> value -> id
    organisations: dict[str, int] = field(default_factory=dict)  # key of a name -> id, 0 for a new one

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Mapping":
        columns = {int(at): Column.from_record(one) for at, one in record.get("columns", {}).items()}
        simple = {
            name: record[name] for name in ("title", "day", "permission", "values", "organisations") if name in record
        }
        return cls(**simple, columns=columns)

    def as_record(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "day": self.day,
            "permission": self.permission,
            "columns": {str(at): column.as_record() for at, column in self.columns.items()},
            "values": self.values,
            "organisations": self.organisations,
        }

    def of_role(self, role: str) -> list[int]:
        return [at for at, column in sorted(self.columns.items()) if column.role == role]

    def only(self, role: str) -> int | None:
        return next(iter(self.of_role(role)), None)


def problems_of(mapping: Mapping) -> list[str]:
    """What keeps the mapping from being used, in words."""
    told = []
    if not mapping.of_role("text"):
        told.append("Say which columns are answers in words: there is none yet")
    for role in ONCE:
        at = mapping.of_role(role)
        if len(at) > 1:
            letters_ = " and ".join(letters(one) for one in at)
            told.append(f"Choose one column as “{ROLES[role]}”: columns {letters_} are each that now")
    return told


def letters(at: int) -> str:
    """A column as spreadsheet programs name it: 0 is A, 26 is AA."""
    name, number = "", at + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


# -- What the columns are, seen from their cells ----------------------------------------------------

SAMPLES, LONGEST_SAMPLE = 3, 120


class Seen:
    """What is gathered of one column while the rows go by."""

    def __init__(self, heading: str) -> None:
        self.heading, self.filled, self.longest, self.samples = heading, 0, 0, []
        self.flags = True  # nothing but 0 and 1

    def take(self, text: str) -> None:
        bare = text.strip()
        if not bare:
            return
        self.filled += 1
        self.longest = max(self.longest, len(bare))
        self.flags = self.flags and bare.casefold() in FLAGS
        shown = bare if len(bare) <= LONGEST_SAMPLE else bare[:LONGEST_SAMPLE].rstrip() + "…"
        if len(self.samples) < SAMPLES and shown not in self.samples:
            self.samples.append(shown)

    def as_record(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("heading", "filled", "longest", "samples")}
        return {**shown, "flags": self.flags and self.filled > 0}


FLAGS = {"0", "1", "true", "false"}


def heading_row_of(first: Sequence[tuple[int, list[str]]]) -> int:
    """The number of the first row about as full as the fullest: what stands above it is a title. 0 without rows."""
    filled = [(number, sum(bool(cell.strip()) for cell in cells)) for number, cells in first]
    fullest = max((count for _, count in filled), default=0)
    return next((number for number, count in filled if count * 2 >= fullest), 0)


# -- What headings suggest ---------------------------------------------------------------------------

# KoboToolbox adds these to what a form asks (kpi, `kobo/apps/.../tests/test_mock_data_exports.py`: "start", "end", ...,
# "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by", "__version__",
# "_tags", "_index"); a group's name stands before a question's with "/", and a question with several choices has a
# column of its own besides one of 0 and 1 for each choice (support.kobotoolbox.org/export_download.html).
KOBO = {"_id", "_uuid", "_submission_time", "_validation_status", "_index"}
# ODK Central's CSV (docs.getodk.org/central-submissions): SubmissionDate first; at the end KEY, SubmitterID and so on.
ODK = {"submissiondate", "key", "submitterid", "submittername", "reviewstate", "formversion"}
SYSTEM = {
    *("start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "audit"),
    *("_id", "_validation_status", "_notes", "_status", "_submitted_by", "__version__", "_tags", "_index"),
    *("_parent_table_name", "_parent_index", "_attachments", "_geolocation", "meta/instanceid", "meta/instancename"),
    *("meta/rootuuid", "meta/deprecatedid", "formhub/uuid", "_xform_id_string", "submitterid", "submittername"),
    *("attachmentspresent", "attachmentsexpected", "status", "reviewstate", "edits", "formversion", "meta-instanceid"),
}
# Citizen Space heads a column with the question's words and its "reporting field heading"
# (help.delib.net/article/467-the-reporting-field-heading); each response has an ID such as ANON-7F4K-9MPR-2.
CITIZEN_SPACE = {"response id", "responseid", "unique response id"}


def layout_of(headings: Iterable[str]) -> str:
    """The service that this is an export of, as far as its headings tell."""
    heads = {heading.strip().casefold() for heading in headings}
    if len(heads & KOBO) >= 3:
        return "KoboToolbox"
    if "key" in heads and len(heads & ODK) >= 3:
        return "ODK Central"
    dated = any(re.search(r"\bsubmi(tted|ssion)\b", head) for head in heads)
    return "Citizen Space" if heads & CITIZEN_SPACE and dated else ""


# The first that fits a heading says what its column is. Those with "" are left out: what they hold is nobody's business
# here, such as addresses.
HEADINGS: tuple[tuple[str, str], ...] = (
    (
        r"^(_uuid|key|response ?id|unique response id|(anonymous|respondent) id|id|ref(erence( number| no\.?)?)?)$",
        "reference",
    ),
    (r"^(_submission_time|submissiondate|submission date|date|timestamp)$", "date"),
    (r"^((date|time) )?(submitted|completed|received)( (on|at|date))?$|^date of (response|submission)$", "date"),
    (r"e-?mail|phone|telephone|post ?code|address|\bip\b|user ?agent|browser|latitude|longitude", ""),
    (r"publish|publication|consent to (share|quote)", "permission"),
    (r"(type|kind|sector) of organi[sz]ation|organi[sz]ation('s)? (type|kind|sector)|^sector$", "kind"),
    (r"organi[sz]ation|^(group|charity|agency|employer) ?(name)?$", "organisation"),
    (r"^(council|local authority|(council |local authority )?areas?|region|location)$", "area"),
    (r"which (council|local authority|area)", "area"),
    (r"^priority area|^(theme|topic|priority)$", "concern"),
    (r"^((your |full |first |last |sur)?names?|what is your (full )?name\??|respondent|contact( name)?)$", "person"),
)
ASKED: tuple[tuple[str, str], ...] = (
    (r"in the way|barrier|challeng|obstacle|prevent|difficult|stop(s|ped)? you", "barriers"),
    (r"\b(offer|share with others|can you (give|provide)|help others)\b", "offers"),
    (r"\b(need|support would|help (do|would) you|what would help)\b", "needs"),
    (r"\b(plan|plans|planned|planning to|intend|next (year|steps)|will you|going to)\b", "plans"),
    (r"children.*(say|said|tell|told|views|voice)|\bvoice|listen", "voice"),
    (r"\b(doing|currently|already|done|work under way|what has|working well|progress)\b", "doing"),
)
# From so many characters on, an answer is one in words; where the heading asks for words, a few will do.
WORDS_FROM, SHORT_WORDS_FROM = 60, 16


def suggested(columns: Sequence[dict[str, Any]], layout: str) -> dict[int, Column]:
    """What the columns are likely to be. A person looks at all of it."""
    found: dict[int, Column] = {}
    taken: set[str] = set()
    whole = {column["heading"].strip() for column in columns}
    for at, column in enumerate(columns):
        role = role_of(column, layout, whole)
        if role in ONCE and role in taken:
            role = ""
        taken.add(role)
        if role:
            question = question_of(column["heading"]) if role == "text" else ""
            found[at] = Column(role, question, asks_of(question) if role == "text" else "")
    return found


def role_of(column: dict[str, Any], layout: str, headings: set[str]) -> str:
    heading = column["heading"].strip()
    low = heading.casefold()
    if not column["filled"] or (layout and low in SYSTEM):
        return ""
    # A choice of a question with several: the question has a column of its own.
    if "/" in heading and column["flags"] and heading.rpartition("/")[0] in headings:
        return ""
    # Within a group the last part is the question; Citizen Space has its own short heading after a dash.
    names = [low, low.rpartition("/")[2], *low.split(" - ")]
    for pattern, role in HEADINGS:
        if column["longest"] < 200 and any(re.search(pattern, name) for name in names):
            return role
    asked = asks_of(question_of(heading)) and column["longest"] >= SHORT_WORDS_FROM
    return "text" if asked or column["longest"] >= WORDS_FROM else ""


def question_of(heading: str) -> str:
    """The words of a question as they stand in a heading; of a name like `group/what_helps` the words within it."""
    words = heading.strip()
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)*", words) and ("_" in words or "/" in words):
        words = words.rpartition("/")[2].replace("_", " ").strip().capitalize()
    return words


def asks_of(question: str) -> str:
    low = question.casefold()
    return next((asks for pattern, asks in ASKED if re.search(pattern, low)), "")


# -- What single values stand for -------------------------------------------------------------------


def choices(role: str) -> dict[str, str]:
    """What a value of this role may stand for, by id."""
    known: dict[str, Callable[[], dict[str, str]]] = {
        "permission": lambda: PERMISSIONS,
        "kind": lambda: directory.KIND_WORDS,
        "area": directory.area_names,
        "concern": lambda: {area.id: area.title for area in plan.current().priority_areas},
    }
    return known[role]()


def parts_of(role: str, text: str) -> list[str]:
    """The values in one cell: areas may be several, and Kobo parts the names of choices by spaces."""
    whole = " ".join(text.split())
    if not whole or role not in ("area", "concern") or meaning_of(role, whole):
        return [whole] if whole else []
    parts = [part.strip() for part in re.split(r"[;|\n]|,(?! and )", text) if part.strip()]
    names = text.split()
    if len(parts) == 1 and len(names) > 1 and all(name in choices(role) for name in names):
        return names
    return [" ".join(part.split()) for part in parts]


def meaning_of(role: str, value: str) -> str:
    """The id that a value most plainly stands for; empty where that is not plain."""
    return meanings(role).get(plain(value)) or (permission_of(value) if role == "permission" else "")


@cache
def meanings(role: str) -> dict[str, str]:
    found = {}
    for id, title in choices(role).items():
        found |= {plain(id): id, plain(title): id}
        if role == "area":
            found |= {plain(f"{title} council"): id, plain(title.replace("City of ", "").replace(" City", "")): id}
    return found | {plain(value): id for value, id in MEANINGS.get(role, {}).items()}


def plain(value: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", value.casefold().replace("&", " and ")))


MEANINGS = {
    "area": {"national": "scotland", "scotland": "scotland", "scotland wide": "scotland", "all": "scotland"},
    "kind": {
        "council": "local_authority",
        "health board, or health and social care partnership": "health_board",
        "charity, community group or social enterprise": "third_sector",
        "national public body": "national_body",
        "partnership of several organisations": "partnership",
        "another kind": "other",
        "nhs": "health_board",
        "health": "health_board",
        "health and social care partnership": "health_board",
        "third sector": "third_sector",
        "charity": "third_sector",
        "voluntary": "third_sector",
        "voluntary organisation": "third_sector",
        "public body": "national_body",
        "other": "other",
    },
}


def permission_of(value: str) -> str:
    """The respondent information form's words, and plain no; a bare yes does not say whether with the name."""
    low = plain(value)
    if re.search(r"\b(do not|don t|dont|not to be|no)\b.*\bpublish|^no$|\bnot publish", low):
        return "do-not-publish"
    if "publish" in low and re.search(r"without (my |the |our )?name|only|anonym", low):
        return "without-name"
    return "with-name" if "publish" in low and re.search(r"\bwith (my |the |our )?name", low) else ""
