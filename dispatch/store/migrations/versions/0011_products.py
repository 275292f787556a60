"""What customers hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "products", sa.Column("id", sa.String, primary_key=True), sa.Column("body", sa.Text, nullable=False)
    )
