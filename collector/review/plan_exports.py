"""A review of plans as tables: how far each plan answers each question, what is quoted, and needs without an action.

The same plans, words and numbers as on the page whose filters stand in the address.
"""

from collections.abc import Iterator
from typing import IO, Any

from sqlmodel import Session

from collector.accounts import staff
from collector.organisations import directory
from collector.review import export_files, plan_coverage, plan_shown
from collector.review.plan_coverage import Coverage
from collector.review.plan_sets import Plan
from collector.review.plan_shown import Wanted, url_of

FORMATS = {"csv": "CSV", "xlsx": "Excel"}
WHOSE = (
    ("plan", "Plan"),
    ("whose", "Whose"),
    ("areas", "Areas"),
    ("from", "From"),
    ("to", "To"),
    ("permission", "May be published"),
)
QUOTED = (("text", "What the plan says"), ("place", "Where"), ("statement", "Statement"))
TABLES = {
    "coverage": ("How far each plan answers each question", "A row for each plan and question."),
    "quotes": ("What the plans say", "A row for each statement that stands coded to a question."),
    "needs": (
        "Needs without an action",
        "A row for each statement that tells of a need on which the same plan says of no action or commitment.",
    ),
}
COLUMNS = {
    "coverage": (
        *WHOSE,
        ("question", "Question"),
        ("far", "How far"),
        ("by", "Says who"),
        ("proposed", "Proposed by the machine"),
        ("statements", "Statements"),
        ("passages", "In passages"),
        ("actions", "With who or by when"),
        ("unsure", "Unsure, not counted"),
        ("at", "Decided at"),
        ("why", "Why"),
    ),
    "quotes": (
        *WHOSE,
        ("question", "Question"),
        *QUOTED,
        ("state", "Coded as"),
        ("score", "Score of the machine"),
        ("counts", "Counts"),
        ("doing", "With who or by when"),
    ),
    "needs": (*WHOSE, *QUOTED, ("kinds", "Told as"), ("about", "On")),
}
Row = dict[str, Any]


def offered(review_id: int, wanted: Wanted) -> list[dict[str, Any]]:
    query = wanted.query(by="")
    return [
        {
            "title": title,
            "files": [
                {"word": word, "url": f"{url_of(review_id, 'files', f'{table}.{kind}')}?{query}".rstrip("?")}
                for kind, word in FORMATS.items()
            ],
        }
        for table, (title, _) in TABLES.items()
    ]


def made(session: Session, whole: Coverage, wanted: Wanted, table: str, kind: str, *, at: str) -> IO[bytes]:
    """A file, to be read from its start; it goes when it is closed."""
    some = plan_shown.narrowed(whole, wanted)
    rows = {"coverage": coverage, "quotes": quotes, "needs": needs}[table](session, some)
    return export_files.written(kind, COLUMNS[table], rows, about(whole, wanted, table, at))


def about(whole: Coverage, wanted: Wanted, table: str, at: str) -> dict[str, str]:
    title, words = TABLES[table]
    said = [f"{one['name']}: {one['value']}" for one in plan_shown.chosen(whole, wanted)]
    return {
        "What": f"{title}. {words}",
        "Review": whole.review.title,
        "Questions": whole.frame.title,
        "Filters": "; ".join(said) or "none: every plan of the review",
        "Made": at,
        "For": "staff alone. It holds words that may not be published: see the column",
        "Left out": "passages that are being coded blind; words that were redacted",
        "Joint plans": "stand once, with all their areas",
    }


def coverage(session: Session, some: Coverage) -> Iterator[Row]:
    names = staff.names(session)
    for one in some.plans:
        for cell in some.of_plan(one.source_id):
            decision = cell.decision
            yield {
                **of_plan(one),
                "question": plan_shown.title_of(some, cell.code),
                "far": plan_shown.PICKED[cell.how_far],
                "by": names[decision.staff_id] if decision else "the machine" if cell.known else "",
                "proposed": plan_coverage.WORDS.get(cell.proposed, ""),
                "statements": cell.found.statements,
                "passages": cell.found.passages,
                "actions": cell.found.actions,
                "unsure": cell.found.unsure,
                "at": decision.decided_at if decision else None,
                "why": decision.why if decision else "",
            }


def of_plan(one: Plan) -> Row:
    return {
        "plan": one.title,
        "whose": one.whose,
        "areas": ", ".join(map(directory.area_name, one.areas)),
        "from": one.starts_on.isoformat() if one.starts_on else "",
        "to": one.ends_on.isoformat() if one.ends_on else "",
        "permission": one.permission,
    }


def quotes(session: Session, some: Coverage) -> Iterator[Row]:
    plans = {one.source_id: of_plan(one) for one in some.plans}
    for code in some.questions:
        found = plan_coverage.quotes(session, list(plans), some.family, code.id)
        words = plan_shown.words_of(session, [one.statement_id for one in found])
        for one in found:
            told = words[one.statement_id]
            yield {
                **plans[one.source_id],
                "question": code.title,
                "text": told["text"],
                "place": told["place"],
                "statement": one.statement_id,
                "state": one.state,
                "score": one.score,
                "counts": "yes" if one.counts else "no",
                "doing": "yes" if one.doing else "no",
            }


def needs(session: Session, some: Coverage) -> Iterator[Row]:
    for plan in some.plans:
        found = plan_coverage.needs(session, plan.source_id, some.family, some.review.need_code)
        for one, told in zip(found, plan_shown.needs_shown(session, some, found), strict=True):
            yield {
                **of_plan(plan),
                "text": told["text"],
                "place": told["place"],
                "statement": one.statement_id,
                "kinds": ", ".join(told["kinds"]),
                "about": ", ".join(about["word"] for about in told["about"]),
            }
