"""The legal moves of a case: three small machines side by side, help, call and who cares for it. A test walks the tables.

An illegal move changes nothing: ``after`` returns ``None``, and the desk leaves everything as it was.
"""

from __future__ import annotations

from enum import StrEnum


class HelpState(StrEnum):
    """How the truck stands."""

    NONE = "none"
    """No truck is needed."""
    ASKING = "asking"
    """The place is not good enough to send anybody: the agent asks."""
    WAITING = "waiting"
    """No capable truck is free."""
    OFFERED = "offered"
    PROMISED = "promised"
    """A truck has accepted and is on its way."""
    ON_SCENE = "on_scene"
    CONTRACTED = "contracted"
    """A contractor has said yes, and no truck of ours goes."""
    TOO_LATE = "too_late"
    """On the scene when it was to be called off: it finishes."""
    DONE = "done"
    CANCELLED = "cancelled"


class HelpMove(StrEnum):
    """What happens to the truck's side of a case."""

    ASK = "ask"
    NEED = "need"
    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    ARRIVE = "arrive"
    FINISH = "finish"
    CANCEL = "cancel"
    CONTRACT = "contract"
    """A contractor says yes before a truck of ours does."""
    SPARE = "spare"
    """A better diagnosis needs no truck, and none was looked for so far."""


class CareState(StrEnum):
    """Which person sees to a case."""

    UNSEEN = "unseen"
    SEEN = "seen"
    """Somebody has acknowledged it; it is nobody's."""
    OWNED = "owned"
    GIVEN = "given"
    """It is somebody's who has not acknowledged it."""


class CareMove(StrEnum):
    """What people do about who sees to a case."""

    ACKNOWLEDGE = "acknowledge"
    """Also by whatever else somebody does about it."""
    TAKE = "take"
    HAND_OVER = "hand_over"
    LET_GO = "let_go"
    RAISE = "raise"
    """Others are to look: whoever has it still has it."""


class CallState(StrEnum):
    """How a call stands."""

    NONE = "none"
    QUEUED = "queued"
    ASSIGNED = "assigned"
    CONNECTED = "connected"
    RESTING = "resting"
    """Nobody answered; it is rung again later."""
    DONE = "done"
    WITHDRAWN = "withdrawn"
    GIVEN_UP = "given_up"


class CallMove(StrEnum):
    """What happens to a call."""

    QUEUE = "queue"
    ASSIGN = "assign"
    CONNECT = "connect"
    FINISH = "finish"
    REST = "rest"
    GIVE_UP = "give_up"
    WITHDRAW = "withdraw"
    FORBID = "forbid"
    """Nobody may ring any more: also where they have spoken."""


_H, _HM, _C, _CM, _R, _RM = HelpState, HelpMove, CallState, CallMove, CareState, CareMove

HELP: dict[tuple[HelpState, HelpMove], HelpState] = {
    (_H.NONE, _HM.ASK): _H.ASKING,
    (_H.NONE, _HM.NEED): _H.WAITING,
    (_H.ASKING, _HM.NEED): _H.WAITING,
    (_H.WAITING, _HM.OFFER): _H.OFFERED,
    (_H.WAITING, _HM.ACCEPT): _H.PROMISED,
    (_H.WAITING, _HM.ARRIVE): _H.ON_SCENE,
    (_H.WAITING, _HM.FINISH): _H.DONE,
    (_H.OFFERED, _HM.FINISH): _H.DONE,
    (_H.OFFERED, _HM.OFFER): _H.OFFERED,
    (_H.OFFERED, _HM.ACCEPT): _H.PROMISED,
    (_H.OFFERED, _HM.DECLINE): _H.WAITING,
    (_H.PROMISED, _HM.OFFER): _H.OFFERED,
    (_H.PROMISED, _HM.DECLINE): _H.WAITING,
    (_H.OFFERED, _HM.ARRIVE): _H.ON_SCENE,
    (_H.PROMISED, _HM.ARRIVE): _H.ON_SCENE,
    (_H.ON_SCENE, _HM.FINISH): _H.DONE,
    (_H.ON_SCENE, _HM.DECLINE): _H.WAITING,
    (_H.PROMISED, _HM.FINISH): _H.DONE,
    (_H.ASKING, _HM.SPARE): _H.NONE,
    (_H.ASKING, _HM.CANCEL): _H.CANCELLED,
    (_H.WAITING, _HM.CANCEL): _H.CANCELLED,
    (_H.OFFERED, _HM.CANCEL): _H.CANCELLED,
    (_H.PROMISED, _HM.CANCEL): _H.CANCELLED,
    (_H.ON_SCENE, _HM.CANCEL): _H.TOO_LATE,
    (_H.WAITING, _HM.CONTRACT): _H.CONTRACTED,
    (_H.OFFERED, _HM.CONTRACT): _H.CONTRACTED,
    (_H.CONTRACTED, _HM.NEED): _H.WAITING,
    (_H.CONTRACTED, _HM.FINISH): _H.DONE,
    (_H.CONTRACTED, _HM.CANCEL): _H.CANCELLED,
    (_H.TOO_LATE, _HM.FINISH): _H.DONE,
    (_H.TOO_LATE, _HM.DECLINE): _H.CANCELLED,
}
"""A truck's ``accepted`` may be lost or late: ``arrive`` and ``finish`` are taken without it,
also from one that was passed over while it kept silent.

A crew that is there and cannot mend it declines: another truck is needed, unless the customer wanted none."""

