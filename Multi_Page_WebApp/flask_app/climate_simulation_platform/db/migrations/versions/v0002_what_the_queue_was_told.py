"""What of each task was handed to the message queue: its order, and that it has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
UNSENT = sa.text("state = 'queued' AND sent IS NULL")
UNTOLD = sa.text("state IN ('done', 'failed') AND told IS NULL")


def upgrade() -> None:
    """Add the columns; nobody waits to be told of what ended before."""
    op.add_column("tasks", sa.Column("sent", MOMENT, nullable=True))
    op.add_column("tasks", sa.Column("told", MOMENT, nullable=True))
    op.execute("UPDATE tasks SET told = ended WHERE state IN ('done', 'failed')")
    for name, condition in (("ix_tasks_unsent", UNSENT), ("ix_tasks_untold", UNTOLD)):
        op.create_index(
            name, "tasks", ["number"], sqlite_where=condition, postgresql_where=condition
        )


def downgrade() -> None:
    """Drop them."""
    for name in ("ix_tasks_unsent", "ix_tasks_untold"):
        op.drop_index(name, "tasks")
    op.drop_column("tasks", "told")
    op.drop_column("tasks", "sent")
