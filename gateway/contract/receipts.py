"""What a sender is told of an event it wants a receipt for: taken, taken before, or refused and by which rule. Pure.

A receipt is sent once the event's fate is stored. A crash between the two loses it and nothing else: the sender, which
hears nothing, sends the event again, and is told ``repeat``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from gateway.contract import commands
from gateway.contract.binding import Properties
from gateway.contract.commands import ReceiptCommand, Taken
from gateway.contract.envelope import MAX_PAYLOAD, DeviceEvent
from gateway.contract.refusals import Refused, Rule
from gateway.contract.topics import DEVICE_PATTERN, VENDOR_PATTERN

WANTED = "wanted"
"""Of the extension attribute ``receipt``."""
_NAME = b"receipt"
_SOURCE = re.compile(rf"/{VENDOR_PATTERN}/{DEVICE_PATTERN}")


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """What became of one event."""

    to: str
    """``vendor/device`` of the topic the event came in on: its own, or the relaying phone's."""
    source: str | None
    event_id: str | None
    verdict: Taken
    rule: Rule | None
    sha256: str
    """Of the payload as received."""
    simulated: bool

    def command(self, now: float) -> ReceiptCommand:
        """Return what is published on ``…/command``. Its id is made of the event's, so that a second one is a repeat."""
        about = f"{self.source}/{self.event_id}" if self.source and self.event_id else f"/{self.sha256}"
        return ReceiptCommand(
            id=f"receipt{about}/{self.verdict}",
            time=datetime.fromtimestamp(now, UTC),
            provenance="simulated" if self.simulated else "real",
            data=commands.Receipt(
                source=self.source,
                event_id=self.event_id,
                verdict=self.verdict,
                rule=str(self.rule) if self.rule else None,
                sha256=self.sha256,
            ),
        )


def receipt_for(to: str, event: DeviceEvent, payload: bytes, *, repeat: bool) -> EventOutcome | None:
    """Return the receipt of an event that was read, where it wants one."""
    if event.receipt != WANTED:
        return None
    verdict: Taken = "repeat" if repeat else "accepted"
    simulated = event.provenance == "simulated"
    return EventOutcome(to, event.source, event.id, verdict, None, sha256(payload).hexdigest(), simulated)


def receipt_of_refusal(to: str, refused: Refused, payload: bytes, properties: Properties) -> EventOutcome | None:
    """Return the receipt of an event that was refused, where it can be read, in either mode, that it wants one."""
    wish = _readable(payload) | dict(properties)
    if wish.get("receipt") != WANTED:
        return None
    source = wish.get("source")
    return EventOutcome(
        to,
        source if isinstance(source, str) and _SOURCE.fullmatch(source) else None,
        refused.event_id,
        "refused",
        refused.rule,
        sha256(payload).hexdigest(),
        wish.get("provenance") == "simulated",
    )


def _readable(payload: bytes) -> dict[str, Any]:
    if _NAME not in payload or len(payload) > MAX_PAYLOAD:
        return {}
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
