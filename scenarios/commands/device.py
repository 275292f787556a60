"""``callahead device …``: devices and their credentials, and a simulated one on an adapter."""

from __future__ import annotations

from scenarios.commands.device_radio import radio
from scenarios.commands.vendors import device_app

__all__ = ["device_app"]

device_app.command("radio")(radio)
