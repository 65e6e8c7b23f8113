"""Staff: what was heard of each action and barrier theme, in points that stand on statements, and who signs for it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, func, select

from collector.accounts.access import REVIEWERS
from collector.database import Database
from collector.findings.summary_models import Summary, SummaryPoint
from collector.frameworks import plan
from collector.how_many import plural
from collector.intake import documents
from collector.intake.models import Round
from collector.leases import UNDER_WAY
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.queue import Queue
from collector.review import heard, heard_changes, heard_shown, reading
from collector.review.heard import FAMILIES, Subject
from collector.review.heard_changes import DROPPED, MADE, PUT_BACK, SIGNED, UNWORDED, WORDED, Done, Since
from collector.review.heard_shown import Heard, Line, Shown
from collector.web.page import page
from collector.web.posted import Posted, first, whole_number
from collector.web.turns import AT_ONCE, PageNumber, Turn, address, turn_of, turn_shown
from forms.heard import Way

URL = "/staff/heard"
POINT = f"{URL}/points/{{point_id:int}}"
ONE = f"{URL}/{{family:str}}/{{code:str}}"
# What stands in the address for each kind of subject.
NAMED = {**FAMILIES, "organisation": "organisations", "area": "areas"}
KINDS = {family: kind for kind, family in NAMED.items()}
# What a summary is of, as its page says it.
CALLED = {"action": "Action", "barrier_theme": "Barrier theme", "organisation": "Organisation", "area": "Area"}
STEPS = {
    WORDED: "wrote another sentence",
    heard.TAKEN_OUT: "wrote another sentence, which went with words that it stood on",
    UNWORDED: "took back the machine’s sentence",
    DROPPED: "dropped the point",
    PUT_BACK: "put the point back",
    SIGNED: "signed off the summary",
    MADE: "had it made",
}
# Why a change is not made, by what was asked for.
BLANK = {WORDED: "Write the sentence", DROPPED: "Say why the point is dropped"}
LONG = f"Use {heard_changes.LONGEST:,} characters or fewer"

# Nothing is chosen where all is looked at, and a form then sends an empty one.
RoundChosen = Annotated[str, QueryParameter(name="round", max_length=20)]


def point_url(point_id: int) -> str:
    return f"{URL}/points/{point_id}"


def url_of(subject: Subject) -> str:
    return address(path_of(subject), {"round": subject.round_id})


def path_of(subject: Subject) -> str:
    return f"{URL}/{NAMED[subject.kind]}/{subject.id}"


def whose(subject: Subject) -> dict[str, str]:
    """Where its page leads back to: the profile, of an organisation or an area."""
    if subject.kind in FAMILIES:
        return {"back_url": address(URL, {"round": subject.round_id}), "back": "What was heard"}
    return {"back_url": f"/staff/{NAMED[subject.kind]}/{subject.id}", "back": "Profile"}


# -- All of them --------------------------------------------------------------------------------------


@get(URL, sync_to_thread=True)
def all_heard(request: Request, database: NamedDependency[Database], of_round: RoundChosen = "") -> Template:
    with database.reading() as session:
        round_id = round_or_404(session, of_round)
        rounds = session.exec(select(Round).order_by(col(Round.opened_at).desc(), col(Round.id).desc())).all()
        counted = {kind: heard_shown.of_family(session, kind, round_id) for kind in FAMILIES}
        states = states_of(session, round_id)
    chosen = next((one for one in rounds if one.id == round_id), None)
    return page(
        request,
        "review/heard/all.html",
        sample=bool(chosen and chosen.sample),
        rounds=[{"id": one.id, "title": one.title, "current": one.id == round_id} for one in rounds],
        has_sample=any(one.sample for one in rounds),
        round_title=chosen.title if chosen else "",
        groups=[*actions_shown(counted["action"], states, round_id), themes_shown(counted, states, round_id)],
        anything=any(counted.values()),
    )


def round_or_404(session: Session, chosen: str) -> int | None:
    """The round that is chosen; none where all is."""
    if not chosen:
        return None
    round_id = whole_number(chosen)
    if round_id is None or session.get(Round, round_id) is None:
        raise NotFoundException("There is no such round")
    return round_id


def states_of(session: Session, round_id: int | None) -> dict[tuple[str, str], dict[str, str]]:
    of_round = col(Summary.round_id).is_(None) if round_id is None else Summary.round_id == round_id
    rows = session.exec(select(Summary).where(of_round, col(Summary.subject_kind).in_(FAMILIES))).all()
    signings = heard_changes.signed(session, [one.id for one in rows])
    newer = {one.id: heard_changes.since(session, one) for one in rows}
    return {(one.subject_kind, one.subject_id): state_of(one, signings.get(one.id), newer[one.id]) for one in rows}


def state_of(summary: Summary | None, signing: Done | None, newer: Since) -> dict[str, str]:
    """Where a summary stands: a word, and what there is to say of it."""
    if summary is None:
        return {"id": "none", "word": "Not made yet"}
    if summary.state in UNDER_WAY:
        return {"id": summary.state, "word": "Being made" if summary.state == "running" else "Waits for its turn"}
    if summary.state == "set-aside":
        return {"id": "set-aside", "word": "Failed"}
    if signing is None:
        word = "Written by a machine"
        return {"id": "machine", "word": f"{word}, newer evidence since" if newer.number else word}
    if newer.number:
        return {"id": "outdated", "word": "Sign-off outdated: newer evidence since"}
    if signing.revision != summary.revision:
        return {"id": "outdated", "word": "Sign-off outdated: changed since"}
    return {"id": "signed", "word": f"Signed off by {signing.who}"}


def actions_shown(counted: dict[str, Heard], states: dict, round_id: int | None) -> Iterator[dict[str, Any]]:
    actions = plan.current().actions
    for area in plan.current().priority_areas:
        rows = [one for one in actions if one.priority_area == area.id]
        yield {"title": area.title, "rows": [row_shown("action", one, counted, states, round_id) for one in rows]}


def themes_shown(counted: dict[str, dict[str, Heard]], states: dict, round_id: int | None) -> dict[str, Any]:
    kind = "barrier_theme"
    rows = [row_shown(kind, one, counted[kind], states, round_id) for one in plan.current().barrier_themes]
    return {"title": "What gets in the way, by barrier theme", "rows": rows}


def row_shown(kind: str, label: Any, counted: dict[str, Heard], states: dict, round_id: int | None) -> dict[str, Any]:
    return {
        "title": label.title,
        "url": url_of(Subject(kind, label.id, round_id)),
        "heard": counted.get(label.id, Heard()),
        "state": states.get((kind, label.id)) or state_of(None, None, Since()),
    }


# -- One ----------------------------------------------------------------------------------------------


@get(ONE, sync_to_thread=True)
def one_heard(
    request: Request,
    database: NamedDependency[Database],
    family: FromPath[str],
    code: FromPath[str],
    number: PageNumber = 1,
    of_round: RoundChosen = "",
) -> Template:
    with database.reading() as session:
        subject = subject_or_404(session, family, code, of_round)
        return one_page(request, session, subject, number)


def subject_or_404(session: Session, family: str, code: str, of_round: str) -> Subject:
    if family not in KINDS or not is_there(session, KINDS[family], code):
        raise NotFoundException("There is nothing of this name that a summary could be of")
    return Subject(KINDS[family], code, round_or_404(session, of_round))


def is_there(session: Session, kind: str, id: str) -> bool:
    if kind == "organisation":
        number = whole_number(id)
        return number is not None and str(number) == id and session.get(Organisation, number) is not None
    return id in directory.area_names() if kind == "area" else plan.known(FAMILIES[kind], id)


def one_page(
    request: Request, session: Session, subject: Subject, number: int = 1, problem: str = "", status_code: int = 200
) -> Template:
    summary = heard.find(session, subject)
    round_ = session.get(Round, subject.round_id) if subject.round_id else None
    return page(
        request,
        "review/heard/one.html",
        status_code=status_code,
        sample=bool(round_ and round_.sample),
        title=title_of(session, subject),
        called=CALLED[subject.kind],
        round_title=round_.title if round_ else "",
        url=url_of(subject),
        **whose(subject),
        may_change=request.user.role in REVIEWERS,
        problem=problem,
        **(made_shown(session, summary, subject, number) if summary else NOT_MADE),
    )


NOT_MADE = {"summary": None, "sections": [], "pages": None, "dropped": [], "parted": [], "history": []}


def made_shown(session: Session, summary: Summary, subject: Subject, number: int) -> dict[str, Any]:
    total = session.exec(select(func.count()).select_from(heard_shown.points(session, summary).subquery())).one()
    turn = turn_of(number, total, AT_ONCE)
    some = session.exec(heard_shown.points(session, summary).offset(turn.offset).limit(turn.at_once)).all()
    at_end = turn.number == turn.of
    dropped = session.exec(heard_shown.points(session, summary, dropped=True)).all() if at_end else []
    parted = session.exec(heard_shown.points(session, summary, parted=True)).all() if at_end else []
    whole = heard_shown.of_summary(session, summary)
    shown = heard_shown.shown(session, [*some, *dropped, *parted], voices=None if parted else whole.voices)
    joint = heard_shown.together(session, [line for one in shown for line in one.lines])
    by_id = {one.id: point_shown(one, joint) for one in shown}
    return {
        "summary": summary_shown(session, summary, whole.told),
        "sections": list(sections_of([one for one in shown if one.id in {point.id for point in some}], by_id)),
        "pages": pages_of(turn, subject),
        "dropped": [by_id[one.id] for one in dropped if one.id in by_id],
        "parted": [by_id[one.id] for one in parted if one.id in by_id],
        "history": [done_shown(one) for one in heard_changes.history(session, summary.id)],
    }


def pages_of(turn: Turn, subject: Subject) -> dict[str, Any]:
    return turn_shown(turn, path_of(subject), {"round": subject.round_id})


def summary_shown(session: Session, summary: Summary, told: str) -> dict[str, Any]:
    newer, signing = heard_changes.since(session, summary), heard_changes.signed(session, [summary.id]).get(summary.id)
    return {
        "id": summary.id,
        "revision": summary.revision,
        "under_way": summary.state in UNDER_WAY,
        "failed": summary.state == "set-aside",
        "reason": summary.reason,
        "made_at": summary.made_at,
        "model": summary.model,
        "codebook": summary.codebook,
        "more": summary.more,
        "state": state_of(summary, signing, newer),
        "signing": signing,
        "newer": since_shown(newer),
        "told": told,
    }


def since_shown(newer: Since) -> str:
    """ "3 statements came or changed since: 2 are new and 1 is gone" """
    if not newer.number:
        return ""
    told = [
        f"{newer.came:,} {'is' if newer.came == 1 else 'are'} new" if newer.came else "",
        f"{newer.went:,} {'is' if newer.went == 1 else 'are'} no longer in it" if newer.went else "",
        f"{newer.redacted:,} {'was' if newer.redacted == 1 else 'were'} redacted" if newer.redacted else "",
    ]
    *others, last = [one for one in told if one]
    listed = f"{', '.join(others)} and {last}" if others else last
    return f"{plural(newer.number, 'statement')} came or changed since: {listed}"


def sections_of(shown: Sequence[Shown], by_id: dict[int, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What several say, what one says alone with the points of each together, and what no point holds."""
    for title, some in groupby(shown, key=section_of):
        points = list(some)
        alone, own = title == ALONE, title == OWN
        groups = groupby(points, key=lambda one: one.speaker) if alone else [("", points)]
        yield {
            "title": title,
            "alone": alone,
            "by_one": alone or own,
            "groups": [group_shown(alone, [by_id[one.id] for one in together]) for _, together in groups],
        }


