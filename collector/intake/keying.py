"""Keying: answers that came by post, by e-mail or in a conversation, and are typed in by staff.

Whoever reviews may take over what another one began: a letter must not wait for somebody to come back from holiday.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, select

from collector.database import now
from collector.dates import LONDON, in_words
from collector.intake import drafts, held, rounds
from collector.intake.held import Held
from collector.intake.models import Keying, Round
from forms.questionnaire import Choice, Page, Questionnaire
from forms.questions import Question, Repeat

# How answers came: a word for lists, and the way in a sentence.
CHANNELS = {
    "web": ("Online", "online"),
    "api": ("By a program", "from a program"),
    "post": ("Post", "by post"),
    "e-mail": ("E-mail", "by e-mail"),
    "telephone": ("Telephone", "by telephone"),
    "conversation": ("Conversation", "in a conversation"),
    "event": ("Event", "at an event"),
}
KEYED_CHANNELS = {id: word for id, (word, _) in CHANNELS.items() if id not in ("web", "api")}
PERMISSION, NOT_SAID, DO_NOT_PUBLISH = "permission", "not-said", "do-not-publish"
# What can be said of the permission where nothing was said; only staff are offered it.
NOTHING_SAID = Choice(
    id=NOT_SAID,
    label="Nothing was said about this: do not publish",
    hint="Silence is no leave. It is kept as “do not publish”, with the reason.",
)
LONGEST_NOTE = 1000
# A letter may be older than the online questionnaire, but not by so much that the year is right.
OLDEST = timedelta(days=366)


def facts_asked(found: list[tuple[Round, Questionnaire]] = ()) -> Page:
    """What is asked of a letter itself; the round only where one is still to be chosen."""
    today = rounds.local_date()
    first = min((round_.opened_at.date() for round_, _ in found), default=today)
    asked = [
        Question(
            id="channel",
            type="one-of",
            label="How did the answers come?",
            missing="Choose how the answers came",
            choices=tuple(Choice(id=id, label=word) for id, word in KEYED_CHANNELS.items()),
        ),
        Question(
            id="received-on",
            type="date",
            label="When were they received?",
            hint="The day on the postmark or the e-mail, or the day of the talk. For example, 3 11 2026",
            missing="Enter the day when the answers were received",
            earliest=first - OLDEST,
            latest=today,
        ),
        Question(
            id="note",
            type="long-text",
            label="Note for staff",
            hint="What a colleague should know. Respondents and the public never see it. Do not name children.",
            optional=True,
            rows=3,
            **{"max-length": LONGEST_NOTE},
        ),
    ]
    return Page(id="facts", title="How the answers came", questions=(*_round_asked(found), *asked))


def _round_asked(found: list[tuple[Round, Questionnaire]]) -> list[Question]:
    if not found:
        return []
    choices = tuple(
        Choice(id=f"round-{round_.id}", label=round_.title, hint=_about(round_, form)) for round_, form in found
    )
    label, missing = "Which round are they for?", "Choose the round that the answers are for"
    return [Question(id="round", type="one-of", label=label, missing=missing, choices=choices)]


def _about(round_: Round, form: Questionnaire) -> str:
    if rounds.is_open(round_):
        return f"{form.title}. It is open."
    return f"{form.title}. It has closed; what came by post is keyed until {in_words(rounds.post_until(round_))}."


def start(session: Session, *, round_: Round, staff_id: int, facts: dict[str, Any]) -> Keying:
    keyed = Keying(
        round_id=round_.id,
        questionnaire_id=round_.questionnaire_id,
        staff_id=staff_id,
        saved_by=staff_id,
        **columns_of(facts),
    )
    session.add(keyed)
    session.flush()
    return keyed


def change_facts(session: Session, keyed: Keying, facts: dict[str, Any]) -> None:
    keyed.sqlmodel_update(columns_of(facts))
    session.add(keyed)


def columns_of(facts: dict[str, Any]) -> dict[str, Any]:
    received_on = date.fromisoformat(facts["received-on"])
    return {"channel": facts["channel"], "received_on": received_on, "note": facts.get("note", "")}


def facts_of(keyed: Keying) -> dict[str, str]:
    """As `facts_asked` has them answered; the round is not among them, as it never changes."""
    return {"channel": keyed.channel, "received-on": keyed.received_on.isoformat(), "note": keyed.note}


def find(session: Session, keying_id: int, *, to_change: bool = False) -> Keying | None:
    """One found `to_change` is held until the commit, so that two people do not undo each other's work."""
    chosen = select(Keying).where(Keying.id == keying_id)
    return session.exec(chosen.with_for_update() if to_change else chosen).first()


def unfinished(session: Session) -> list[Keying]:
    """What is begun and not sent, the longest untouched first."""
    waiting = select(Keying).where(col(Keying.submission_id).is_(None))
    return list(session.exec(waiting.order_by(col(Keying.saved_at), col(Keying.id))))


def of_submission(session: Session, submission_id: int) -> Keying | None:
    return session.exec(select(Keying).where(Keying.submission_id == submission_id)).first()


def save(
    session: Session,
    keyed: Keying,
    *,
    staff_id: int,
    asked: set[str],
    answers: dict[str, Any],
    page: str = "",
    came: dict[str, str] | None = None,
) -> None:
    """Keep some answers, and with the `page` from whom they `came` and from which form, as `drafts.save` does."""
    drafts.put(keyed, asked=asked, answers=answers)
    keyed.saved_at, keyed.saved_by = now(), staff_id
    if page:
        keyed.saves = {**keyed.saves, page: {**(came or {}), "by": str(staff_id)}}
    session.add(keyed)


def go_on_from(session: Session, keyed: Keying, found: Held, questionnaire: Questionnaire) -> bool:
    """Begin from what was sent in an earlier round, with its facts; what is keyed already stays. The caller commits.

    False where it has been withdrawn meanwhile.
    """
    if not held.stands(session, found):
        return False
    keyed.begun_from = found.submission_id
    keyed.carried = {id: value for id, value in held.facts(found, questionnaire).items() if id not in keyed.answers}
    keyed.answers = keyed.carried | keyed.answers
    return True


def forget(session: Session, keyed: Keying) -> None:
    """What is not sent can be deleted: it was begun by mistake, or somebody else has keyed it."""
    session.delete(keyed)


def as_published(answers: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The answers as they are sent, and why the permission is what it is where nothing was said of it."""
    if answers[PERMISSION] != NOT_SAID:
        return answers, ""
    return {**answers, PERMISSION: DO_NOT_PUBLISH}, NOT_SAID


def received_at(keyed: Keying) -> datetime:
    """Noon of that day, as nobody notes the hour of a letter; never ahead of now."""
    return min(now(), datetime.combine(keyed.received_on, time(12), LONDON))


def for_staff(questionnaire: Questionnaire) -> Questionnaire:
    """The questionnaire with what staff may answer besides: that nothing was said about publishing."""
    blocks = tuple(_offering_silence(block) for block in questionnaire.blocks)
    # Built anew: a copy would take along what the questionnaire has worked out of its own pages.
    fields = {name: value for name, value in questionnaire if name != "blocks"}
    return Questionnaire.model_construct(**fields, pages=blocks)


def _offering_silence(block: Page | Repeat) -> Page | Repeat:
    if isinstance(block, Repeat) or all(question.id != PERMISSION for question in block.questions):
        return block
    questions = tuple(
        one.model_copy(update={"choices": (*one.choices, NOTHING_SAID)}) if one.id == PERMISSION else one
        for one in block.questions
    )
    return block.model_copy(update={"questions": questions})
