"""Snapshots, so that a service with a long ledger is quickly there again. The version moves to Alembic's own table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table of snapshots."""
    op.create_table(
        "snapshots",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("written_by", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.execute("DELETE FROM meta WHERE name = 'schema_version'")
