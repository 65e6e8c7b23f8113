"""One takes away what another is just getting: whoever comes second waits for the first, and nothing is left over.

On PostgreSQL alone: SQLite has one writer.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import markup
import pytest
from litestar.exceptions import NotFoundException
from sqlmodel import Session, col, select

from collector.accounts import staff
from collector.database import Database
from collector.intake import held, keying, own_links, rounds
from collector.intake.models import Draft, Keying, Round, Submission
from collector.mine import entry
from collector.privacy import erasure
from forms import questionnaire

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database", ["postgresql"], indirect=True)]
WAITS = 1  # seconds that the second is given to come as far as it can


@pytest.fixture
def meet(database: Database) -> Callable[..., None]:
    """Has the second do its work when the first has done its own and not committed yet."""

    def one_in_the_middle_of(first: Callable[[Session], Any], second: Callable[[Session], Any]) -> None:
        def do() -> None:
            with suppress(NotFoundException), database.writing() as session:
                second(session)
                session.commit()

        meanwhile = threading.Thread(target=do)
        with database.writing() as session:
            first(session)
            session.flush()
            meanwhile.start()
            meanwhile.join(WAITS)
            session.commit()
        meanwhile.join()

    return one_in_the_middle_of


def withdrawing(mine: Any) -> Callable[[Session], None]:
    return lambda session: erasure.withdraw(session, to_change(session, mine))


def to_change(session: Session, mine: Any) -> Submission:
    return session.get_one(Submission, mine.submission_id, with_for_update={"key_share": True})


def beginning(mine: Any, round_: Round) -> Callable[[Session], Any]:
    """Whoever begins has been shown what is held: it stood then."""
    form = questionnaire.load("keeping-the-promise")

    def begin(session: Session) -> Any:
        found = held._standing(session, mine.submission_id)
        return found and held.begin(session, "a colleague's browser", round_, form, found)

    return begin


@pytest.mark.parametrize("first", ["beginning", "withdrawing"])
def test_no_draft_keeps_facts_of_what_is_withdrawn_while_it_is_begun(
    first: str, mine: Any, open_round: Round, meet: Callable, database: Database
) -> None:
    both = [beginning(mine, open_round), withdrawing(mine)]
    meet(*(both if first == "beginning" else both[::-1]))
    with database.reading() as session:
        kept = session.exec(select(Draft).where(col(Draft.submission_id).is_(None))).all()
    assert [one.answers for one in kept] == ([{}] if first == "beginning" else [])


@pytest.mark.parametrize("first", ["going on", "withdrawing"])
def test_no_letter_keeps_facts_of_what_is_withdrawn_while_it_goes_on_from_it(
    first: str, mine: Any, open_round: Round, meet: Callable, database: Database
) -> None:
    form = questionnaire.load("keeping-the-promise")
    with database.writing() as session:
        member = staff.add(session, email="someone@example.org", name="Someone", role="reviewer")
        session.flush()
        facts = {"channel": "post", "received_on": rounds.local_date(), "note": ""}
        session.add(
            Keying(
                round_id=open_round.id,
                questionnaire_id=open_round.questionnaire_id,
                saved_by=member.id,
                staff_id=member.id,
                **facts,
            )
        )
        session.commit()
    with database.reading() as session:
        found = held._standing(session, mine.submission_id)

    def going_on(session: Session) -> None:
        keyed = session.exec(select(Keying).with_for_update()).one()
        keying.go_on_from(session, keyed, found, form)
        session.add(keyed)

    both = [going_on, withdrawing(mine)]
    meet(*(both if first == "going on" else both[::-1]))
    with database.reading() as session:
        keyed = session.exec(select(Keying)).one()
    assert (keyed.begun_from, keyed.answers) == (None, {})


def test_staff_who_correct_what_is_being_withdrawn_are_told_so_and_have_their_words_back(
    mine: Any, staff_browser: Any, meet: Callable
) -> None:
    page, met = f"/staff/sources/{mine.source_id}/answers/permission", []
    typed = {"permission": "with-name", "_why": "They rang on Monday."}
    meet(withdrawing(mine), lambda _: met.append(staff_browser.submit(page, typed)))
    assert met[0].status_code == 410
    assert "The respondent has withdrawn what they sent" in markup.words(met[0])
    assert "They rang on Monday." in markup.words(met[0])


@pytest.mark.parametrize("first", ["letting in", "renewing"])
def test_a_link_that_is_replaced_while_it_is_used_lets_nobody_in(
    first: str, mine: Any, meet: Callable, database: Database
) -> None:
    with database.writing() as session:
        member = staff.add(session, email="someone@example.org", name="Someone", role="reviewer")
        session.commit()
        staff_id = member.id
    secret = mine.link.rsplit("/", 1)[1]

    def let_in(session: Session) -> None:
        own_links.let_in(session, "a thief's browser", entry.found(session, secret, to_let_in=True).id)

    def renew(session: Session) -> None:
        own_links.renew(session, to_change(session, mine), staff_id)

    meet(*((let_in, renew) if first == "letting in" else (renew, let_in)))
    with database.reading() as session:
        assert own_links.opened(session, "a thief's browser", mine.reference) is None
