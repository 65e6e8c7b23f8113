"""My submission: what I answered, and other answers in the place of it, with the checks of the questionnaire."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake import given, item_states, items, rounds
from collector.intake import held as held_before
from collector.intake.answer_rows import by_section, listed_values, row
from collector.intake.models import Round, Submission
from collector.intake.named_children import NAMES, mark_of
from collector.intake.named_children import named as children_named
from collector.mine import corrections
from collector.mine.entry import NotOpen, Opened, is_sensitive, named, submission_for
from collector.queue import Queue
from collector.review import replies
from collector.web.page import page as show
from collector.web.posted import WHY, Posted, first
from forms import answers as forms_answers
from forms import dates as forms_dates
from forms.answers import Problem
from forms.questionnaire import Questionnaire
from forms.questions import Choice, Page, Question
from forms.speech import gettext, message

SEEN = "_seen"  # the latest change that the form knew of
TAKEN_OUT = "_taken_out"  # the answers that its writer was told of, and agreed to lose
APART = ("list", "file")
KEEP_FILES = message("Untick a file to take it out. It is deleted at once, with all that we read in it.")
NO_REASON = "Say why you change it, such as who asked for it and when"
NO_FILES = message("You sent no files. To send one now, write to us and give the reference.")


@dataclass
class Change:
    """What somebody wants to change: one page, with what it draws in from other pages, and all answers after it."""

    page: Page
    typed: dict[str, list[str]]
    answers: dict[str, Any]
    problems: tuple[Problem, ...]
    taken_out: list[Question]  # answered on other pages, and asked no longer
    unfinished: bool = False  # names of organisations were asked for, and nothing is to be kept yet

    @property
    def taken_out_ids(self) -> str:
        return " ".join(question.id for question in self.taken_out)


def change_of(
    questionnaire: Questionnaire, held: dict[str, Any], page: Page, posted: Posted, told_before: Container[str] = ()
) -> Change:
    """What was posted, read. Where it makes other questions necessary, these are asked for on the same page.

    What was `told_before`, in an earlier round, is not necessary any more.
    """
    on_page = {question.id for question in page.questions}
    # Of files there is no more to choose than those that were sent.
    files = {one.id: listed_values(held.get(one.id)) for one in page.questions if one.type == "file"}
    posted = posted | {id: [one for one in posted.get(id, []) if one in sent] for id, sent in files.items()}
    others = (one for one in questionnaire.questions.values() if one.id not in on_page and one.type not in APART)
    also = [one for one in others if one.id in posted]
    while True:
        asking = page.model_copy(update={"questions": (*page.questions, *also)})
        reading = forms_answers.read(asking, posted)
        if reading.unfinished:
            return Change(asking, reading.typed, held, (), [], unfinished=True)
        shown = {question.id for question in asking.questions}
        answers = {id: value for id, value in held.items() if id not in shown} | reading.answers
        asked = {question.id for question in questionnaire.questions_for(answers)}
        kept = {id: answers[id] for id in questionnaire.questions if id in asked and id in answers}
        missing = questionnaire.still_lacking(questionnaire.complete(kept), told_before)
        wanted = [questionnaire.questions[one.question_id] for one in missing if one.question_id not in shown]
        # Lists and files have pages of their own: where one is missing, that alone is told.
        drawn_in = [question for question in wanted if question.type not in APART]
        if not drawn_in:
            break
        also += drawn_in
    # What an earlier choice drew in and this one does not is no concern any more.
    asking = page.model_copy(update={"questions": (*page.questions, *(one for one in also if one.id in asked))})
    refused = tuple(one for one in reading.problems if one.question_id in asked)
    told = {problem.question_id for problem in refused}
    problems = refused + tuple(one for one in missing if one.question_id not in told)
    gone = [one for one in questionnaire.questions.values() if one.id in held and one.id not in {*kept, *shown}]
    return Change(asking, reading.typed, kept, problems, gone)


@get("/submissions/{reference:str}/answers", sync_to_thread=True)
def answers(request: Request, database: NamedDependency[Database], reference: FromPath[str]) -> Template:
    with database.reading() as session:
        return all_answers(request, session, of_respondent(submission_for(session, request, reference)))


def of_respondent(submission: Submission) -> Opened:
    return Opened(submission, f"{named(submission)['url']}/answers")


def all_answers(request: Request, session: Session, opened: Opened, **more: Any) -> Template:
    questionnaire = rounds.spoken(session, opened.submission.questionnaire_id)
    held = given.answers_of(session, opened.submission.id)
    return show(
        request,
        "mine/answers_by_staff.html" if opened.by_staff else "mine/answers.html",
        sample=session.get_one(Round, opened.submission.round_id).sample,
        submission=named(opened.submission),
        sensitive=is_sensitive(questionnaire.pages_for(held), held),
        saved="saved" in request.query_params,
        became=item_states.told(session, opened.submission),
        sections=[
            {
                "title": title,
                "rows": [row_to_change(opened, page, one, held) for page in pages for one in page.questions],
            }
            for title, pages in by_section(questionnaire.pages_for(held))
        ],
        **more,
    )


def row_to_change(opened: Opened, page: Page, question: Question, held: dict[str, Any]) -> dict[str, Any]:
    return {
        **row(question, held),
        "question_id": question.id,
        "change_url": f"{opened.url}/{page.id}",
        "change_word": gettext("Change") if question.id in held else gettext("Answer"),
    }


@get("/submissions/{reference:str}/answers/{page_id:str}", sync_to_thread=True)
def answer(
    request: Request, database: NamedDependency[Database], reference: FromPath[str], page_id: FromPath[str]
) -> Template:
    with database.reading() as session:
        return asked(request, session, of_respondent(submission_for(session, request, reference)), page_id)


def asked(request: Request, session: Session, opened: Opened, page_id: str) -> Template:
    """The page with what is kept; of a list, its items."""
    questionnaire, held, page = asked_on(session, opened.submission, page_id)
    if page.listing:
        return list_so_far(request, opened, questionnaire, held, page)
    return form(request, session, opened, as_kept(page, held))


def as_kept(page: Page, held: dict[str, Any]) -> Change:
    """No change yet: what the form begins with."""
    return Change(page, {one.id: listed_values(held.get(one.id)) for one in page.questions}, held, (), [])


def asked_on(
    session: Session, submission: Submission, page_id: str, posted: Posted | None = None
) -> tuple[Questionnaire, dict[str, Any], Page]:
    questionnaire = rounds.spoken(session, submission.questionnaire_id)
    held = given.answers_of(session, submission.id)
    page = questionnaire.page(page_id, held)
    if page is None:
        raise NotOpen(posted, submission)
    return questionnaire, held, page


def list_so_far(
    request: Request, opened: Opened, questionnaire: Questionnaire, held: dict[str, Any], page: Page
) -> Template:
    url = opened.url
    section = [one for one in questionnaire.pages_for(held) if one.section == page.section]
    rows = items.rows(page.listing, held.get(page.listing.id))
    item_url = f"{url}/{page.id}/items"
    return show(
        request,
        "intake/list.html",
        questionnaire=questionnaire,
        page=page,
        listing=page.listing,
        items=[
            {**one, "url": f"{item_url}/{one['item_id']}", "remove_url": f"{item_url}/{one['item_id']}/remove"}
            for one in rows
        ],
        add_url=f"{url}/{page.id}/add" if len(rows) < page.listing.most else "",
        gone="gone" in request.query_params,
        problems=[],
        named=children_named(page, held),
        sensitive=is_sensitive([page], held) and not opened.by_staff,
        by_staff=opened.by_staff,
        submission=named(opened.submission),
        action=f"{url}/{page.id}",
        back_url=url,
        progress={"section": page.section, "number": section.index(page) + 1, "of": len(section)},
        saved=None,
        tasks_url=url,
    )


def form(
    request: Request,
    session: Session,
    opened: Opened,
    change: Change,
    *,
    reason: tuple[str, str] = ("", ""),
    others: list[dict[str, Any]] | None = None,
) -> Template:
    """`reason` is why it is changed, with what is wrong with that.

    `others` are answers that were kept since the writer opened the page, and are not what the writer wants.
    """
    submission, by_staff = opened.submission, opened.by_staff
    stopped = change.problems or reason[1]
    names = children_named(change.page, change.answers)
    return show(
        request,
        "mine/answer.html",
        status_code=409 if others else 422 if stopped or change.taken_out else 200,
        sample=session.get_one(Round, submission.round_id).sample,
        submission=named(submission),
        page=with_files_to_keep(change.page, given.answers_of(session, submission.id)),
        typed=change.typed,
        date_parts=forms_dates.parts,
        problems=change.problems,
        sensitive=is_sensitive([change.page], change.answers) and not by_staff,
        by_staff=by_staff,
        keyed=by_staff,
        children=names if NAMES in request.query_params and not stopped else [],
        reason=reason,
        others=others or [],
        taken_out=[question.label for question in change.taken_out] if not stopped else [],
        hidden={
            SEEN: corrections.latest_change(session, submission.id),
            **({TAKEN_OUT: change.taken_out_ids} if not stopped else {}),
            **({NAMES: mark_of(names)} if names else {}),
        },
        action=f"{opened.url}/{change.page.id}",
        back_url=opened.url,
    )


def with_files_to_keep(page: Page, held: dict[str, Any]) -> Page:
    """The page with a box for each file that was sent, ticked until it is to be taken out."""
    return page.model_copy(update={"questions": tuple(_to_keep(one, held) for one in page.questions)})


def _to_keep(question: Question, held: dict[str, Any]) -> Question:
    if question.type != "file":
        return question
    sent = listed_values(held.get(question.id))
    boxes = [
        Choice.model_construct(id=one, label=gettext("Keep %(name)s", name=forms_answers.shown(question, one)))
        for one in sent
    ]
    shown = {"type": "any-of", "choices": tuple(boxes), "hint": gettext(KEEP_FILES if sent else NO_FILES)}
    return question.model_copy(update=shown)


@post("/submissions/{reference:str}/answers/{page_id:str}", sync_to_thread=True)
def save(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    reference: FromPath[str],
    page_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        submission = submission_for(session, request, reference, to_change=True, posted=posted)
        kept = keep(request, session, of_respondent(submission), page_id, posted)
        if isinstance(kept, Response):
            return kept
        session.commit()
    queue.ask_for_analysis(kept.job_ids)
    return Redirect(kept.url, status_code=303)


@dataclass(frozen=True)
class Kept:
    job_ids: list[int]
    url: str  # where to go from here


def keep(request: Request, session: Session, opened: Opened, page_id: str, posted: Posted) -> Kept | Response:
    """Keep what was posted for a page, or show it again with what stands in the way. The caller commits."""
    submission = opened.submission
    questionnaire, held, page = asked_on(session, submission, page_id, posted)
    if page.listing:  # kept item by item; this is the way on from it
        return Redirect(opened.url, status_code=303)
    told_before = held_before.told_before(session, submission, questionnaire)
    change = change_of(questionnaire, held, page, posted, told_before)
    why, why_problem = reason = reason_in(posted, opened)
    if change.unfinished:
        return form(request, session, opened, change, reason=(why, ""))
    if change.problems or why_problem:
        return form(request, session, opened, change, reason=reason)
    if others := changed_meanwhile(session, submission, change, held, posted):
        return form(request, session, opened, change, reason=reason, others=others)
    if change.taken_out and first(posted, TAKEN_OUT) != change.taken_out_ids:
        return form(request, session, opened, change, reason=reason)
    before = corrections.latest_change(session, submission.id)
    job_ids = corrections.correct(session, submission, questionnaire, change.answers, why=why, staff_id=opened.staff_id)
    saved = corrections.latest_change(session, submission.id) > before
    return Kept(job_ids, after(opened, change, posted, saved=saved))


def reason_in(posted: Posted, opened: Opened) -> tuple[str, str]:
    """Why somebody changes it, and what is wrong with that: staff always say why."""
    why = first(posted, WHY).strip()
    return why, replies.fault_in(why) or (NO_REASON if opened.by_staff and not why else "")


def after(opened: Opened, change: Change, posted: Posted, *, saved: bool) -> str:
    """Back to all answers; once to the same page where the words seem to name a child: advice, and no fault."""
    mark = mark_of(children_named(change.page, change.answers))
    if saved and mark and mark not in posted.get(NAMES, []):
        return f"{opened.url}/{change.page.id}?{NAMES}=1"
    return f"{opened.url}?saved=yes" if saved else opened.url


def changed_meanwhile(
    session: Session, submission: Submission, change: Change, held: dict[str, Any], posted: Posted
) -> list[dict[str, Any]]:
    """What is kept now, question by question, where it was changed after the form was made and is not what it says."""
    seen = first(posted, SEEN)
    since = corrections.changed_since(session, submission.id, int(seen) if seen.isdecimal() and len(seen) < 10 else 0)
    return [
        {**row(question, held), "id": question.id, "at": since[question.id].changed_at}
        for question in change.page.questions
        if question.id in since and held.get(question.id) != change.answers.get(question.id)
    ]


handlers = [answers, answer, save]
