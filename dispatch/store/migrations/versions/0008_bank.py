"""What the bank was asked for, and the files it was asked by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the two tables."""
    for name in ("bank_orders", "bank_files"):
        op.create_table(name, sa.Column("id", sa.String, primary_key=True), sa.Column("body", sa.Text, nullable=False))
