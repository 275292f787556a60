"""What one gateway process knows: the devices lent to it. It takes what is of routine, and gives back whoever says more."""

from __future__ import annotations

from collections.abc import Iterator

from dispatch.engine.sender_budgets import Limits, SenderBudgets
from dispatch.gateways.messages import GatewayAnswer, HeardOfLent, LentDevice
from dispatch.store.inbox_rows import read_taken
from gateway.devices.registry import Registry
from gateway.devices.twin_text import read_twin, write_twin
from gateway.devices.twins import Twins
from gateway.intake.message_counts import MessageCounts
from gateway.intake.routine import OnePass
from gateway.kinds.registry import kinds

FRESH_WITHIN_S = 20.0
"""So late, by the wall, is the twin that the service has, beside the one here."""


class Shard:
    """``elapsed``: seconds of the wall, since any moment."""

    def __init__(self, limits: Limits) -> None:
        self._registry, self._twins, self._heard = Registry(), Twins(), MessageCounts()
        self._one_pass = OnePass(kinds(), self._registry, self._twins, self._heard)
        self._budgets = SenderBudgets(limits)
        self._here: set[str] = set()
        self._untold: dict[str, float] = {}
        """Device → since when it said what the service's twin lacks; the first first."""

    def lend(self, lent: LentDevice) -> None:
        """Take a device. One that is not calm by our lights is given back with its next message."""
        twin = read_twin(lent.twin)
        self._registry.add(lent.record)
        self._twins[twin.device] = twin
        self._one_pass.go_on(lent.record, twin, lent.names, alarms=lent.alarms)
        self._here.add(twin.device)

    def hear(self, heard: HeardOfLent, elapsed: float) -> GatewayAnswer:
        """Take messages of which nothing follows; leave the others."""
        left, home = list[int](), list[str]()
        for place, (device, frame) in enumerate(zip(heard.devices, heard.frames, strict=True)):
            if device not in self._here:
                left.append(place)
            elif self._takes(device, frame):
                self._untold.setdefault(device, elapsed)
            else:
                left.append(place)
                home.append(self._given_back(device))
        return GatewayAnswer(answers=True, left=left, home=home, fresh=[*self._due(elapsed)], counts=self._counts())

    def told_again(self, elapsed: float) -> GatewayAnswer | None:
        """Return twins that are due though nobody says anything; ``None``: none is."""
        fresh = [*self._due(elapsed)]
        return GatewayAnswer(answers=False, left=[], home=[], fresh=fresh, counts=[]) if fresh else None

    def _takes(self, device: str, frame: bytes) -> bool:
        if not frame:
            return False
        said = read_taken(frame)
        size = len(said.payload)
        if self._budgets.admit(device, said.at, size) is not None:
            return False  # whoever thins it tells it, too
        self._budgets.done(device, size)
        return self._one_pass.take(said.topic, said.payload, said.content_type, said.at) is not None

    def _given_back(self, device: str) -> str:
        self._one_pass.forget(device)
        twin = write_twin(self._twins[device])
        self._twins.forget(device)
        self._here.discard(device)
        self._untold.pop(device, None)
        return twin

    def _due(self, elapsed: float) -> Iterator[str]:
        while self._untold:
            device, since = next(iter(self._untold.items()))
            if elapsed - since < FRESH_WITHIN_S:
                return
            del self._untold[device]
            yield write_twin(self._twins[device])

    def _counts(self) -> list[tuple[str, str, int]]:
        counts = [(vendor, type_, count) for (vendor, type_), count in self._heard.counts.items()]
        self._heard.begin_anew()
        return counts
