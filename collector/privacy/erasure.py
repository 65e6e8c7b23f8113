"""Erasure that reaches everything derived."""

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, delete, func, select

from collector.database import batches, now
from collector.findings import profile_changes, readers, reported
from collector.findings.audit_models import Adjudication, BlindReading
from collector.findings.models import (
    Act,
    Assignment,
    BlindCode,
    BlindCoding,
    BlindItem,
    BulkList,
    Cut,
    Decision,
    Difference,
    Extract,
    ExtractDecision,
    Finding,
    Note,
    Reply,
    ReviewItem,
    ReviewLabel,
    StandingLabel,
    Statement,
    Step,
)
from collector.findings.plan_models import LocalPlan, LocalPlanArea, LocalPlanOrganisation, PlanDecision, ReviewedPlan
from collector.findings.report_models import Report, ReportSource, ReportStatement
from collector.findings.summary_models import Summary
from collector.findings.theme_models import ThemeSearch, ThemeStatement
from collector.intake import belonging, given, held, item_states, jobs, partners, receipt_mails
from collector.intake.models import (
    Answers,
    Draft,
    Invitation,
    Job,
    Keying,
    ListedItem,
    Meeting,
    Passage,
    Round,
    RoundChange,
    RoundPageCount,
    Source,
    SourceOrganisation,
    Submission,
    SubmissionAccess,
    SubmissionChange,
    SubmissionPartner,
    Upload,
)
from collector.mail.models import Mail
from collector.organisations import directory
from collector.organisations.models import ActionLead, Organisation, OrganisationArea
from collector.privacy.models import Removal
from collector.review import heard, outside

MOST_SHOWN = 200
# What belongs to an act, which goes with the last of it.
OF_ACTS = (Decision, Note, Step, Assignment, Cut, ExtractDecision)
# What people said of passages, and what the queue knows of them, besides their decisions on labels.
OF_REVIEW = (
    Adjudication,
    BlindReading,
    BlindCoding,
    BlindItem,
    Step,
    Assignment,
    Cut,
    ExtractDecision,
    ReviewLabel,
    ReviewItem,
)

# That a document is a plan, and what people said of it as one.
OF_PLANS = (PlanDecision, ReviewedPlan, LocalPlanArea, LocalPlanOrganisation, LocalPlan)


def withdraw(session: Session, submission: Submission) -> None:
    """Delete every word of a submission, and all that was made of them, at once and for good. The caller commits.

    What stays is that something with this reference was received and withdrawn, and when. The same key that it was
    sent with brings it back no more. Items that a later submission keeps are that one's own from now on.
    """
    held.strip(session, submission.id)
    item_states.bridge(session, submission)
    areas = given.answers_of(session, submission.id).get("areas", [])
    speaks_for = partners.ids_of(session, submission)
    directory.hold(session, speaks_for, to_forget=True)
    profile_changes.note_organisations(session, speaks_for)
    with_it = partners.take_out(session, submission.id)
    item_states.hold(session, submission.id)
    organisation_id, submission.organisation_id = submission.organisation_id, None
    submission.withdrawn_at, submission.permission, submission.content_hash = now(), "do-not-publish", ""
    session.add(submission)
    session.flush()
    this = select(Submission.id).where(Submission.id == submission.id)
    erase_sources(session, select(Source.id).where(Source.submission_id == submission.id))
    erase_answers(session, this)
    item_states.take_out(session, submission.id)
    take_out(session, Draft, "submission_id", this)
    belonging.leave(session, organisation_id, areas)
    for partner_id in with_it:
        belonging.forget(session, partner_id)
    reported.organisations_gone(session, speaks_for)


def erase_sample(session: Session) -> int:
    """Take out the sample round and all that was made of it; returns how many submissions went. Commits."""
    round_ids = select(Round.id).where(col(Round.sample).is_(True))
    submission_ids = select(Submission.id).where(col(Submission.round_id).in_(round_ids))
    source_ids = select(Source.id).where(col(Source.sample).is_(True))
    organisation_ids = select(Organisation.id).where(col(Organisation.sample).is_(True))
    number = len(session.exec(submission_ids.order_by(col(Submission.id)).with_for_update()).all())
    held = session.exec(organisation_ids.order_by(col(Organisation.id)).with_for_update()).all()
    profile_changes.note_organisations(session, held)
    erase_sources(session, source_ids)
    session.exec(delete(Report).where(col(Report.sample).is_(True)))
    erase_answers(session, submission_ids)
    heard.forget(session, select(Summary.id).where(col(Summary.round_id).in_(round_ids)))
    outside.forget(session, select(ThemeSearch.id).where(col(ThemeSearch.round_id).in_(round_ids)))
    for table, column, ids in (
        (SubmissionAccess, "submission_id", submission_ids),
        (Draft, "round_id", round_ids),
        (Submission, "round_id", round_ids),
        (OrganisationArea, "organisation_id", organisation_ids),
        (ActionLead, "organisation_id", organisation_ids),
        (Organisation, "id", organisation_ids),
        (RoundChange, "round_id", round_ids),
        (Invitation, "round_id", round_ids),
        (RoundPageCount, "round_id", round_ids),
        (Round, "id", round_ids),
    ):
        take_out(session, table, column, ids)
    session.commit()
    return number


