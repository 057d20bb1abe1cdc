"""Edits that are kept before they are saved, who is at them, and which are repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables and the column; nobody has chosen yet to have edits repeated."""
    _drafts()
    _draft_edits()
    _sittings()
    op.add_column(
        "steps", sa.Column("replay", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_column("steps", "replay")
    for table in ("sittings", "draft_edits", "drafts"):
        op.drop_table(table)


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("data_file_id", NUMBER, nullable=False),
        sa.Column("editor", sa.String(length=32), nullable=False),
        sa.Column("file_type", sa.String(length=32), nullable=False),
        sa.Column("variable", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=64), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("base_sha256", sa.String(length=64), nullable=False),
        sa.Column("values_sha256", sa.String(length=64), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["data_file_id"], ["data_files.id"], name="fk_drafts_data_file_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        sa.UniqueConstraint(
            "data_file_id", "editor", "file_type", "variable", "level", name="uq_drafts"
        ),
    )


def _draft_edits() -> None:
    op.create_table(
        "draft_edits",
        sa.Column("draft_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["drafts.id"], name="fk_draft_edits_draft_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("draft_id", "number", name="pk_draft_edits"),
    )


def _sittings() -> None:
    op.create_table(
        "sittings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("data_file_id", NUMBER, nullable=False),
        sa.Column("editor", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("begun", MOMENT, nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["data_file_id"],
            ["data_files.id"],
            name="fk_sittings_data_file_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sittings"),
    )
    op.create_index("ix_sittings_data_file_id", "sittings", ["data_file_id"])
