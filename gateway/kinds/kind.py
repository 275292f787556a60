"""A kind of device: everything that the rest of the house has to know of it, in one value. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.conclude.concluder import Concluder, Surroundings
from gateway.conclude.routine import RoutineStatus
from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import Messages
from gateway.contract.values import Readings
from gateway.devices.liveness import Cadence
from gateway.devices.plausible import Clash
from gateway.diagnosis.knowledge import Knowledge
from gateway.finding import Domain


@dataclass(frozen=True, slots=True)
class Dot:
    """How a device is drawn on the console's map."""

    colour: str = "#64748b"
    radius: float = 2.0
    """Pixels."""
    above: bool = False
    """It lies above the others, with a white rim."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """One kind. ``KIND`` in ``kind.py`` of its folder; the folder has its name."""

    name: str
    messages: Messages
    """What it sends, and nobody else."""
    cadence: Cadence
    concluder: Callable[[Surroundings], Concluder]
    """Makes what concludes from its events."""
    readings: Mapping[str, Callable[[DeviceEvent], Readings]] = field(default_factory=dict)
    """Event type → where its readings are; the others have none."""
    used: Callable[[Readings], bool | None] | None = None
    """Tells whether somebody uses it, by its readings; ``None``: they do not say, or none ever does."""
    routine: RoutineStatus | None = None
    """How nearly all of its statuses are taken, in one pass; ``None``: each is looked at closely."""
    contradictions: tuple[Clash, ...] = ()
    """Readings that cannot both be true."""
    overtaken: frozenset[str] = frozenset()
    """Event types of which a newer one tells all that an older one told."""
    domain: Domain | None = None
    """Of what breaks in it; ``None``: it is no customer's device, and nobody reports a fault of it."""
    knowledge: Knowledge | None = None
    """What can break in it. Why its payments fail, as any kind's, is known by ``gateway.payments``."""
    named_in_findings: bool = True
    """``False``: it is what a finding of its domain is about that names no kind, as in ledgers from before there were several."""
    pays_first: bool = False
    """What its owner tells of it where nobody says what is broken is a payment: every kind pays, this one before all."""
    meant_unsaid: bool = False
    """What a customer who tells of a fault means, where nobody says what is broken."""
    shows_notices: bool = False
    """Its owner looks at it: it shows notices about itself, and no paired phone has to."""
    dot: Dot = Dot()
    """Where there is a console: on its map."""
    strangers_send: frozenset[str] = frozenset()
    """Event types that every kind may send, of which a device that nobody registered is taken for one of this kind."""
