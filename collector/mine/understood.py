"""My submission: what was taken from my words, in plain words, and what I say to that."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy import func
from sqlmodel import Session, col, select

from collector.database import Database
from collector.findings import holds, standing
from collector.findings.models import Reply, StandingLabel, Statement
from collector.frameworks import plan
from collector.intake import item_states, rounds
from collector.intake.models import Passage, Source, Submission
from collector.intake.receipts import state_of
from collector.mine.entry import named, shows_sensitive, submission_for
from collector.review import reading, replies
from collector.web.page import page as show
from collector.web.posted import Posted, first
from collector.web.turns import AT_ONCE, PageNumber, turn_of, turn_shown
from forms import speech, translations
from forms.questionnaire import Questionnaire
from forms.questions import Choice
from forms.speech import gettext, message

# What a kind of statement is to the person who made it.
READ_AS = {
    "activity": message("work that is going on, or has been done"),
    "commitment": message("something that somebody says they will do"),
    "barrier": message("something that gets in the way"),
    "support-needed": message("help that is asked for"),
    "offer": message("something that others could use or have"),
    "learning": message("what worked, or what did not"),
    "idea": message("an idea for what should change"),
}
ABOUT = {
    "priority_areas": message("Part of the plan"),
    "actions": message("Action in the plan"),
    "fundamentals": message("Principle it speaks to"),
    "barrier_themes": message("What is in the way"),
}
CHOICES = {"yes": message("Yes"), "no": message("Not quite")}
NOT_CHOSEN = message("Choose “Yes” or “Not quite”")


@dataclass
class Said:
    """A statement, and each thing that was read from it."""

    id: int
    start: int
    end: int
    text: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    reply: Reply | None = None


@get("/submissions/{reference:str}/understood", sync_to_thread=True)
def understood(
    request: Request, database: NamedDependency[Database], reference: FromPath[str], number: PageNumber = 1
) -> Template:
    with database.reading() as session:
        submission = submission_for(session, request, reference)
        told = (Source.submission_id == submission.id, col(Passage.retired_at).is_(None))
        counted = select(func.count()).select_from(Passage).join(Source, col(Source.id) == Passage.source_id)
        turn = turn_of(number, session.exec(counted.where(*told)).one())
        chosen = select(Passage, Source.title).join(Source, col(Source.id) == Passage.source_id).where(*told)
        # The answers first, then the files that came with them.
        in_order = (func.coalesce(Source.upload_id, 0), col(Passage.position))
        rows = session.exec(chosen.order_by(*in_order).offset(turn.offset).limit(AT_ONCE)).all()
        passages = [passage for passage, _ in rows]
        said = statements_of(session, submission.id, passages)
        state, sensitive = state_of(session, submission), shows_sensitive(session, submission)
        whole = replies.latest_of(session, submission.id).get(None)
        asked = labels_of(rounds.spoken(session, submission.questionnaire_id))
    lines = [line for these in said.values() for one in these for line in one.lines]
    used = {(line["family"], id) for line in lines for id in line["ids"]}
    return show(
        request,
        "mine/understood.html",
        submission=named(submission),
        sensitive=sensitive,
        state=state,
        passages=[passage_shown(passage, title, said[passage.id], asked) for passage, title in rows],
        words=[
            {"title": called(label.title), "summary": called(label.summary)}
            for family in ABOUT
            for label in plan.current().labels(family)
            if (family, label.id) in used
        ],
        whole=whole,
        pages=turn_shown(turn, request.url.path, {}),
    )


def statements_of(session: Session, submission_id: int, passages: list[Passage]) -> defaultdict[int, list[Said]]:
    """What stands of each passage, in the order of its text."""
    texts = {passage.id: passage.text for passage in passages}
    chosen = (
        select(Statement)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .where(col(Passage.id).in_(list(texts)), *standing.current())
        .order_by(col(Statement.start))
    )
    latest = replies.latest_of(session, submission_id)
    found: defaultdict[int, list[Said]] = defaultdict(list)
    rows = list(session.exec(chosen))
    lines = lines_of(session, [row.id for row in rows])
    for row in rows:
        text = texts[row.passage_id][row.start : row.end]
        found[row.passage_id].append(Said(row.id, row.start, row.end, text, lines[row.id], latest.get(row.id)))
    return found


def lines_of(session: Session, statement_ids: list[int]) -> defaultdict[int, list[dict[str, Any]]]:
    """What holds of each statement, a line for each kind and one for each family of labels."""
    held: defaultdict[int, list[StandingLabel]] = defaultdict(list)
    chosen = select(StandingLabel).where(col(StandingLabel.statement_id).in_(statement_ids), holds.shown_outside())
    for label in session.exec(chosen):
        held[label.statement_id].append(label)
    return defaultdict(list, {id: [*kind_lines(labels), *about_lines(labels)] for id, labels in held.items()})


def kind_lines(labels: list[StandingLabel]) -> list[dict[str, Any]]:
    return [
        {"family": "kinds", "ids": [label.label], "kind": kind_called(label.label), **checked([label])}
        for label in in_order("kinds", labels)
    ]


def kind_called(kind: str) -> str:
    """In our own words; a kind that staff added is called as the codebook calls it."""
    return gettext(READ_AS[kind]) if kind in READ_AS else plan.title("kinds", kind).lower()


def about_lines(labels: list[StandingLabel]) -> list[dict[str, Any]]:
    return [
        {
            "family": family,
            "ids": [label.label for label in these],
            "word": gettext(word),
            "titles": [called(plan.title(family, label.label)) for label in these],
            "asked": all(label.state == "asked" for label in these),
            **checked(these),
        }
        for family, word in ABOUT.items()
        if (these := in_order(family, labels))
    ]


def called(words: str) -> str:
    """What the plan says, in the words of whoever reads it."""
    return translations.called(plan.SLUG, words, speech.now_spoken())


def in_order(family: str, labels: list[StandingLabel]) -> list[StandingLabel]:
    """As the codebook has them; what it has no longer, and is being settled anew, last."""
    order = {label: place for place, label in enumerate(plan.by_id(family))}
    held = (one for one in labels if one.family == family)
    return sorted(held, key=lambda one: order.get(one.label, len(order)))


def checked(labels: list[StandingLabel]) -> dict[str, bool]:
    return {"checked": all(label.state in ("accepted", "added") for label in labels)}


def labels_of(questionnaire: Questionnaire) -> dict[str, str]:
    """Every question in the words of whoever reads it: a passage keeps the English ones."""
    asked = questionnaire.questions.values()
    labels = {one.id: one.label for question in asked for one in (question, *question.questions)}
    return {**labels, item_states.BECAME: gettext(item_states.WHAT_CAME)}


def passage_shown(passage: Passage, title: str, said: list[Said], asked: dict[str, str]) -> dict[str, Any]:
    """Under its question, or under the name of the file that it stands in."""
    return {
        "id": passage.id,
        "question": asked.get(passage.question_id or "", passage.question) or title,
        "section": called(plan.title("priority_areas", passage.concern)) if passage.concern else passage.place,
        "read": passage.analysed_by is not None,
        "settled": passage.superseded_by is not None,
        "foreign": passage.language not in reading.READ_LANGUAGES,
        "parts": list(parts(passage.text, said)),
    }


def parts(text: str, said: list[Said]) -> Iterator[dict[str, Any]]:
    """The statements and the words between them, so that none is left out; the marks of a list are none."""
    at = 0
    for one in said:
        yield from words_in(text[at : one.start])
        yield {"statement": one}
        at = one.end
    yield from words_in(text[at:])


def words_in(between: str) -> Iterator[dict[str, Any]]:
    if any(map(str.isalnum, between)):
        yield {"text": between.strip()}


@get("/submissions/{reference:str}/understood/{statement_id:int}", sync_to_thread=True)
def ask_about(
    request: Request, database: NamedDependency[Database], reference: FromPath[str], statement_id: FromPath[int]
) -> Template:
    with database.reading() as session:
        submission = submission_for(session, request, reference)
        said = statement_of(session, submission, statement_id)
        if said is None:
            raise NotFoundException("What stood here was changed or read again since")
        return reply_form(request, session, submission, said, said.reply)


@get("/submissions/{reference:str}/reply", sync_to_thread=True)
def ask_about_all(request: Request, database: NamedDependency[Database], reference: FromPath[str]) -> Template:
    with database.reading() as session:
        submission = submission_for(session, request, reference)
        return reply_form(request, session, submission, None, replies.latest_of(session, submission.id).get(None))


def statement_of(session: Session, submission: Submission, statement_id: int) -> Said | None:
    """A statement that stands in this submission."""
    passage = session.exec(
        select(Passage)
        .join(Source, col(Source.id) == Passage.source_id)
        .join(Statement, col(Statement.passage_id) == Passage.id)
        .where(Source.submission_id == submission.id, Statement.id == statement_id, *standing.current())
    ).first()
    said = statements_of(session, submission.id, [passage])[passage.id] if passage else []
    return next((one for one in said if one.id == statement_id), None)


def reply_form(
    request: Request,
    session: Session,
    submission: Submission,
    said: Said | None,
    reply: Reply | None,
    *,
    agrees: str = "",
    text: str = "",
    problems: tuple[tuple[str, str], ...] = (),
    moved: bool = False,
) -> Template:
    """`moved`: what the reply was about is gone since, so that it is about all of it."""
    url = named(submission)["url"]
    if reply and not problems and not moved:
        agrees, text = "yes" if reply.agrees else "no", reply.text
    return show(
        request,
        "mine/reply.html",
        status_code=409 if moved else 422 if problems else 200,
        submission=named(submission),
        sensitive=shows_sensitive(session, submission),
        said=said,
        reply=reply,
        agrees=[agrees] if agrees else [],
        text=text,
        longest=replies.LONGEST,
        problems=[{"question_id": id, "message": message, "url": f"#{id}"} for id, message in problems],
        moved=moved,
        choices=[Choice(id=id, label=gettext(word)) for id, word in CHOICES.items()],
        action=f"{url}/understood/{said.id}" if said else f"{url}/reply",
        back_url=f"{url}/understood" + (f"#statement-{said.id}" if said else ""),
    )


@post("/submissions/{reference:str}/understood/{statement_id:int}", sync_to_thread=True)
def reply_to_statement(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    reference: FromPath[str],
    statement_id: FromPath[int],
) -> Response:
    return keep_reply(request, database, posted, reference, statement_id)


@post("/submissions/{reference:str}/reply", sync_to_thread=True)
def reply_to_all(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], reference: FromPath[str]
) -> Response:
    return keep_reply(request, database, posted, reference, None)


def keep_reply(
    request: Request, database: Database, posted: Posted, reference: str, statement_id: int | None
) -> Response:
    agrees, text = first(posted, "agrees"), text_of(posted)
    with database.writing() as session:
        submission = submission_for(session, request, reference, to_change=True, posted=posted)
        said = statement_of(session, submission, statement_id) if statement_id is not None else None
        if statement_id is not None and said is None:
            return reply_form(request, session, submission, None, None, agrees=agrees, text=text, moved=True)
        wrong = (("agrees", "" if agrees in ("yes", "no") else gettext(NOT_CHOSEN)), ("text", replies.fault_in(text)))
        if problems := tuple(one for one in wrong if one[1]):
            return reply_form(request, session, submission, said, None, agrees=agrees, text=text, problems=problems)
        replies.reply(
            session, submission_id=submission.id, statement_id=statement_id, agrees=agrees == "yes", text=text
        )
        url = f"{named(submission)['url']}/understood#{f'statement-{said.id}' if said else 'all'}"
        session.commit()
    return Redirect(url, status_code=303)


def text_of(posted: Posted) -> str:
    return first(posted, "text").replace("\r\n", "\n").replace("\r", "\n").strip()


handlers = [understood, ask_about, ask_about_all, reply_to_statement, reply_to_all]
