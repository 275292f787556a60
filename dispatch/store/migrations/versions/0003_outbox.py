"""The outbox also holds what partners are told, with tries and their hour; and partners' addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_WAITING, _DEAD = sa.text("done_at IS NULL AND dead IS NULL"), sa.text("dead IS NOT NULL")


def upgrade() -> None:
    """Add columns to the outbox, and the table."""
    op.add_column("outbox", sa.Column("partner", sa.String))
    op.add_column("outbox", sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("next_at", sa.Double))
    op.add_column("outbox", sa.Column("outcome", sa.String))
    op.add_column("outbox", sa.Column("trouble", sa.String))
    for name, where in (("ix_outbox_waiting", _WAITING), ("ix_outbox_dead", _DEAD)):
        op.create_index(name, "outbox", ["seq"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "partners", sa.Column("id", sa.String, primary_key=True), sa.Column("body", sa.Text, nullable=False)
    )
