"""What a batch writes of what devices said: their twins, or the messages that their twins will be made of again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dispatch.store.bulk import Line
from dispatch.store.inbox_rows import InboxRow
from gateway.devices.twin import Twin
from gateway.devices.twin_text import write_twin

KEPT_WITHIN_S = 30.0
"""So late is a stored twin, by the service's clock, beside the one that the service has."""


@dataclass(frozen=True, slots=True)
class KeptTwins:
    """What a batch writes of what devices said."""

    twins: tuple[Line, ...] = ()
    row: InboxRow | None = None
    """``None``: it brought nothing."""
    covered: int = 0
    """Up to this row the inbox is let go: all of it is in the twins; 0: nothing is."""


def lines_of(twins: Iterable[Twin]) -> tuple[Line, ...]:
    """Return twins as they are kept, each once, as it stands now."""
    return tuple((twin.device, write_twin(twin)) for twin in {twin.device: twin for twin in twins}.values())
