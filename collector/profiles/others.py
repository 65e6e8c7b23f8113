"""What others say of an organisation: statements from sources that are not its own, in which it is named.

Staff are shown all of it. What leaves the house of it is what the one who said it allows to be published, with the name
or without it, and nothing of individuals: what somebody tells of an organisation may show it who they are.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from collector.findings import standing
from collector.findings.models import Extract, ReviewItem, Statement
from collector.findings.profile_models import NamedIn
from collector.intake import partners
from collector.intake.models import Passage, Source, Submission
from collector.organisations import names
from collector.organisations.models import Organisation, OrganisationAlias
from collector.profiles import lines
from collector.profiles.lines import Line
from forms import organisations

WITH_NAME, WITHOUT_NAME = "with-name", "without-name"
LOOKED_AT = 50  # the newest, of which some may tell who said them
PERSONAL, SET_ASIDE = "personal-detail", "set-aside"
TELLING = 4  # letters of a word by which a name is known again
WORD = re.compile(r"[\w&]+")


def ids_of(session: Session, organisation: Organisation, *, at_most: int) -> tuple[list[int], int]:
    """The newest statements that name it, and how many there are."""
    chosen = naming(session, organisation, Statement.id, Source.received_at)
    total = session.exec(select(func.count()).select_from(chosen.subquery())).one()
    return [id for id, _ in session.exec(newest(chosen, at_most))], total


def naming(session: Session, organisation: Organisation, *columns: Any):
    """A query of statements that name it, each once."""
    return (
        select(*columns)
        .select_from(Statement)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .join(NamedIn, col(NamedIn.passage_id) == Passage.id)
        .where(
            col(NamedIn.known_as).in_(known_as(session, organisation)),
            NamedIn.start < Statement.end,
            NamedIn.end > Statement.start,
            partners.is_of_others(organisation.id),
            col(Source.sample) == organisation.sample,
            *standing.current(),
        )
        .distinct()
    )


def newest(chosen: Any, at_most: int) -> Any:
    return chosen.order_by(col(Source.received_at).desc(), col(Statement.id).desc()).limit(at_most)


def known_as(session: Session, organisation: Organisation) -> list[str]:
    """What it is known as where it is named: in the public list by its name or another one, and by its own id."""
    public = (organisations.id_spelled(key) for key in names_of(session, organisation))
    return [f"organisation-{organisation.id}", *(id for id in public if id)]


def names_of(session: Session, organisation: Organisation) -> set[str]:
    others = select(OrganisationAlias.name_key).where(OrganisationAlias.organisation_id == organisation.id)
    return {organisation.name_key, *session.exec(others)}


# -- What may leave the house ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Voice:
    """A statement of others. Where it is not `named`, nothing that tells who said it may be told beside it."""

    line: Line
    named: bool


@dataclass(frozen=True)
class MayBeTold:
    """`weighed` are the sources that were looked at, with what may be published of each."""

    voices: tuple[Voice, ...]
    weighed: dict[int, str]

    @property
    def quoted(self) -> dict[int, str]:
        """Of the sources, those that are quoted."""
        ids = {one.line.source.id for one in self.voices}
        return {id: permission for id, permission in self.weighed.items() if id in ids}


def that_may_be_told(
    session: Session, organisation: Organisation, *, permissions: Collection[str], at_most: int
) -> MayBeTold:
    """The newest of what organisations say of it, where they may be quoted under one of these permissions: nothing that
    may tell of harm, nothing that staff have set aside, and nothing with a person's details in it."""
    details = select(Extract.id).where(
        Extract.passage_id == Passage.id,
        Extract.kind == PERSONAL,
        Extract.start < Statement.end,
        Extract.end > Statement.start,
    )
    aside = select(ReviewItem.passage_id).where(ReviewItem.passage_id == Passage.id, ReviewItem.state == SET_ASIDE)
    columns = (Statement.id, Source.id, Submission.permission, Source.received_at)
    chosen = (
        naming(session, organisation, *columns)
        .join(Submission, col(Submission.id) == Source.submission_id)
        .where(
            col(Submission.permission).in_(permissions),
            col(Source.organisation_id).is_not(None),
            col(Passage.harm).is_not(True),
            ~details.correlate(Passage, Statement).exists(),
            ~aside.correlate(Passage).exists(),
        )
    )
    rows = session.exec(newest(chosen, LOOKED_AT)).all()
    weighed = {source_id: permission for _, source_id, permission, _ in rows}
    told = lines.by_id(session, [id for id, *_ in rows], outside=True)
    found = [told[id] for id, *_ in rows if id in told]
    return MayBeTold(tuple(voices(session, organisation, found, weighed))[:at_most], weighed)


def voices(
    session: Session, organisation: Organisation, found: Iterable[Line], weighed: dict[int, str]
) -> Iterator[Voice]:
    own = words_in(names_of(session, organisation))
    for line in found:
        named = weighed[line.source.id] == WITH_NAME
        if line.who and (named or not tells_who(session, line, but=own)):
            yield Voice(line, named)


def tells_who(session: Session, line: Line, *, but: set[str]) -> bool:
    """Whether its words name one of those who said it, or have a word of a name of theirs in them."""
    inside = select(NamedIn.known_as).join(Statement, col(Statement.passage_id) == NamedIn.passage_id)
    inside = inside.where(Statement.id == line.id, NamedIn.start < Statement.end, NamedIn.end > Statement.start)
    named, said = set(session.exec(inside)), {word.casefold() for word in WORD.findall(line.text)}
    for one in line.who:
        own = names_of(session, one)
        telling = {word for word in words_in(own) - but if len(word) >= TELLING}
        short = {names.initials(name) for name in own} | {name for name in own if " " not in name}
        if said & (telling | short) or named & set(known_as(session, one)):
            return True
    return False


def words_in(of: Iterable[str]) -> set[str]:
    return {word.casefold() for name in of for word in WORD.findall(name)}
