"""Runs the scripts in the transaction of the connection that `schema` hands over."""

from alembic import context

from climate_simulation_platform.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