SHARED, ALONE, ALSO = "Said by several", "Said by one", "Also said"
# Where one alone is heard, or together with others: in the summary of an organisation, and where nobody else spoke.
OWN, TOGETHER = "What they said", "Said together with others"


def section_of(point: Shown) -> str:
    if point.sentence.way is Way.REST:
        return ALSO
    if point.sentence.only:
        return OWN if point.sentence.voices == 1 else TOGETHER
    return ALONE if point.sentence.voices == 1 else SHARED


def group_shown(alone: bool, points: list[dict[str, Any]]) -> dict[str, Any]:
    line = points[0]["lines"][0]
    speaker = line["who"] or ("An individual" if line["individual"] else "A source without a name")
    return {"speaker": speaker if alone else "", "url": line["who_url"] if alone else "", "points": points}


def point_shown(point: Shown, joint: set[int]) -> dict[str, Any]:
    sentence = point.sentence
    return {
        "id": point.id,
        "url": point_url(point.id),
        "heading": point.heading,
        "text": point.text,
        "machine": sentence.text,
        "words": point.words,
        "why": point.dropped,
        "quoted": sentence.way is Way.QUOTED,
        "named": sentence.way is Way.NAMED,
        "statements": len(sentence.citations),
        "copies": len(sentence.citations) > sentence.wordings,
        "lines": [line_shown(one, joint) for one in point.lines],
    }


