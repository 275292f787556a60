"""Who may log in: accounts, keys, sessions and links, of whose secrets only hashes are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the four tables."""
    for name in ("accounts", "api_keys", "sessions", "access_links"):
        op.create_table(name, sa.Column("id", sa.String, primary_key=True), sa.Column("body", sa.Text, nullable=False))
