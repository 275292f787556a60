"""``callahead vendor …``: vendors and their credentials, and what a vendor tests a device with."""

from __future__ import annotations

from scenarios.commands.vendor_kit import app as kit
from scenarios.commands.vendors import vendor_app

__all__ = ["vendor_app"]

vendor_app.add_typer(kit)
