"""``callahead vendor …``: vendors and their credentials, and what a vendor tests a device with."""

from __future__ import annotations

from scenarios.vendor_kit.commands import app as kit
from scenarios.vendors import vendor_app

__all__ = ["vendor_app"]

vendor_app.add_typer(kit)
