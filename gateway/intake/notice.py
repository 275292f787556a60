"""What the sender of an event that was taken is told: which parts of it were left out, read otherwise or not used. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.contract.refusals import Refused, Rule
from gateway.contract.salvage import LeftOut, left_out
from gateway.devices.plausible import Clash, refusal


def notice(event_id: str, parts: Sequence[LeftOut], clashes: tuple[Clash, ...]) -> Refused | None:
    """Return what the sender is told; ``None``: its event was taken as it stands."""
    if not parts:
        return refusal(clashes, event_id) if clashes else None
    clash = refusal(clashes, event_id) if clashes else None
    also = [LeftOut(clash.pointer or "", clash.detail, Rule.CONTRADICTION)] if clash else []
    return left_out([*parts, *also], event_id)
