"""What dispatchers do, past tense: each with who did it and why. Part of ``events``, which has all else that happens. Pure.

``ref`` is drawn by whoever acts, and tells a repeat; an act that is undone is named by it.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.ids import EventKind, event_key
from gateway.finding import Place

Actor = Annotated[str | None, Field(exclude_if=operator.not_)]
"""Who did it, where that is known; left out of the row where it is not, as it always was. ``by`` is whoever asked for it to be
written, as the service knew them: ``user/anna``, ``key/exchange``, ``partner/garage``; what devices tell names its device."""
Reason = Annotated[str, Field(exclude_if=operator.not_)]
"""Why, in a person's words."""
TakesOver = Annotated[bool, Field(exclude_if=operator.not_)]
"""A supervisor acts although the case is another's."""
EscalatedTo = Literal["dispatchers", "supervisors"]
"""Who is to look at a case."""
Serves = Literal["supplies", "technician", "tow"]
"""What a supplier does: brings goods, sends a technician, or a truck, as a contractor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAct:
    """What all acts about a case have."""

    case: str
    ref: str
    reason: Reason = ""
    by: Actor = None
    takes_over: TakesOver = False

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.ACT, self.ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAcknowledged(CaseAct):
    """Somebody has seen it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTaken(CaseAct):
    """It is theirs from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHandedOver(CaseAct):
    """It is a colleague's from now on, who has yet to acknowledge it."""

    to: str
    """As the service knows them: ``user/bob``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLetGo(CaseAct):
    """It is nobody's from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckPinned(CaseAct):
    """This truck and no other."""

    truck: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckUnpinned(CaseAct):
    """Any truck again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckChosen(CaseAct):
    """A person sends this truck, instead of the one that has the job where one has."""

    truck: str
    instead_of: str | None = None
    """As it was when it was chosen."""
    sooner_s: float = 0.0
    """Than that one, seconds; negative: later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractorCalled(CaseAct):
    """A partner that tows is asked to go."""

    contractor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCorrected(CaseAct):
    """It is here, whatever its device tells."""

    place: Place
    near: str
    """The place in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesMerged(CaseAct):
    """``case`` and ``into`` are one trouble: ``into`` goes on."""

    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNoted(CaseAct):
    """A dispatcher's note."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCancelled(CaseAct):
    """Nobody is to come: all that is under way is called off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHastened(CaseAct):
    """Our call to the customer goes before all others of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRaised(CaseAct):
    """A person wants others to look at it."""

    to: EscalatedTo


@dataclass(frozen=True, slots=True, kw_only=True)
class ActUndone(CaseAct):
    """The last act is taken back."""

    act: str
    """Its ``ref``."""
    what: str
    """Its kind: the name of its class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceMuted:
    """What the device sends opens no case until then, unless it is dangerous or a person tells of it."""

    device: str
    until: float
    """POSIX seconds."""
    ref: str
    reason: Reason = ""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.ACT, self.ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUnmuted:
    """It is heard again."""

    device: str
    ref: str
    reason: Reason = ""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.ACT, self.ref)


CareAct = CaseAcknowledged | CaseTaken | CaseHandedOver | CaseLetGo | CaseNoted | CaseRaised
"""About who sees to a case."""
HelpAct = TruckPinned | TruckUnpinned | TruckChosen | ContractorCalled | PlaceCorrected
"""About who goes there, and where that is."""
EndAct = CasesMerged | CaseCancelled
"""Ends a case."""
OfCase = CareAct | HelpAct | EndAct | CallHastened | ActUndone
"""About one case."""
MuteAct = DeviceMuted | DeviceUnmuted
"""About a device."""
DispatcherEvent = OfCase | MuteAct
"""What dispatchers do. That a part is another than was thought is ``CaseReported``, as all that people tell of a fault."""
