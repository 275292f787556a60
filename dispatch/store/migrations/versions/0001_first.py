"""The first store: it had no version table. New stores are never made by this; it tells what 0002 starts from."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: such stores exist already, and are stamped with this version."""
