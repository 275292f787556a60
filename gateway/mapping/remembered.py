"""Values of one message that belong into the events of others: some vendors send latitude here and longitude there. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from gateway.mapping.document import Document, Json, Reading
from gateway.mapping.rules import VendorMapping

MOST_DEVICES = 100_000
"""Of so many devices values are remembered: those heard last."""
HEARD = "@"
"""Before a name: when it came, POSIX seconds."""


class Memories:
    """What the messages of one mapping's devices said."""

    def __init__(self, mapping: VendorMapping) -> None:
        self._rules = mapping.remember
        self._of: OrderedDict[str, dict[str, tuple[Json, float]]] = OrderedDict()

    def joined(self, document: Document, device: str) -> Document:
        """Take what a message says, and return it with what others said lately."""
        known = self._of.setdefault(device, {})
        self._of.move_to_end(device)
        if len(self._of) > MOST_DEVICES:
            self._of.popitem(last=False)
        now = document.received_at
        for name, rule in self._rules.items():
            mine = rule.topic == str(document.filter) and document.passes(rule.when)
            found = document.find(rule.source) if mine else None
            if found is not None:
                known[name] = (found.value, now)
        readings = dict(document.readings)
        for name, (value, at) in known.items():
            if now - at <= self._rules[name].for_s:
                readings |= {name: Reading(value), HEARD + name: Reading(at, "s")}
        return replace(document, readings=readings)
