"""Alembic's way in: the caller's connection, within the caller's transaction."""

from __future__ import annotations

from alembic import context

from dispatch.store.tables import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables)
with context.begin_transaction():
    context.run_migrations()
