from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from collector.database import Moment, now


class Statement(SQLModel, table=True):
    """A sentence or bullet of a passage, by character offsets (code points)."""

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("passage_id", "start", "end"),)

    id: int | None = Field(default=None, primary_key=True)
    passage_id: int = Field(foreign_key="passage.id")
    start: int
    end: int
    model: str  # the model version that last cut the passage here, or empty where a person did
    # Of the cut that holds: a person's, else that of the model that last read it, until somebody decided on it.
    stands: bool = True


class Finding(SQLModel, table=True):
    """What a model says of a statement. Never edited, and there once however often a job runs."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("statement_id", "family", "label", "model"),
        Index("finding_of_label", "family", "label", "statement_id"),  # what a change of the codebook concerns
    )

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="statement.id")
    family: str
    label: str
    model: str
    score: float
    evidence: list[Any] = Field(sa_type=JSON)  # [[start, end], ...] into the passage
    found_at: datetime = Field(default_factory=now, sa_type=Moment)


class Extract(SQLModel, table=True):
    """Words of a passage that a model picked out, and what it says of them. Never edited.

    A commitment is picked out anew where its document gets another date: from that its days are counted.
    """

    __tablename__ = "extract"
    __table_args__ = (UniqueConstraint("passage_id", "kind", "start", "end", "model"),)

    id: int | None = Field(default=None, primary_key=True)
    passage_id: int = Field(foreign_key="passage.id")
    kind: str  # barrier, commitment, need, offer, practice, idea, personal-detail, organisation
    start: int
    end: int
    model: str
    details: dict[str, Any] = Field(sa_type=JSON)  # themes and actions, who and by when, links, by kind


class StandingLabel(SQLModel, table=True):
    """What holds of a statement now: findings of the model that last read it, overlaid by people's decisions.

    Derived, and rebuilt by `standing.settle` whenever either changes, so that a profile of thousands of
    statements is an indexed query.
    """

    __tablename__ = "standing_label"
    __table_args__ = (Index("standing_label_of_label", "family", "label", "statement_id", "state"),)

    statement_id: int = Field(foreign_key="statement.id", primary_key=True)
    family: str = Field(primary_key=True)
    label: str = Field(primary_key=True)
    state: str  # suggested, accepted, added, asked (the question was asked under this priority area)
    score: float | None = None


class Act(SQLModel, table=True):
    """One thing that one of the staff did at once, to one passage or to many: what is undone as a whole.

    All that people say of statements belongs to an act, as rows that are never edited, and what holds is worked out
    from the rows of acts that were not undone.
    """

    __tablename__ = "act"
    # A number is never given twice: a page that offers to undo one that is gone must not meet another.
    __table_args__ = (Index("act_of_staff", "staff_id", "id"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff_member.id")
    what: str  # a key of review.acts.WORDS
    passages: int = 1  # how many it was about
    key: str | None = Field(default=None, unique=True)  # of the form: sent again, it is done once
    done_at: datetime = Field(default_factory=now, sa_type=Moment)
    undone_at: datetime | None = Field(default=None, sa_type=Moment)


class Decision(SQLModel, table=True):
    """What a person says of a label on a statement. A new row each time; the latest that was not undone counts."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("decision_label", "statement_id", "family", "label"),
        Index("decision_of_label", "family", "label", "statement_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="statement.id")
    family: str
    label: str
    verdict: str  # accept, reject, add
    why: str = ""
    staff_id: int = Field(foreign_key="staff_member.id")
    decided_at: datetime = Field(default_factory=now, sa_type=Moment)
    act_id: int = Field(foreign_key="act.id", index=True)
    evidence: list[Any] | None = Field(default=None, sa_type=JSON)  # where a person moved it; else the machine's


class Cut(SQLModel, table=True):
    """How a person cut a passage into statements, and how it was cut before."""

    __tablename__ = "cut"

    id: int | None = Field(default=None, primary_key=True)
    act_id: int = Field(foreign_key="act.id", index=True)
    passage_id: int = Field(foreign_key="passage.id", index=True)
    before: list[Any] = Field(sa_type=JSON)  # [[start, end], ...]
    after: list[Any] = Field(sa_type=JSON)


class ExtractDecision(SQLModel, table=True):
    """What a person says of words that were picked out, or picks out themselves. The latest not undone counts.

    One extract is known by its kind and the place where it first stood; `start` and `end` are where it stands since.
    """

    __tablename__ = "extract_decision"
    __table_args__ = (Index("extract_decision_place", "passage_id", "kind", "first_start", "first_end"),)

    id: int | None = Field(default=None, primary_key=True)
    act_id: int = Field(foreign_key="act.id", index=True)
    passage_id: int = Field(foreign_key="passage.id")
    kind: str  # as of an extract, or redaction
    first_start: int
    first_end: int
    start: int
    end: int
    verdict: str  # accept, reject, add
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # as of an extract; the reason of a redaction
    why: str = ""
    staff_id: int = Field(foreign_key="staff_member.id")
    decided_at: datetime = Field(default_factory=now, sa_type=Moment)


class Note(SQLModel, table=True):
    """What staff tell one another of a passage: a comment, a flag, a question to a colleague and its answer."""

    __tablename__ = "note"

    id: int | None = Field(default=None, primary_key=True)
    act_id: int = Field(foreign_key="act.id", index=True)
    passage_id: int = Field(foreign_key="passage.id", index=True)
    statement_id: int | None = Field(default=None, foreign_key="statement.id", index=True)
    kind: str  # comment, flag, question, answer
    text: str
    to_staff_id: int | None = Field(default=None, foreign_key="staff_member.id", index=True)
    answers: int | None = Field(default=None, foreign_key="note.id", index=True)  # the question
    staff_id: int = Field(foreign_key="staff_member.id")
    noted_at: datetime = Field(default_factory=now, sa_type=Moment)


class Step(SQLModel, table=True):
    """That a person moved a passage on: it is decided, needs a second look, is set aside, or is taken up again."""

    __tablename__ = "step"
    __table_args__ = (Index("step_of_staff", "staff_id", "state", "taken_at"),)  # how far each has come, day by day

    id: int | None = Field(default=None, primary_key=True)
    act_id: int = Field(foreign_key="act.id", index=True)
    passage_id: int = Field(foreign_key="passage.id", index=True)
    state: str  # decided, second-look, set-aside, in-review
    reason: str = ""
    staff_id: int = Field(foreign_key="staff_member.id")
    taken_at: datetime = Field(default_factory=now, sa_type=Moment)


class Assignment(SQLModel, table=True):
    """Whose work a passage is; nobody's again where `assigned_to` is null."""

    __tablename__ = "assignment"

    id: int | None = Field(default=None, primary_key=True)
    act_id: int = Field(foreign_key="act.id", index=True)
    passage_id: int = Field(foreign_key="passage.id", index=True)
    assigned_to: int | None = Field(default=None, foreign_key="staff_member.id")


class BlindItem(SQLModel, table=True):
    """A passage of the standing random share that people code without seeing what the machine or others gave.

    Until `closed_at` none of its labels stand. `chance` is how likely it was to be drawn.
    """

    __tablename__ = "blind_item"
    __table_args__ = (Index("blind_item_open", "closed_at", "passage_id"),)

    passage_id: int = Field(foreign_key="passage.id", primary_key=True)
    coders: int  # how many people are to code it
    chance: float
    drawn_at: datetime = Field(default_factory=now, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)


class BlindCoding(SQLModel, table=True):
    """That one of the staff has coded a blind passage. Never edited."""

    __tablename__ = "blind_coding"
    __table_args__ = (UniqueConstraint("passage_id", "staff_id"),)

    id: int | None = Field(default=None, primary_key=True)
    passage_id: int = Field(foreign_key="passage.id")
    staff_id: int = Field(foreign_key="staff_member.id")
    offered_id: int = Field(foreign_key="offered_labels.id")  # the labels that could be chosen
    statement_ids: list[int] = Field(sa_type=JSON)  # those that stood then, in the order of the text
    sent_at: datetime = Field(default_factory=now, sa_type=Moment)


class BlindCode(SQLModel, table=True):
    """A label that they gave to a statement of it."""

    __tablename__ = "blind_code"

    coding_id: int = Field(foreign_key="blind_coding.id", primary_key=True)
    statement_id: int = Field(foreign_key="statement.id", primary_key=True, index=True)
    family: str = Field(primary_key=True)
    label: str = Field(primary_key=True)


NEW = "state = 'decided' AND suggested > 0"
# What the queue is narrowed by stands in each index that it is sorted by: a rare choice is found there without a look
# at the rows themselves.
FILTERED_BY = ("round_id", "source_kind", "language", "assigned_to", "coder", "blind", "source_id")


class ReviewItem(SQLModel, table=True):
    """A passage as the queue knows it. Derived, and rebuilt by `review_items.refresh` whenever something changes.

    A passage that no model has read has none: it waits.
    """

    __tablename__ = "review_item"
    __table_args__ = (
        Index("review_item_certainty", "state", "certainty", "passage_id", *FILTERED_BY),
        Index("review_item_consequence", "state", "consequence", "passage_id", *FILTERED_BY, "certainty"),
        Index("review_item_age", "state", "received_at", "passage_id", *FILTERED_BY, "certainty"),
        Index("review_item_assigned", "assigned_to", "state"),
        # What a later model suggests where people had decided.
        Index("review_item_new", "passage_id", sqlite_where=text(NEW), postgresql_where=text(NEW)),
    )

    passage_id: int = Field(foreign_key="passage.id", primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    round_id: int | None = Field(default=None, foreign_key="round.id")
    source_kind: str
    model: str  # that read it last
    language: str
    received_at: datetime = Field(sa_type=Moment)
    state: str  # suggested, in-review, decided, second-look, set-aside
    blind: bool = False  # to be coded blind, and not coded yet
    certainty: float  # the lowest score of a suggested label; 0 where the machine could not read it
    consequence: int  # less is more, as of all that is sorted: review_items.consequence_of
    suggested: int = 0  # labels that nobody has decided on
    assigned_to: int | None = Field(default=None, foreign_key="staff_member.id")
    coder: int | None = Field(default=None, foreign_key="staff_member.id")  # who was the last to decide
    changed_at: datetime | None = Field(default=None, sa_type=Moment)  # by a person
    revision: int = 1  # counts the changes: what was counted at one and is at another has changed in between
    # Who has it before them, so that the next one is given something else; a hint that runs out, never a lock.
    taken_by: int | None = Field(default=None, foreign_key="staff_member.id")
    taken_until: datetime | None = Field(default=None, sa_type=Moment)


class ReviewLabel(SQLModel, table=True):
    """That a label stands on a passage of the queue, with what the queue is sorted by. Derived with its item."""

    __tablename__ = "review_label"
    __table_args__ = (
        Index("review_label_certainty", "family", "label", "state", "certainty", "passage_id"),
        Index("review_label_consequence", "family", "label", "state", "consequence", "passage_id"),
        Index("review_label_age", "family", "label", "state", "received_at", "passage_id"),
    )

    passage_id: int = Field(foreign_key="review_item.passage_id", primary_key=True, ondelete="CASCADE")
    family: str = Field(primary_key=True)
    label: str = Field(primary_key=True)
    # These are the item's.
    state: str
    certainty: float
    consequence: int
    received_at: datetime = Field(sa_type=Moment)


class Difference(SQLModel, table=True):
    """A label that a person accepted while a model said it too, and that the model that read it since says no more.

    Derived, and rebuilt with what holds. Who decides on it again has seen it, and it goes.
    """

    __tablename__ = "difference"

    statement_id: int = Field(foreign_key="statement.id", primary_key=True)
    family: str = Field(primary_key=True)
    label: str = Field(primary_key=True)
    passage_id: int = Field(foreign_key="passage.id", index=True)


class BulkList(SQLModel, table=True):
    """Passages as somebody counted them, for one decision on all of them, and what came of it.

    The list that was counted is the list that it is done to. Goes a day after it was counted.
    """

    __tablename__ = "bulk_list"
    # No number is given twice: an old page must never do to another list what it says of its own.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff_member.id", index=True)
    what: str  # a key of review.bulk.WHAT
    query: str  # the part of the queue that they were chosen from
    whole: bool  # all that there were, or as many as are done at once
    counted: list[Any] = Field(sa_type=JSON)  # [[passage, revision], ...] in the order of the queue
    end: str = ""  # the place of the last of them in the order, from which one may go on
    counted_at: datetime = Field(default_factory=now, sa_type=Moment)
    act_id: int | None = Field(default=None, foreign_key="act.id")  # none where nothing was left to do
    done: int | None = None
    not_done: dict[str, int] = Field(default_factory=dict, sa_type=JSON)  # by the reason, a key of review.bulk.NOT_DONE
    done_at: datetime | None = Field(default=None, sa_type=Moment)


class SavedView(SQLModel, table=True):
    """Filters and an order of the queue under a name."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("staff_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff_member.id")
    name: str
    query: str
    shared: bool = False
    saved_at: datetime = Field(default_factory=now, sa_type=Moment)


class KeyChoice(SQLModel, table=True):
    """Which keys somebody of the staff wants for what, where not the usual ones; or none at all."""

    __tablename__ = "key_choice"

    staff_id: int = Field(foreign_key="staff_member.id", primary_key=True)
    off: bool = False
    keys: dict[str, str] = Field(default_factory=dict, sa_type=JSON)


class Reply(SQLModel, table=True):
    """What a respondent says of what was taken from their words. A new row each time; the latest counts."""

    __tablename__ = "reply"

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    statement_id: int | None = Field(default=None, foreign_key="statement.id")  # null: of all of it
    agrees: bool
    text: str = ""
    replied_at: datetime = Field(default_factory=now, sa_type=Moment)