CALL: dict[tuple[CallState, CallMove], CallState] = {
    (_C.NONE, _CM.QUEUE): _C.QUEUED,
    (_C.QUEUED, _CM.ASSIGN): _C.ASSIGNED,
    (_C.QUEUED, _CM.WITHDRAW): _C.WITHDRAWN,
    (_C.QUEUED, _CM.FINISH): _C.DONE,
    (_C.ASSIGNED, _CM.CONNECT): _C.CONNECTED,
    (_C.ASSIGNED, _CM.QUEUE): _C.QUEUED,
    (_C.ASSIGNED, _CM.REST): _C.RESTING,
    (_C.ASSIGNED, _CM.GIVE_UP): _C.GIVEN_UP,
    (_C.ASSIGNED, _CM.FINISH): _C.DONE,
    (_C.ASSIGNED, _CM.WITHDRAW): _C.WITHDRAWN,
    (_C.CONNECTED, _CM.FINISH): _C.DONE,
    (_C.CONNECTED, _CM.QUEUE): _C.QUEUED,
    (_C.CONNECTED, _CM.REST): _C.RESTING,
    (_C.CONNECTED, _CM.GIVE_UP): _C.GIVEN_UP,
    (_C.RESTING, _CM.QUEUE): _C.QUEUED,
    (_C.RESTING, _CM.WITHDRAW): _C.WITHDRAWN,
    (_C.WITHDRAWN, _CM.QUEUE): _C.QUEUED,
    (_C.QUEUED, _CM.FORBID): _C.WITHDRAWN,
    (_C.ASSIGNED, _CM.FORBID): _C.WITHDRAWN,
    (_C.CONNECTED, _CM.FORBID): _C.WITHDRAWN,
    (_C.RESTING, _CM.FORBID): _C.WITHDRAWN,
}
"""A withdrawn call is queued again when the customer who rang in hung up unheard.

A call that was connected is queued again when its agent is lost: what was said is unknown. It may turn out that nobody was
there, too: an answering machine."""


CARE: dict[tuple[CareState, CareMove], CareState] = {
    (_R.UNSEEN, _RM.ACKNOWLEDGE): _R.SEEN,
    (_R.UNSEEN, _RM.TAKE): _R.OWNED,
    (_R.UNSEEN, _RM.HAND_OVER): _R.GIVEN,
    (_R.UNSEEN, _RM.RAISE): _R.UNSEEN,
    (_R.SEEN, _RM.ACKNOWLEDGE): _R.SEEN,
    (_R.SEEN, _RM.TAKE): _R.OWNED,
    (_R.SEEN, _RM.HAND_OVER): _R.GIVEN,
    (_R.SEEN, _RM.RAISE): _R.UNSEEN,
    (_R.OWNED, _RM.ACKNOWLEDGE): _R.OWNED,
    (_R.OWNED, _RM.TAKE): _R.OWNED,
    (_R.OWNED, _RM.HAND_OVER): _R.GIVEN,
    (_R.OWNED, _RM.LET_GO): _R.SEEN,
    (_R.OWNED, _RM.RAISE): _R.GIVEN,
    (_R.GIVEN, _RM.ACKNOWLEDGE): _R.OWNED,
    (_R.GIVEN, _RM.TAKE): _R.OWNED,
    (_R.GIVEN, _RM.HAND_OVER): _R.GIVEN,
    (_R.GIVEN, _RM.LET_GO): _R.UNSEEN,
    (_R.GIVEN, _RM.RAISE): _R.GIVEN,
}
"""A supervisor takes what is another's. Nothing of it ends: the case does."""


def care_after(state: CareState, move: CareMove) -> CareState | None:
    """Return where ``move`` leads from ``state``; ``None`` where it is not legal."""
    return CARE.get((state, move))


def help_after(state: HelpState, move: HelpMove) -> HelpState | None:
    """Return where ``move`` leads from ``state``; ``None`` where it is not legal."""
    return HELP.get((state, move))


def call_after(state: CallState, move: CallMove) -> CallState | None:
    """Return where ``move`` leads from ``state``; ``None`` where it is not legal."""
    return CALL.get((state, move))
