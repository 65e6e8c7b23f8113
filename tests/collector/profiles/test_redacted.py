"""What staff redacted is in no profile, on no page and for no program, wherever its words stand again."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from collector.accounts.access import Person
from collector.database import Database
from collector.intake.models import Passage
from collector.review import acts, picked, redactions


def redact(database: Database, words: str, by: int) -> None:
    """Wherever the words stand in a passage."""
    with database.writing() as session:
        for passage in session.exec(select(Passage)).all():
            if (start := passage.text.find(words)) >= 0:
                place = (start, start + len(words))
                picked.decide(
                    session,
                    passage_id=passage.id,
                    kind="redaction",
                    first=place,
                    place=place,
                    verdict="add",
                    details={"reason": "child"},
                    staff_id=by,
                )
        session.commit()


@pytest.mark.parametrize("words", ["family meeting", "Wee Morag"])
def test_what_is_redacted_is_in_no_profile_and_comes_back_when_that_is_undone(
    words: str, database: Database, analysed: Callable, staff_browser: Any, new_token: Callable, as_person: Callable
) -> None:
    listed = [{"id": "a", "commitment": "We will help Wee Morag.", "commitment-partners": "Wee Morag’s mother"}]
    kept = analysed(
        told={1: {"We hold a family meeting before every decision.": {"kinds": ["activity"]}}}, commitments=listed
    )
    page, program = f"/staff/organisations/{kept.organisation_id}", as_person(Person.READER)
    api = f"/api/organisations/{kept.organisation_id}/profile"
    pages = [lambda: staff_browser.get(page).text, lambda: program.get(api, headers=new_token("reader")).text]
    assert all(words in show() for show in pages)
    redact(database, words, 1)
    assert not any(words in show() for show in pages)
    assert all(redactions.IN_PLACE in show() for show in pages)
    with database.writing() as session:
        acts.undo(session, acts.last(session, 1).id, staff_id=1)
        session.commit()
    assert all(words in show() for show in pages)


@given(
    st.text("abcdef ", min_size=1, max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=4)
)
def test_no_character_of_what_is_hidden_is_shown_and_every_other_is(text: str, spans: list[tuple[int, int]]) -> None:
    hidden = redactions.joined([(min(one), max(one)) for one in spans if one[0] != one[1] and max(one) <= len(text)])
    left = "".join(sign for at, sign in enumerate(text) if not any(start <= at < end for start, end in hidden))
    shown = redactions.shown(text, 0, len(text), hidden)
    assert shown.replace(redactions.IN_PLACE, "") == left
    assert shown.count(redactions.IN_PLACE) == len(hidden)
