from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from collector.database import Moment, now
from collector.leases import Leased


class PublishedQuestionnaire(SQLModel, table=True):
    """A questionnaire as it was when it was first used. It never changes: answers keep the version they answered."""

    __tablename__ = "published_questionnaire"
    __table_args__ = (UniqueConstraint("slug", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    slug: str
    version: int
    content_hash: str
    definition: dict[str, Any] = Field(sa_type=JSON)
    published_at: datetime = Field(default_factory=now, sa_type=Moment)


class QuestionnaireTranslation(SQLModel, table=True):
    """What a published questionnaire says in another language: each text by its place, with the English it is of."""

    __tablename__ = "questionnaire_translation"
    __table_args__ = (UniqueConstraint("content_hash", "language"),)

    id: int | None = Field(default=None, primary_key=True)
    content_hash: str  # of the questionnaire, which a copy to try out has too
    language: str
    texts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    texts_hash: str = ""


class Round(SQLModel, table=True):
    __tablename__ = "round"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    title: str
    questionnaire_id: int = Field(foreign_key="published_questionnaire.id")
    opened_at: datetime = Field(default_factory=now, sa_type=Moment)  # may lie ahead: then the round is to come
    closes_on: date | None = None  # its last day; it closes at midnight in Scotland at the end of it
    closed_at: datetime | None = Field(default=None, sa_type=Moment)  # when it was closed ahead of that
    revision: int = 1  # counts the changes, so that two people at once do not undo each other's
    # The share of passages that people code blind, and the share of those that two people do; null: the usual.
    blind_share: float | None = None
    blind_double: float | None = None
    sample: bool = False
    preview: bool = False  # only to try the questionnaire out, see `previews`


class RoundChange(SQLModel, table=True):
    """One thing that somebody did to a round, told in the words that its page shows."""

    __tablename__ = "round_change"

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="round.id", index=True)
    staff_id: int = Field(foreign_key="staff_member.id")
    what: str
    before: str = ""
    after: str = ""
    changed_at: datetime = Field(default_factory=now, sa_type=Moment)


class Invitation(SQLModel, table=True):
    """An address that an organisation is asked at. In a round each address stands once."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("round_id", "email"),)

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="round.id")
    organisation_id: int = Field(foreign_key="organisation.id", index=True)
    email: str  # in small letters
    added_at: datetime = Field(default_factory=now, sa_type=Moment)
    invited_at: datetime | None = Field(default=None, sa_type=Moment)  # when the mail was handed over to be sent
    reminded_at: datetime | None = Field(default=None, sa_type=Moment)
    reminders: int = 0
    stopped_at: datetime | None = Field(default=None, sa_type=Moment)  # when they asked for no more reminders


class RoundPageCount(SQLModel, table=True):
    """How many drafts ended unsent whose furthest page was this one. Sums only: nothing leads back to anybody."""

    __tablename__ = "round_page_count"

    round_id: int = Field(foreign_key="round.id", primary_key=True)
    page_id: str = Field(primary_key=True)
    stopped: int = 0


class Draft(SQLModel, table=True):
    """Answers not sent yet, in the hands of one browser or of several."""

    __tablename__ = "draft"
    __table_args__ = (Index("draft_progress", "round_id", "submission_id", "reached"),)

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="round.id")
    questionnaire_id: int = Field(foreign_key="published_questionnaire.id")
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    # Of each page: the form that it was last saved from, digests of what that posted, the hash of the saver's secret.
    saves: dict[str, dict[str, str]] = Field(default_factory=dict, sa_type=JSON)
    started_at: datetime = Field(default_factory=now, sa_type=Moment)
    saved_at: datetime = Field(default_factory=now, sa_type=Moment)
    saved_by: str = ""  # the hash of that holder's secret
    expires_at: datetime = Field(sa_type=Moment, index=True)
    submission_id: int | None = Field(default=None, foreign_key="submission.id")
    reached: str = ""  # the furthest page that was saved
    # The submission of an earlier round that it was begun from, and what is said of that one's items: by list and item.
    begun_from: int | None = Field(default=None, foreign_key="submission.id", index=True)
    became: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    # The facts that were filled in from there and not answered otherwise since: they go when that is withdrawn.
    carried: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class DraftHolder(SQLModel, table=True):
    """A browser that can read, change and send a draft, known by the hash of a secret that it alone holds."""

    __tablename__ = "draft_holder"
    __table_args__ = (UniqueConstraint("secret_hash", "round_id"),)

    id: int | None = Field(default=None, primary_key=True)
    draft_id: int = Field(foreign_key="draft.id", ondelete="CASCADE", index=True)
    secret_hash: str
    round_id: int = Field(foreign_key="round.id")
    name: str = ""  # as colleagues are shown it; nobody has to give one
    joined_at: datetime = Field(default_factory=now, sa_type=Moment)


class DraftLink(SQLModel, table=True):
    """A link that makes one more browser a holder of a draft, once.

    One to a draft that is gone stays for a while, so that the mails to an address are counted.
    """

    __tablename__ = "draft_link"

    id: int | None = Field(default=None, primary_key=True)
    draft_id: int | None = Field(default=None, foreign_key="draft.id", ondelete="SET NULL", index=True)
    secret_hash: str = Field(unique=True)
    email_hash: str | None = Field(default=None, index=True)
    made_by: str = ""  # the hash of that holder's secret: whether the mail arrived is told to them alone
    made_at: datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class Submission(SQLModel, table=True):
    __tablename__ = "submission"
    # Counts the submissions of a round, and finds those of an organisation in it.
    __table_args__ = (Index("submission_round", "round_id", "organisation_id"),)

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(unique=True)
    receipt_key: str = Field(unique=True)
    idempotency_key: str = Field(unique=True)
    content_hash: str
    round_id: int = Field(foreign_key="round.id")
    questionnaire_id: int = Field(foreign_key="published_questionnaire.id")
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id", index=True)
    token_id: int | None = Field(default=None, foreign_key="api_token.id")
    permission: str
    permission_reason: str = ""  # not-said: a letter left it open, and silence is no leave
    channel: str = "web"  # a key of keying.CHANNELS: how it came
    keyed_by: int | None = Field(default=None, foreign_key="staff_member.id")  # who sent it for the respondent
    received_at: datetime = Field(default_factory=now, sa_type=Moment, index=True)
    own_link_hash: str | None = Field(default=None, unique=True)  # of the secret that opens it to its respondent
    withdrawn_at: datetime | None = Field(default=None, sa_type=Moment)  # its words are gone since
    # The submission of an earlier round that this one goes on from.
    begun_from: int | None = Field(default=None, foreign_key="submission.id")


class ItemState(SQLModel, table=True):
    """What a submission says of an item that was held from an earlier round. The item keeps its id over all rounds.

    The words of an item are read once: those of one that was kept stand in the submission `words_in`, which may be an
    even earlier one; where it was changed or has ended, its earlier words stand there. Several may go on from the same
    submission: all that speak of one item have the same `first_in`, and the last of them to be sent says what is so.
    """

    __tablename__ = "item_state"
    # All that is said of one item, in the order of sending.
    __table_args__ = (Index("item_state_item", "first_in", "list_id", "item_id", "submission_id"),)

    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    list_id: str = Field(primary_key=True)
    item_id: str = Field(primary_key=True)
    state: str  # kept, changed, done, withdrawn
    words_in: int = Field(foreign_key="submission.id", index=True)
    first_in: int = Field(foreign_key="submission.id")  # where it was first listed, also once that is gone
    ended: str = ""  # when it was done, as its respondent says it
    text: str = ""  # what came of it, or why it was withdrawn


class Keying(SQLModel, table=True):
    """Answers that came in another way than the questionnaire's pages, and what staff have keyed of them so far.

    The row stays when they are sent, without the answers: it says how the submission came. Nobody's visitor cookie
    leads to it, and no day deletes it: a letter was sent in, and only a person may say that it is not to be kept.
    """

    __tablename__ = "keying"

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="round.id")
    questionnaire_id: int = Field(foreign_key="published_questionnaire.id")
    staff_id: int = Field(foreign_key="staff_member.id")  # who began
    saved_by: int = Field(foreign_key="staff_member.id")
    channel: str
    received_on: date
    note: str = ""
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    saves: dict[str, dict[str, str]] = Field(default_factory=dict, sa_type=JSON)  # by page: its form, and who saved it
    started_at: datetime = Field(default_factory=now, sa_type=Moment)
    saved_at: datetime = Field(default_factory=now, sa_type=Moment)
    submission_id: int | None = Field(default=None, unique=True, foreign_key="submission.id")
    # As of a draft: what it goes on from, what is said of that one's items, and the facts that were filled in from it.
    begun_from: int | None = Field(default=None, foreign_key="submission.id", index=True)
    became: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    carried: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class SubmissionPartner(SQLModel, table=True):
    """An organisation that a joint submission speaks for besides the one that leads."""

    __tablename__ = "submission_partner"

    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    organisation_id: int = Field(foreign_key="organisation.id", primary_key=True, index=True)


class Answers(SQLModel, table=True):
    """Every answer of a submission as it was given, also those that are not analysed."""

    __tablename__ = "answers"

    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    given: dict[str, Any] = Field(sa_type=JSON)  # by question id


class ListedItem(SQLModel, table=True):
    """One thing that a submission lists, so that it can be joined; what was said of it stands in the answer.

    It follows the answer: changed with a correction, and gone with it.
    """

    __tablename__ = "listed_item"

    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    list_id: str = Field(primary_key=True)
    item_id: str = Field(primary_key=True)
    number: int  # its place in the list
    kind: str  # activity, commitment, support-needed or offer: as its statements would have it
    priority_area: str | None = None  # of the action chosen beside it
    due: str = ""  # “by when”, as it was typed
    said_on: date  # the day from which that is counted
    due_from: date | None = None  # the days it stands for; an open side is null, both are where it fixes none
    due_to: date | None = None
    due_read: bool = False


class Upload(SQLModel, table=True):
    """A file as it was sent, with a draft until that is sent and then with its submission.

    It goes with its draft. So does one of what staff key in: a file that was answered with, or the original, a scan or
    a mail, which stays with the keying and is never taken apart. What is in it stands in `UploadPart`, so that a list
    of files loads none of it.
    """

    __tablename__ = "upload"
    __table_args__ = (
        UniqueConstraint("draft_id", "question_id", "sha256"),
        UniqueConstraint("keying_id", "question_id", "sha256"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    draft_id: int | None = Field(default=None, foreign_key="draft.id", ondelete="CASCADE")
    keying_id: int | None = Field(default=None, foreign_key="keying.id", ondelete="CASCADE")
    submission_id: int | None = Field(default=None, foreign_key="submission.id", index=True)
    question_id: str = ""
    original: bool = False
    name: str  # as its sender called it, without what cannot be shown; never part of a path or a log
    kind: str  # by what is in it: a key of file_kinds.NAMES
    size: int
    sha256: str
    received_at: datetime = Field(default_factory=now, sa_type=Moment)
    state: str = "waiting"  # waiting, read, refused
    reason: str = ""  # why it was refused, or what of it was not read; never the words of a text


class UploadPart(SQLModel, table=True):
    """A stretch of a file. In parts, so that neither keeping it nor giving it back takes the memory of the whole."""

    __tablename__ = "upload_part"

    upload_id: int = Field(foreign_key="upload.id", primary_key=True, ondelete="CASCADE")
    number: int = Field(primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


class Source(SQLModel, table=True):
    """Where text came from: answers, a file sent with them, a document, a meeting or a row of an import.

    A submission has one source for its answers, and one for each file that was sent with them.
    """

    __tablename__ = "source"
    __table_args__ = (
        Index(
            "source_of_answers",
            "submission_id",
            unique=True,
            sqlite_where=text("upload_id IS NULL"),
            postgresql_where=text("upload_id IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str  # submission, document, import or meeting
    title: str
    submission_id: int | None = Field(default=None, index=True, foreign_key="submission.id")
    upload_id: int | None = Field(default=None, unique=True, foreign_key="upload.id")
    organisation_id: int | None = Field(default=None, index=True, foreign_key="organisation.id")
    # A document is kept once, and so are notes and a row of an import.
    content_hash: str | None = Field(default=None, unique=True)
    # When it was said: of a meeting, of a row that tells its day and of a document whose own date is known, that day.
    received_at: datetime = Field(default_factory=now, sa_type=Moment, index=True)
    added_at: datetime | None = Field(default=None, sa_type=Moment)  # of such a document, when it was brought in
    sample: bool = False


class SourceOrganisation(SQLModel, table=True):
    """An organisation that was there when it was said. Who of them said what, the source does not tell."""

    __tablename__ = "source_organisation"

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    organisation_id: int = Field(foreign_key="organisation.id", primary_key=True, index=True)


class Meeting(SQLModel, table=True):
    """What is known of a meeting besides its notes, which are the source's passages."""

    __tablename__ = "meeting"

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    held_on: date
    place: str
    roles: str = ""  # who else was there, by what they do
    round_id: int | None = Field(default=None, foreign_key="round.id")
    permission: str
    permission_reason: str = ""  # not-said: nobody was asked
    staff_id: int = Field(foreign_key="staff_member.id")  # who added the notes
    added_at: datetime = Field(default_factory=now, sa_type=Moment)


class MeetingDraft(SQLModel, table=True):
    """What somebody of the staff has typed of a meeting and not kept yet: the way Back and a new window find it."""

    __tablename__ = "meeting_draft"

    staff_id: int = Field(foreign_key="staff_member.id", primary_key=True)
    typed: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    saved_at: datetime = Field(default_factory=now, sa_type=Moment)


class Passage(SQLModel, table=True):
    __tablename__ = "passage"
    __table_args__ = (
        UniqueConstraint("source_id", "position"),
        Index(
            "passage_unread",
            "source_id",
            sqlite_where=text("analysed_by IS NULL"),
            postgresql_where=text("analysed_by IS NULL"),
        ),
        Index(
            "passage_superseded",
            "id",
            sqlite_where=text("superseded_by IS NOT NULL"),
            postgresql_where=text("superseded_by IS NOT NULL"),
        ),
        # Those that the queue of review shows as waiting, in the order that they came.
        Index(
            "passage_waiting",
            "id",
            sqlite_where=text("analysed_by IS NULL AND retired_at IS NULL"),
            postgresql_where=text("analysed_by IS NULL AND retired_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    position: int
    question_id: str | None = None
    question: str = ""
    concern: str | None = None  # the priority area that the question was asked under
    list_id: str | None = None  # of what was listed: the question, the item for as long as it lasts, its place
    item_id: str | None = None
    item_number: int | None = None
    place: str = ""  # where it stands in a document: "Page 3, paragraph 2"
    text: str
    # Its answer was changed or taken out since: it is history, and nothing in it is shown or counted.
    # Until then `position` counts from 1; from then on it is the id, negative, so that the place is free.
    retired_at: datetime | None = Field(default=None, sa_type=Moment)
    # A later submission says that the item was changed, done or withdrawn: what stands here counts no more.
    superseded_by: int | None = Field(default=None, foreign_key="submission.id")
    read_as_of: date | None = None  # the own date of its document that it was read with
    analysed_by: str | None = None  # the model version that last read it
    language: str = ""  # as that model told it; empty where there was too little to tell
    harm: bool = False  # that model takes somebody in it to be at risk: for a person to look at first
    analysed_at: datetime | None = Field(default=None, sa_type=Moment)


class Job(Leased, table=True):
    """Reading to be done on a source."""

    __tablename__ = "job"
    __table_args__ = (Index("job_state", "state", "woken_at"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    again: bool = False  # read before, by another model: waits behind all that nobody has read
    done: int = 0  # passages read
    total: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=Moment)


class Import(Leased, table=True):
    """A spreadsheet of earlier engagement on its way in: what was given, how it is to be read, and how far it is.

    Steps of the worker take it up, one after the other.
    """

    __tablename__ = "import_"

    id: int | None = Field(default=None, primary_key=True)
    file_name: str
    file_hash: str = Field(index=True)
    file_size: int
    made_by: int = Field(foreign_key="staff_member.id")
    made_at: datetime = Field(default_factory=now, sa_type=Moment)
    touched_at: datetime = Field(default_factory=now, sa_type=Moment)  # by a person; what lies too long is forgotten

    state: str = "reading"  # reading, refused, mapping, checking, checked, importing, imported, taken-back
    done: int = 0
    total: int = 0
    stopped: bool = False  # the step was tried often enough; a person may have it tried again

    sheet: str = ""
    sheets: list[Any] = Field(default_factory=list, sa_type=JSON)  # [[name, hidden], ...]
    read_as: str = ""  # in words: the encoding and what parts the cells
    first_rows: list[Any] = Field(default_factory=list, sa_type=JSON)  # [[number, cells], ...], cut short
    heading_row: int | None = None  # 0: there is none
    columns: list[Any] = Field(default_factory=list, sa_type=JSON)  # heading, how many filled, samples
    layout: str = ""  # of which service it is an export, where that is known
    mapping: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    found: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # values and organisations the check came upon
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # rows by outcome
    round_id: int | None = Field(default=None, foreign_key="round.id")

    imported_by: int | None = Field(default=None, foreign_key="staff_member.id")
    imported_at: datetime | None = Field(default=None, sa_type=Moment)
    taken_back_by: int | None = Field(default=None, foreign_key="staff_member.id")
    taken_back_at: datetime | None = Field(default=None, sa_type=Moment)


class ImportFile(SQLModel, table=True):
    """The bytes of an import's file, apart so that lists do not read them, and can be erased alone."""

    __tablename__ = "import_file"

    import_id: int = Field(foreign_key="import_.id", primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


class ImportRow(SQLModel, table=True):
    """A row of an import's file: its cells until it is imported, and after that which source it became."""

    __tablename__ = "import_row"

    import_id: int = Field(foreign_key="import_.id", primary_key=True)
    number: int = Field(primary_key=True)  # as a spreadsheet program counts
    cells: list[Any] = Field(sa_type=JSON)
    faults: dict[str, str] = Field(default_factory=dict, sa_type=JSON)  # by column: why a cell could not be read
    outcome: str = ""  # add, already, empty, problem
    notes: list[Any] = Field(default_factory=list, sa_type=JSON)
    reference_key: str | None = Field(default=None, unique=True)  # a hash; of rows that became a source
    source_id: int | None = Field(default=None, unique=True, foreign_key="source.id")
    permission: str = ""
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # reference, person, kind, areas


class SubmissionAccess(SQLModel, table=True):
    """A browser that its respondent's own link let in, for some hours. Only the hash of its secret is kept."""

    __tablename__ = "submission_access"

    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    visitor_hash: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=Moment)


class SubmissionChange(SQLModel, table=True):
    """What was changed of a submission after it was sent: an answer, or the link that opens it. Never edited."""

    __tablename__ = "submission_change"

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    question_id: str = ""  # empty where it is the link
    # Null where the question had no answer, or has none now.
    before: Any = Field(default=None, sa_type=JSON, nullable=True)
    after: Any = Field(default=None, sa_type=JSON, nullable=True)
    staff_id: int | None = Field(default=None, foreign_key="staff_member.id")  # null: the respondent
    reason: str = ""
    changed_at: datetime = Field(default_factory=now, sa_type=Moment)