def remove_meeting(session: Session, source_id: int, *, staff_id: int, why: str) -> None:
    """Take out the notes of a meeting and all that was made of them; that it was done, and why, is kept. Commits."""
    passages = session.exec(select(func.count()).select_from(Passage).where(Passage.source_id == source_id)).one()
    erase_sources(session, select(Source.id).where(Source.id == source_id, Source.kind == "meeting"))
    session.add(Removal(source_id=source_id, kind="meeting", passages=passages, why=why, staff_id=staff_id))
    session.commit()


def removals(session: Session) -> list[Removal]:
    """What was taken out, newest first."""
    return list(session.exec(select(Removal).order_by(col(Removal.id).desc()).limit(MOST_SHOWN)))


def erase_sources(session: Session, source_ids: sa.Select) -> None:
    """Take out these sources and all that was made of them. The caller commits."""
    profile_changes.note_sources(session, col(Source.id).in_(source_ids))
    passage_ids = select(Passage.id).where(col(Passage.source_id).in_(source_ids))
    statement_ids = select(Statement.id).where(col(Statement.passage_id).in_(passage_ids))
    # The jobs first: a worker that is reading one finds its claim gone before it keeps anything more. Then nobody
    # decides on a statement while it goes.
    jobs.hold(session, source_ids)
    for column, ids in ((Passage.id, passage_ids), (Statement.id, statement_ids)):
        session.exec(ids.order_by(col(column)).with_for_update(key_share=True)).all()
    reported.sources_erased(session, source_ids)
    act_ids = acts_on(session, passage_ids, statement_ids)
    readers.forget(session, passage_ids)
    heard.let_go(session, statement_ids)
    take_out(session, Job, "source_id", source_ids)
    for table, column, ids in (
        (StandingLabel, "statement_id", statement_ids),
        (Difference, "statement_id", statement_ids),
        (ReportStatement, "statement_id", statement_ids),
        (ReportSource, "source_id", source_ids),
        (ThemeStatement, "statement_id", statement_ids),
        (Decision, "statement_id", statement_ids),
        (BlindCode, "statement_id", statement_ids),
        (Note, "passage_id", passage_ids),
        (Finding, "statement_id", statement_ids),
        (Reply, "statement_id", statement_ids),
        (Extract, "passage_id", passage_ids),
        *((table, "passage_id", passage_ids) for table in OF_REVIEW),
        (Statement, "passage_id", passage_ids),
        (Passage, "source_id", source_ids),
        (SourceOrganisation, "source_id", source_ids),
        *((table, "source_id", source_ids) for table in OF_PLANS),
        (Meeting, "source_id", source_ids),
        (Source, "id", source_ids),
    ):
        take_out(session, table, column, ids)
    for some in batches(act_ids):
        empty = [~select(table.act_id).where(table.act_id == Act.id).exists() for table in OF_ACTS]
        gone = list(session.exec(select(Act.id).where(col(Act.id).in_(some), *empty)))
        session.exec(sa.update(BulkList).where(col(BulkList.act_id).in_(gone)).values(act_id=None))
        session.exec(delete(Act).where(col(Act.id).in_(gone)))


def acts_on(session: Session, passage_ids: sa.Select, statement_ids: sa.Select) -> list[int]:
    """What people did of which something is about these."""
    found = set(session.exec(select(Decision.act_id).where(col(Decision.statement_id).in_(statement_ids))))
    for table in OF_ACTS[1:]:
        found |= set(session.exec(select(table.act_id).where(col(table.passage_id).in_(passage_ids))))
    return sorted(found)


def erase_answers(session: Session, submission_ids: sa.Select) -> None:
    """What these submissions said, the history of it, their files, how they came, and mails that may hold a copy."""
    for table in (Upload, Keying, SubmissionPartner, ListedItem, Answers, SubmissionChange, Reply):
        take_out(session, table, "submission_id", submission_ids)
    about = [receipt_mails.about(id) for id in session.exec(submission_ids)]
    session.exec(delete(Mail).where(col(Mail.about).in_(about)))


def take_out(session: Session, table: type[SQLModel], column: str, ids: sa.Select) -> None:
    session.exec(delete(table).where(getattr(table, column).in_(ids)))
