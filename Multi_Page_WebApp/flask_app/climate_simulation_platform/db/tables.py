"""The tables, and how Python values are kept in them."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, on every database; SQLite itself keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into what is stored."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a time zone cannot be stored: {value}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn what was stored into an aware time."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Text(TypeDecorator[str]):
    """Text of any length; a null character, which PostgreSQL does not take, becomes a sign."""

    impl: type[sa.String] = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Turn into what is stored."""
        del dialect
        return None if value is None else value.replace("\0", "\N{SYMBOL FOR NULL}")


class String(Text):
    """Text that is never longer than so many characters, which PostgreSQL makes sure of."""

    impl = sa.String
    cache_ok = True


Id = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite counts up by itself only in a column whose type is exactly INTEGER."""


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _of_file(*, alone_indexed: bool = False) -> Column[int]:
    key = ForeignKey("data_files.id", ondelete="CASCADE")
    return Column("data_file_id", Id, key, nullable=False, index=alone_indexed)


def _needed(name: str, kind: Any, *more: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, *more, nullable=False, **options)


user = Table(
    "user",
    metadata,
    _id(),
    _needed("username", String(64)),
    _needed("username_folded", String(255), unique=True),
    _needed("password_hash", Text),
    _needed("created", Moment),
    sqlite_autoincrement=True,
)

data_files = Table(
    "data_files",
    metadata,
    _id(),
    _needed("user_id", Id, ForeignKey("user.id")),
    _needed("name", Text),
    _needed("reference", Text),
    Column("age_ma", Float),
    _needed("hypothesis", Text),
    _needed("original_name", Text),
    _needed("searched", Text),
    _needed("coordinates", String(16)),
    _needed("understanding", JSON),
    Column("sent_by", String(64)),
    _needed("created", Moment),
    _needed("changed", Moment),
    Column("deleted", Moment),
    Index(None, "user_id", "changed"),
    sqlite_autoincrement=True,
)

revisions = Table(
    "revisions",
    metadata,
    _id(),
    _of_file(),
    _needed("file_type", String(32)),
    _needed("revision", Integer),
    _needed("path", Text, index=True),
    _needed("created", Moment),
    _needed("created_by", String(64)),
    Column("step", String(32)),
    Column("task_id", String(36)),
    _needed("parameters", JSON),
    _needed("input_revisions", JSON),
    _needed("sha256", String(64)),
    _needed("values_sha256", String(64)),
    _needed("size", BigInteger),
    _needed("versions", JSON),
    _needed("description", Text),
    _needed("moves_coastline", Boolean),
    UniqueConstraint("data_file_id", "file_type", "revision"),
    sqlite_autoincrement=True,
)

revision_details = Table(
    "revision_details",
    metadata,
    Column(
        "revision_id",
        Id,
        ForeignKey("revisions.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _needed("header", JSON),
    _needed("thumbnail", LargeBinary),
)

steps = Table(
    "steps",
    metadata,
    _id(),
    _of_file(),
    _needed("step", String(32)),
    _needed("version", Integer),
    Column("parameters", JSON(none_as_null=True)),
    _needed("asked_by", String(64)),
    Column("wanted", String(16)),
    Column("task_id", String(36)),
    _needed("result", String(16)),
    _needed("sentence", Text),
    _needed("inputs", JSON),
    Column("done_at", Moment),
    _needed("status", String(16)),
    _needed("why", Text),
    _needed("replay", Boolean, server_default=false()),
    UniqueConstraint("data_file_id", "step"),
)

LIVE = text("state IN ('queued', 'running')")
UNSENT = text("state = 'queued' AND sent IS NULL")
UNTOLD = text("state IN ('done', 'failed') AND told IS NULL")

tasks = Table(
    "tasks",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=True),
    _needed("id", String(36), unique=True),
    _of_file(alone_indexed=True),
    _needed("step", String(32)),
    _needed("parameters", JSON),
    _needed("cause", String(16)),
    _needed("asked_by", String(64)),
    _needed("root_task_id", String(36)),
    _needed("input_revisions", JSON),
    _needed("created", Moment),
    _needed("state", String(16)),
    _needed("attempts", Integer),
    _needed("worker", String(128)),
    Column("started", Moment),
    Column("ended", Moment),
    _needed("progress", Float),
    _needed("phase", Text),
    _needed("sentence", Text),
    _needed("not_before", Moment),
    _needed("reported", Moment),
    _needed("deaths", Integer),
    _needed("log", Text),
    Column("sent", Moment),
    Column("told", Moment),
    Index("ix_tasks_state_number", "state", "number"),
    # what is still to be handed to the queue; the row is its own outbox
    Index("ix_tasks_unsent", "number", sqlite_where=UNSENT, postgresql_where=UNSENT),
    Index("ix_tasks_untold", "number", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
    # the database itself refuses a second live task of one step
    Index(
        "uq_tasks_live",
        "data_file_id",
        "step",
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    ),
    sqlite_autoincrement=True,
)

drafts = Table(
    "drafts",
    metadata,
    _id(),
    _of_file(),
    _needed("editor", String(32)),
    _needed("file_type", String(32)),
    _needed("variable", Text),
    _needed("level", String(64)),
    _needed("inputs", JSON),
    _needed("head", Text),
    _needed("base_sha256", String(64)),
    _needed("values_sha256", String(64)),
    _needed("done", Integer),
    _needed("marks", JSON),
    _needed("version", Integer),
    _needed("changed_by", String(64)),
    _needed("changed", Moment),
    UniqueConstraint("data_file_id", "editor", "file_type", "variable", "level", name="uq_drafts"),
)

draft_edits = Table(
    "draft_edits",
    metadata,
    Column(
        "draft_id",
        Id,
        ForeignKey("drafts.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _needed("text", Text),
)

sittings = Table(
    "sittings",
    metadata,
    Column("id", String(36), primary_key=True),
    _of_file(alone_indexed=True),
    _needed("editor", String(32)),
    _needed("username", String(64)),
    _needed("begun", Moment),
    _needed("seen", Moment),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    _needed("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), index=True),
    _needed("created", Moment),
    _needed("seen", Moment),
)

attempts = Table(
    "attempts",
    metadata,
    _id(),
    _needed("account", String(64)),
    _needed("address", String(64)),
    _needed("at", Moment),
    Index(None, "account", "at"),
    Index(None, "address", "at"),
)
