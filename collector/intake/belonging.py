"""What an organisation is left with when a submission of it is withdrawn, or names another one after a correction."""

from collections.abc import Iterable
from itertools import chain

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from collector.intake import given
from collector.intake.models import Answers, Submission
from collector.organisations import directory
from collector.organisations.models import Organisation, OrganisationAlias, OrganisationArea


def leave(session: Session, organisation_id: int | None, areas: Iterable[str]) -> None:
    """Take from the organisation what this submission alone said of it: its areas, and itself where nobody else did.
    Areas that staff put in stay.

    To be called in the transaction that has taken the submission from it.
    """
    if organisation_id is None:
        return
    session.flush()
    said = areas_said(session, organisation_id) | directory.by_hand(session, [organisation_id])[organisation_id].put_in
    gone = [area for area in areas if area not in said]
    of_it = col(OrganisationArea.organisation_id) == organisation_id
    session.exec(delete(OrganisationArea).where(of_it, col(OrganisationArea.area).in_(gone)))
    forget(session, organisation_id)


def forget(session: Session, organisation_id: int) -> None:
    """Delete an organisation where nothing else leads to it; the database knows best what does."""
    try:
        with session.begin_nested():
            for table in (OrganisationArea, OrganisationAlias):
                session.exec(delete(table).where(col(table.organisation_id) == organisation_id))
            session.exec(delete(Organisation).where(col(Organisation.id) == organisation_id))
    except IntegrityError:
        return


def areas_said(session: Session, organisation_id: int) -> set[str]:
    """That its own answers name."""
    said = (
        select(given.to("areas"))
        .join(Submission, col(Submission.id) == Answers.submission_id)
        .where(Submission.organisation_id == organisation_id)
    )
    return set(chain.from_iterable(areas for areas in session.exec(said) if areas))