def line_shown(line: Line, joint: set[int]) -> dict[str, Any]:
    return {
        "id": line.id,
        "parts": parts_of(line),
        "text": line.text,
        "url": reading.statement_url(line.id),
        "who": " and ".join([", ".join(line.who[:-1]), line.who[-1]] if len(line.who) > 1 else line.who),
        "who_url": f"/staff/organisations/{line.organisation_id}" if line.organisation_id else "",
        "individual": not line.who and line.source.submission_id is not None,
        "source": documents.title_told(line.source),
        "source_url": f"/staff/sources/{line.source.id}",
        "at": documents.day_told(line.source),
        "sample": line.source.sample,
        "joint": line.id in joint,
    }


def parts_of(line: Line) -> list[tuple[bool, str]]:
    """The words in stretches, each with whether it names the point."""
    if line.named_by is None:
        return [(False, line.text)]
    start, end = line.named_by
    parts = [(False, line.text[:start]), (True, line.text[start:end]), (False, line.text[end:])]
    return [(named, words) for named, words in parts if words]


def done_shown(done: Done) -> dict[str, Any]:
    return {"what": STEPS[done.kind], "who": done.who, "at": done.at, "text": done.text, "kind": done.kind}


@post(ONE, sync_to_thread=True)
def change_summary(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    family: FromPath[str],
    code: FromPath[str],
    of_round: RoundChosen = "",
) -> Response:
    """Have it made, or sign it off."""
    with database.reading() as session:
        subject = subject_or_404(session, family, code, of_round)
    if first(posted, "do") == "sign":
        return sign(request, database, subject, first(posted, "revision"))
    with database.writing() as session:
        summary_id = heard.ask(session, subject, staff_id=request.user.id)
        session.commit()
    queue.ask_for_summary(summary_id)
    return Redirect(url_of(subject), status_code=303)


