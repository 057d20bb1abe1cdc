"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
LIVE = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    """Make the tables."""
    _user()
    _data_files()
    _revisions()
    _revision_details()
    _steps()
    _tasks()
    _sessions()
    _attempts()


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "attempts",
        "sessions",
        "tasks",
        "steps",
        "revision_details",
        "revisions",
        "data_files",
        "user",
    ):
        op.drop_table(table)


def _user() -> None:
    op.create_table(
        "user",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("username_folded", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("username_folded", name="uq_user_username_folded"),
        sqlite_autoincrement=True,
    )


def _data_files() -> None:
    op.create_table(
        "data_files",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("age_ma", sa.Float(), nullable=True),
        sa.Column("hypothesis", sa.Text(), nullable=False),
        sa.Column("original_name", sa.Text(), nullable=False),
        sa.Column("searched", sa.Text(), nullable=False),
        sa.Column("coordinates", sa.String(length=16), nullable=False),
        sa.Column("understanding", sa.JSON(), nullable=False),
        sa.Column("sent_by", sa.String(length=64), nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("changed", MOMENT, nullable=False),
        sa.Column("deleted", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_data_files_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_data_files"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_data_files_user_id_changed", "data_files", ["user_id", "changed"])


def _revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("data_file_id", NUMBER, nullable=False),
        sa.Column("file_type", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=True),
        sa.Column("task_id", sa.String(length=36), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("input_revisions", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("values_sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("moves_coastline", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["data_file_id"],
            ["data_files.id"],
            name="fk_revisions_data_file_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.UniqueConstraint(
            "data_file_id",
            "file_type",
            "revision",
            name="uq_revisions_data_file_id_file_type_revision",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_revisions_path", "revisions", ["path"])


def _revision_details() -> None:
    op.create_table(
        "revision_details",
        sa.Column("revision_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("thumbnail", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revisions.id"],
            name="fk_revision_details_revision_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("revision_id", name="pk_revision_details"),
    )


def _steps() -> None:
    op.create_table(
        "steps",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("data_file_id", NUMBER, nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.String(length=16), nullable=True),
        sa.Column("task_id", sa.String(length=36), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["data_file_id"], ["data_files.id"], name="fk_steps_data_file_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_steps"),
        sa.UniqueConstraint("data_file_id", "step", name="uq_steps_data_file_id_step"),
    )


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("data_file_id", NUMBER, nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("root_task_id", sa.String(length=36), nullable=False),
        sa.Column("input_revisions", sa.JSON(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=128), nullable=False),
        sa.Column("started", MOMENT, nullable=True),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("reported", MOMENT, nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["data_file_id"], ["data_files.id"], name="fk_tasks_data_file_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_tasks"),
        sa.UniqueConstraint("id", name="uq_tasks_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tasks_data_file_id", "tasks", ["data_file_id"])
    op.create_index("ix_tasks_state_number", "tasks", ["state", "number"])
    op.create_index(
        "uq_tasks_live",
        "tasks",
        ["data_file_id", "step"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_sessions_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_sessions"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_account_at", "attempts", ["account", "at"])
    op.create_index("ix_attempts_address_at", "attempts", ["address", "at"])
