"""What customers said into their page, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "voice_messages",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
    )
    op.create_index("ix_voice_messages_person", "voice_messages", ["person", "at"])