def sign(request: Request, database: Database, subject: Subject, seen: str) -> Response:
    with database.writing() as session:
        summary = heard.find(session, subject)
        if summary is None or summary.made_at is None:
            raise NotFoundException("There is no summary to sign yet")
        try:
            heard_changes.sign(session, summary, revision=revision_of(seen), staff_id=request.user.id)
        except heard_changes.ChangedMeanwhile:
            session.rollback()
            problem = f"Nothing is signed: {changed_by(session, summary.id)} Read it again, then sign it off"
            return one_page(request, session, subject, problem=problem, status_code=409)
        except heard_changes.NewerEvidence:
            session.rollback()
            problem = "Nothing is signed: there is newer evidence. Have it made again, read it, then sign it off"
            return one_page(request, session, subject, problem=problem, status_code=409)
        session.commit()
    return Redirect(url_of(subject), status_code=303)


def revision_of(seen: str) -> int:
    return whole_number(seen) or 0


def changed_by(session: Session, summary_id: int) -> str:
    """Who changed it last, for the one who comes second."""
    [(_, last), *_] = heard_changes.rows(session, heard_changes.SummaryEdit.summary_id == summary_id) or [(None, None)]
    if last is None:
        return "the summary was changed since you opened this page."
    return f"{last.who or 'a colleague'} {STEPS[last.kind]} since you opened this page."


# -- A point ------------------------------------------------------------------------------------------


