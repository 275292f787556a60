"""What dispatchers did about a case: who has it, who has seen it, what they decided about it, and what they did last. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dispatch.core.acts import (
    ActUndone,
    CallHastened,
    CareAct,
    CaseAcknowledged,
    CaseHandedOver,
    CaseLetGo,
    CaseNoted,
    CaseRaised,
    CaseTaken,
    ContractorCalled,
    EndAct,
    EscalatedTo,
    HelpAct,
    OfCase,
    PlaceCorrected,
    TruckChosen,
    TruckPinned,
    TruckUnpinned,
)
from dispatch.core.transitions import CareMove, CareState, care_after
from gateway.finding import Place


@dataclass(frozen=True, slots=True)
class Stood:
    """What a person decided about a case that an act may change, and an undo brings back."""

    state: CareState = CareState.UNSEEN
    owner: str | None = None
    """Whose it is, as the service knows them."""
    acknowledged_by: str | None = None
    pinned: str | None = None
    """The truck that goes, and no other."""
    place_is_told: bool = False
    """A dispatcher said where it is: its device's word counts no more."""


@dataclass(frozen=True, slots=True)
class LastAct:
    """The last act, as long as it can be undone."""

    ref: str
    what: str
    """The name of its class."""
    by: str | None
    at: float
    """POSIX seconds."""
    stood: Stood
    """Before it."""
    truck: str | None = None
    """Before it."""
    place: Place | None = None
    near: str = ""


@dataclass(slots=True)
class Care:
    """The people's side of a case."""

    stood: Stood = field(default_factory=Stood)
    last: LastAct | None = None
    raised: int = 0
    """How often it was escalated by what may be told again."""
    watches: int = 0
    """How often people began to be expected to acknowledge it; 0: never."""
    alarmed: int = 0
    """How often it was escalated since then, as nobody did."""
    raised_to: EscalatedTo = "dispatchers"
    """Who is expected to."""

    @property
    def owner(self) -> str | None:
        """Whose case it is."""
        return self.stood.owner

    @property
    def pinned(self) -> str | None:
        """The truck that goes, and no other."""
        return self.stood.pinned

    @property
    def is_seen(self) -> bool:
        """Has somebody acknowledged it, whose it is where it is somebody's?"""
        return self.stood.state in {CareState.SEEN, CareState.OWNED}

    def unpin(self) -> None:
        """The truck that was pinned does not come, nor does taking an act back bring it."""
        lost = self.stood.pinned
        self.stood = replace(self.stood, pinned=None)
        if self.last is not None and lost is not None and self.last.stood.pinned == lost:
            self.last = replace(self.last, stood=replace(self.last.stood, pinned=None))


def note_act(care: Care, act: OfCase, now: float, *, truck: str | None, place: Place | None, near: str) -> None:
    """Note what a person did, and what stood before; what follows for trucks, partners and calls is decided by the desk.

    ``truck``, ``place``, ``near``: of the case, before.
    """
    if isinstance(act, ActUndone):
        care.stood, care.last = (care.last.stood if care.last else care.stood), None
        return
    before, care.stood = care.stood, _after(care.stood, act)
    if isinstance(act, CaseRaised):
        care.raised_to = act.to
    if isinstance(act, UNDOABLE):
        care.last = LastAct(act.ref, type(act).__name__, act.by, now, before, truck, place, near)
    elif not isinstance(act, CaseNoted):  # a note changes nothing that was done before
        care.last = None


def _after(stood: Stood, act: CareAct | HelpAct | EndAct | CallHastened) -> Stood:
    move, owner = _care(act, stood)
    state = care_after(stood.state, move) or stood.state
    seen = act.by if state in {CareState.SEEN, CareState.OWNED} else None
    keeps = move is CareMove.ACKNOWLEDGE and stood.acknowledged_by is not None and state is stood.state
    after = replace(stood, state=state, owner=owner, acknowledged_by=stood.acknowledged_by if keeps else seen)
    match act:
        case TruckPinned():
            return replace(after, pinned=act.truck)
        case TruckUnpinned() | ContractorCalled():
            return replace(after, pinned=None)
        case TruckChosen():
            return replace(after, pinned=None if after.pinned != act.truck else act.truck)
        case PlaceCorrected():
            return replace(after, place_is_told=True)
        case _:
            return after


def _care(act: CareAct | HelpAct | EndAct | CallHastened, stood: Stood) -> tuple[CareMove, str | None]:
    """Return what an act means for who sees to a case, and whose it is behind it."""
    match act:
        case CaseTaken():
            return CareMove.TAKE, act.by
        case CaseHandedOver():
            return CareMove.HAND_OVER, act.to
        case CaseLetGo():
            return CareMove.LET_GO, None
        case CaseRaised():
            return CareMove.RAISE, stood.owner
        case _:
            return CareMove.ACKNOWLEDGE, stood.owner


def note_seen(care: Care, by: str | None) -> None:
    """Note that somebody has seen a case, and did something about it that is taken back in no other way than by doing more."""
    state = care_after(care.stood.state, CareMove.ACKNOWLEDGE) or care.stood.state
    care.stood, care.last = replace(care.stood, state=state, acknowledged_by=care.stood.acknowledged_by or by), None


UNDOABLE = (
    CaseAcknowledged
    | CaseTaken
    | CaseHandedOver
    | CaseLetGo
    | TruckPinned
    | TruckUnpinned
    | TruckChosen
    | ContractorCalled
    | PlaceCorrected
)
"""Acts that can be taken back for a while. A note stays; who was called off is not called back; who was alarmed has heard it."""
