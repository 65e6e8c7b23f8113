"""Review: what people do at once and undo as one, the queue, blind coding, notes, saved views"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import collector.database

revision = "0002"
down_revision = "0001"

# Each decision that there is was an act of its own.
ACTS = """INSERT INTO act (staff_id, what, passages, key, done_at)
    SELECT staff_id, 'decide', 1, 'decision ' || id, decided_at FROM decision"""
OF_ACTS = "UPDATE decision SET act_id = (SELECT id FROM act WHERE act.key = 'decision ' || decision.id)"
# Those of the cut that the latest model made.
STANDING = """UPDATE statement SET stands = (
    SELECT passage.analysed_by = statement.model FROM passage WHERE passage.id = statement.passage_id)"""
# What has been read already comes to the queue; its labels and all else follow when it is next decided on or read.
ITEMS = """INSERT INTO review_item (passage_id, source_id, round_id, source_kind, model, language,
        received_at, state, blind, certainty, consequence, suggested)
    SELECT passage.id, passage.source_id, COALESCE(submission.round_id, meeting.round_id, import_.round_id),
        source.kind, passage.analysed_by, passage.language, source.received_at,
        CASE WHEN EXISTS (SELECT 1 FROM decision JOIN statement ON statement.id = decision.statement_id
            WHERE statement.passage_id = passage.id) THEN 'in-review' ELSE 'suggested' END,
        :no,
        COALESCE((SELECT MIN(standing_label.score) FROM standing_label
            JOIN statement ON statement.id = standing_label.statement_id
            WHERE statement.passage_id = passage.id AND standing_label.state = 'suggested'), 0.6),
        CASE WHEN passage.harm THEN -4 ELSE 0 END,
        (SELECT COUNT(*) FROM standing_label JOIN statement ON statement.id = standing_label.statement_id
            WHERE statement.passage_id = passage.id AND standing_label.state = 'suggested')
    FROM passage JOIN source ON source.id = passage.source_id
        LEFT JOIN submission ON submission.id = source.submission_id
        LEFT JOIN meeting ON meeting.source_id = source.id
        LEFT JOIN import_row ON import_row.source_id = source.id
        LEFT JOIN import_ ON import_.id = import_row.import_id
    WHERE passage.analysed_by IS NOT NULL AND passage.retired_at IS NULL"""
LABELS = """INSERT INTO review_label (passage_id, family, label, state, certainty, consequence, received_at)
    SELECT DISTINCT statement.passage_id, standing_label.family, standing_label.label, review_item.state,
        review_item.certainty, review_item.consequence, review_item.received_at
    FROM standing_label JOIN statement ON statement.id = standing_label.statement_id
        JOIN review_item ON review_item.passage_id = statement.passage_id
    WHERE statement.stands AND standing_label.state <> 'asked'"""


def upgrade() -> None:
    op.create_table(
        "act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("done_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("undone_at", collector.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,  # a number of what is gone is never given again
    )
    with op.batch_alter_table("act", schema=None) as batch_op:
        batch_op.create_index("act_of_staff", ["staff_id", "id"], unique=False)

    op.create_table(
        "key_choice",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("staff_id"),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("query", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("saved_at", collector.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("staff_id", "name"),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["act_id"],
            ["act.id"],
        ),
        sa.ForeignKeyConstraint(
            ["assigned_to"],
            ["staff_member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_act_id"), ["act_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_passage_id"), ["passage_id"], unique=False)

    op.create_table(
        "blind_coding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", collector.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("passage_id", "staff_id"),
    )
    op.create_table(
        "blind_item",
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("coders", sa.Integer(), nullable=False),
        sa.Column("chance", sa.Float(), nullable=False),
        sa.Column("drawn_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("closed_at", collector.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
        ),
        sa.PrimaryKeyConstraint("passage_id"),
    )
    op.create_table(
        "cut",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"],
            ["act.id"],
        ),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("cut", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cut_act_id"), ["act_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cut_passage_id"), ["passage_id"], unique=False)

    op.create_table(
        "extract_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("first_start", sa.Integer(), nullable=False),
        sa.Column("first_end", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("verdict", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("why", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", collector.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"],
            ["act.id"],
        ),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("extract_decision", schema=None) as batch_op:
        batch_op.create_index(
            "extract_decision_place", ["passage_id", "kind", "first_start", "first_end"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_extract_decision_act_id"), ["act_id"], unique=False)

    op.create_table(
        "review_item",
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("source_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("model", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("received_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("certainty", sa.Float(), nullable=False),
        sa.Column("consequence", sa.Integer(), nullable=False),
        sa.Column("suggested", sa.Integer(), nullable=False),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("coder", sa.Integer(), nullable=True),
        sa.Column("changed_at", collector.database.Moment(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.Column("taken_until", collector.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["assigned_to"],
            ["staff_member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["coder"],
            ["staff_member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["round.id"],
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
        ),
        sa.ForeignKeyConstraint(
            ["taken_by"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("passage_id"),
    )
    with op.batch_alter_table("review_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_item_coder"), ["coder"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_item_source_id"), ["source_id"], unique=False)
        batch_op.create_index("review_item_age", ["state", "received_at", "passage_id"], unique=False)
        batch_op.create_index("review_item_assigned", ["assigned_to", "state", "certainty"], unique=False)
        batch_op.create_index("review_item_certainty", ["state", "certainty", "passage_id"], unique=False)
        batch_op.create_index("review_item_consequence", ["state", "consequence", "passage_id"], unique=False)
        batch_op.create_index("review_item_round", ["round_id", "state", "certainty"], unique=False)

    op.create_table(
        "step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", collector.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"],
            ["act.id"],
        ),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_step_act_id"), ["act_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_step_passage_id"), ["passage_id"], unique=False)

    op.create_table(
        "blind_code",
        sa.Column("coding_id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("family", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("label", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["coding_id"],
            ["blind_coding.id"],
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statement.id"],
        ),
        sa.PrimaryKeyConstraint("coding_id", "statement_id", "family", "label"),
    )
    with op.batch_alter_table("blind_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blind_code_statement_id"), ["statement_id"], unique=False)

    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=True),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("to_staff_id", sa.Integer(), nullable=True),
        sa.Column("answers", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("noted_at", collector.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"],
            ["act.id"],
        ),
        sa.ForeignKeyConstraint(
            ["answers"],
            ["note.id"],
        ),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff_member.id"],
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statement.id"],
        ),
        sa.ForeignKeyConstraint(
            ["to_staff_id"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_note_act_id"), ["act_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_note_passage_id"), ["passage_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_note_statement_id"), ["statement_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_note_to_staff_id"), ["to_staff_id"], unique=False)

    op.create_table(
        "review_label",
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("family", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("label", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("certainty", sa.Float(), nullable=False),
        sa.Column("consequence", sa.Integer(), nullable=False),
        sa.Column("received_at", collector.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["passage_id"], ["review_item.passage_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("passage_id", "family", "label"),
    )
    with op.batch_alter_table("review_label", schema=None) as batch_op:
        batch_op.create_index(
            "review_label_age", ["family", "label", "state", "received_at", "passage_id"], unique=False
        )
        batch_op.create_index(
            "review_label_certainty", ["family", "label", "state", "certainty", "passage_id"], unique=False
        )
        batch_op.create_index(
            "review_label_consequence", ["family", "label", "state", "consequence", "passage_id"], unique=False
        )

    op.add_column("decision", sa.Column("act_id", sa.Integer(), nullable=True))
    op.execute(ACTS)
    op.execute(OF_ACTS)
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.alter_column("act_id", existing_type=sa.Integer(), nullable=False)
        batch_op.add_column(sa.Column("evidence", sa.JSON(), nullable=True))
        batch_op.create_index(batch_op.f("ix_decision_act_id"), ["act_id"], unique=False)
        batch_op.create_foreign_key("decision_act", "act", ["act_id"], ["id"])

    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.create_index(
            "passage_unread",
            ["source_id"],
            unique=False,
            sqlite_where=sa.text("analysed_by IS NULL"),
            postgresql_where=sa.text("analysed_by IS NULL"),
        )

    op.add_column("round", sa.Column("blind_share", sa.Float(), nullable=True))
    op.add_column("round", sa.Column("blind_double", sa.Float(), nullable=True))
    op.add_column("statement", sa.Column("stands", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute(STANDING)
    op.execute(sa.text(ITEMS).bindparams(no=False))
    op.execute(LABELS)


def downgrade() -> None:
    op.drop_column("statement", "stands")
    op.drop_column("round", "blind_double")
    op.drop_column("round", "blind_share")
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.drop_index("passage_unread")

    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_constraint("decision_act", type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_decision_act_id"))
        batch_op.drop_column("evidence")
        batch_op.drop_column("act_id")

    with op.batch_alter_table("review_label", schema=None) as batch_op:
        batch_op.drop_index("review_label_consequence")
        batch_op.drop_index("review_label_certainty")
        batch_op.drop_index("review_label_age")

    op.drop_table("review_label")
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_note_to_staff_id"))
        batch_op.drop_index(batch_op.f("ix_note_statement_id"))
        batch_op.drop_index(batch_op.f("ix_note_passage_id"))
        batch_op.drop_index(batch_op.f("ix_note_act_id"))

    op.drop_table("note")
    with op.batch_alter_table("blind_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blind_code_statement_id"))

    op.drop_table("blind_code")
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_step_passage_id"))
        batch_op.drop_index(batch_op.f("ix_step_act_id"))

    op.drop_table("step")
    with op.batch_alter_table("review_item", schema=None) as batch_op:
        batch_op.drop_index("review_item_round")
        batch_op.drop_index("review_item_consequence")
        batch_op.drop_index("review_item_certainty")
        batch_op.drop_index("review_item_assigned")
        batch_op.drop_index("review_item_age")
        batch_op.drop_index(batch_op.f("ix_review_item_source_id"))
        batch_op.drop_index(batch_op.f("ix_review_item_coder"))

    op.drop_table("review_item")
    with op.batch_alter_table("extract_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_extract_decision_act_id"))
        batch_op.drop_index("extract_decision_place")

    op.drop_table("extract_decision")
    with op.batch_alter_table("cut", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cut_passage_id"))
        batch_op.drop_index(batch_op.f("ix_cut_act_id"))

    op.drop_table("cut")
    op.drop_table("blind_item")
    op.drop_table("blind_coding")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_passage_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_act_id"))

    op.drop_table("assignment")
    op.drop_table("saved_view")
    op.drop_table("key_choice")
    with op.batch_alter_table("act", schema=None) as batch_op:
        batch_op.drop_index("act_of_staff")

    op.drop_table("act")