@get(POINT, sync_to_thread=True)
def one_point(
    request: Request, database: NamedDependency[Database], point_id: FromPath[int], number: PageNumber = 1
) -> Template:
    """All that a sentence stands on, and what people did with it."""
    with database.reading() as session:
        return point_page(request, session, found_or_404(session, point_id), number)


def found_or_404(session: Session, point_id: int) -> SummaryPoint:
    found = session.get(SummaryPoint, point_id, populate_existing=True)
    if found is None:
        raise NotFoundException("There is no such point. When a summary is made again, others take their place")
    return found


def point_page(
    request: Request,
    session: Session,
    point: SummaryPoint,
    number: int = 1,
    *,
    problems: Sequence[dict[str, str]] = (),
    typed: dict[str, str] | None = None,
    meanwhile: str = "",
    status_code: int = 200,
) -> Template:
    summary = session.get_one(Summary, point.summary_id, populate_existing=True)
    [whole, *_] = heard_shown.shown(session, [point], lines=0) or [None]
    if whole is None:
        raise NotFoundException("Nothing is left of this point: all that it stood on was withdrawn")
    turn = turn_of(number, len(whole.sentence.citations))
    [shown] = heard_shown.shown(session, [point], lines=turn.at_once, from_=turn.offset)
    subject = heard.subject_of(summary)
    told = point_shown(shown, heard_shown.together(session, shown.lines))
    return page(
        request,
        "review/heard/point.html",
        status_code=status_code,
        sample=bool(shown.lines) and all(line.source.sample for line in shown.lines),
        point=told,
        heading=shown.heading or section_of(shown),
        dropped=point.dropped,
        parted=point.parted,
        pages=turn_shown(turn, point_url(point.id), {}),
        back_url=url_of(subject),
        back=title_of(session, subject),
        revision=summary.revision,
        typed=dict.fromkeys(FIELDS.values(), "") | (typed or {}),
        messages=dict.fromkeys(FIELDS.values(), "") | {one["field"]: one["message"] for one in problems},
        problems=[{"url": f"#{one['field']}", "message": one["message"]} for one in problems],
        meanwhile=meanwhile,
        most=heard_changes.LONGEST,
        may_change=request.user.role in REVIEWERS and not point.parted,
        history=[done_shown(one) for one in heard_changes.history(session, summary.id, point.id)],
    )


def title_of(session: Session, subject: Subject) -> str:
    if subject.kind in FAMILIES:
        return plan.title(FAMILIES[subject.kind], subject.id)
    if subject.kind == "area":
        return directory.area_name(subject.id)
    found = session.get(Organisation, int(subject.id))
    return found.name if found else "An organisation that is gone"


@post(POINT, sync_to_thread=True)
def change_point(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    point_id: FromPath[int],
) -> Response:
    """Write another sentence, go back to the machine's, drop the point or put it back."""
    kind = first(posted, "do")
    if kind not in (WORDED, UNWORDED, DROPPED, PUT_BACK):
        kind = WORDED
    text = first(posted, FIELDS[kind]).strip() if kind in FIELDS else ""
    typed = {name: first(posted, name) for name in FIELDS.values()}
    with database.writing() as session:
        point = found_or_404(session, point_id)
        if problem := problem_with(kind, text):
            told = [{"field": FIELDS[kind], "message": problem}]
            return point_page(request, session, point, problems=told, typed=typed, status_code=422)
        try:
            seen = revision_of(first(posted, "revision"))
            heard_changes.change(session, point, kind, revision=seen, staff_id=request.user.id, text=text)
        except heard_changes.ChangedMeanwhile:
            session.rollback()
            told = changed_by(session, point.summary_id)
            return point_page(
                request, session, found_or_404(session, point_id), typed=typed, meanwhile=told, status_code=409
            )
        session.commit()
    return Redirect(point_url(point_id), status_code=303)


FIELDS = {WORDED: "sentence", DROPPED: "why"}


def problem_with(kind: str, text: str) -> str:
    if kind in BLANK and not text:
        return BLANK[kind]
    return LONG if len(text) > heard_changes.LONGEST else ""


handlers: list[Callable] = [all_heard, one_heard, change_summary, one_point, change_point]
