"""What is personal in a row: places of people and of crews, words that were said, goods that are at home. Pure.

Such members are taken out of a row's body and put, sealed, into a member of their own that stands first; the row's hash is over
that. Whoever has the key reads the row as it was written; where the key was destroyed, these members read as erased, and all
others, who did what when and for which case, as ever. Names and telephone numbers are in no row at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import msgspec

ERASED = "erased"
"""What stands where words were, and as the source of a place that is nowhere any more."""
NOWHERE: dict[str, Any] = {
    "latitude": 0.0,
    "longitude": 0.0,
    "accuracy_m": 20_037_508.0,
    "fix_time": 0.0,
    "source": ERASED,
}
"""A place that may be anywhere: half the way around the earth."""
EACH = "*"
"""In a path: of each in a list."""
_BEGIN = '{"sealed":{'


class DataClass(StrEnum):
    """What personal members are; each class is kept for a time of its own."""

    PLACE = "place"
    WORDS = "words"
    VOICE_PRINT = "voice_print"
    """In no row: what a print of a voice is sealed with, beside the ledger."""


class Member(NamedTuple):
    """A personal member of a row's body."""

    path: tuple[str, ...]
    what: DataClass
    erased: Any

    @property
    def name(self) -> str:
        """As it is called within the seal."""
        return ".".join(self.path)


def _place(*path: str) -> Member:
    return Member(path, DataClass.PLACE, NOWHERE)


def _near(*path: str) -> Member:
    return Member(path, DataClass.PLACE, ERASED)


_WHERE = (_place("place"), _near("near"))
_SENT = (_place("place"),)
_GOODS: tuple[Any, ...] = ()
_FOUND = (
    _place("finding", "place"),
    _near("finding", "near"),
    Member(("finding", "lines"), DataClass.WORDS, _GOODS),
)
_TEXT = (Member(("text",), DataClass.WORDS, ERASED),)
_REASON = (Member(("reason",), DataClass.WORDS, ERASED),)
_ACTS = (
    *("CaseAcknowledged", "CaseTaken", "CaseHandedOver", "CaseLetGo", "TruckPinned", "TruckUnpinned", "TruckChosen"),
    *("ContractorCalled", "CasesMerged", "CaseCancelled", "CallHastened", "CaseRaised", "ActUndone"),
    *("DeviceMuted", "DeviceUnmuted"),
)
_WHY = (Member(("why",), DataClass.WORDS, ERASED),)
_SAID = (Member(("words",), DataClass.WORDS, ERASED),)
PERSONAL: Mapping[str, tuple[Member, ...]] = {
    **dict.fromkeys(_ACTS, _REASON),
    "PlaceCorrected": (*_WHERE, *_REASON),
    "CaseNoted": (*_TEXT, *_REASON),
    "CallNoted": _TEXT,
    "CallTransferred": _TEXT,
    "FaultFound": _FOUND,
    "CaseReported": (*_FOUND, Member(("finding", "why"), DataClass.WORDS, (ERASED,))),
    "PlaceChanged": (_place("report", "place"), _near("report", "near")),
    "TruckReported": (_place("report", "place"),),
    "CallEnded": _WHERE,
    "MoveCase": (*_WHERE, _place("overruled")),
    "SendTow": _SENT,
    "ReassignTow": _SENT,
    "AdoptTow": _SENT,
    "MoveTow": _WHERE,
    "PlaceOrder": (Member(("lines",), DataClass.WORDS, _GOODS), _place("place")),
    "TellDriverToStop": _TEXT,
    "SendNotice": _TEXT,
    "SendMessage": _TEXT,
    "CustomerWrote": _TEXT,
    "CustomerAnswered": _WHERE,
    "AgentWrote": _TEXT,
    "InviteCustomer": _TEXT,
    "ExplainStruggle": _TEXT,
    "StruggleSeen": (Member(("struggle", "why"), DataClass.WORDS, (ERASED,)),),
    "MandateGiven": (Member(("mandate", "payees", EACH, "name"), DataClass.WORDS, ERASED),),
    "MandateChanged": _REASON,
    "PaymentAsked": (
        _place("ask", "place"),
        Member(("ask", "words"), DataClass.WORDS, ERASED),
        Member(("ask", "payee_name"), DataClass.WORDS, ERASED),
    ),
    "PaymentCancelled": _REASON,
    "PaymentDisputed": _WHY,
    "DisputeDecided": _WHY,
    "PuzzleClosed": _WHY,
    "BalanceReturned": _WHY,
    "AskPayer": (Member(("detail",), DataClass.WORDS, ERASED),),
    "SurveyAnswered": _SAID,
    "AskAboutMoney": _SAID,
    "TellSpending": _SAID,
    "WarnOfMoney": _SAID,
    "OfferSought": (
        Member(("held",), DataClass.WORDS, _GOODS),
        Member(("owns",), DataClass.WORDS, _GOODS),
        Member(("vulnerable",), DataClass.WORDS, erased=False),
    ),
    "ProposeOffer": (*_TEXT, Member(("rate_held",), DataClass.WORDS, ""), Member(("gain",), DataClass.WORDS, 0)),
}
"""Type of row → what is personal in it. A test holds it against the vocabulary."""


class Box(NamedTuple):
    """What was sealed: under which key, and as which text."""

    key: str
    text: str


Seal = Callable[[DataClass, bytes], Box]
"""Seals what is of a class, for one person, at one hour."""


class Opener(Protocol):
    """Who has the keys."""

    def open(self, box: Box) -> bytes | None:
        """Return what was sealed; ``None``: its key was destroyed."""


def is_sealed(body: str) -> bool:
    """Tell whether something in a row's body is sealed. A member that is called so stands first in no other."""
    return body.startswith(_BEGIN)


def sealed(name: str, body: str, seal: Seal) -> str:
    """Return the body of a row of type ``name`` with what is personal in it sealed; as it is where nothing is."""
    members = PERSONAL.get(name)
    if members is None:
        return body
    told = msgspec.json.decode(body)
    taken: dict[DataClass, dict[str, Any]] = {}
    for member in members:
        value = _take(told, member.path)
        if value:
            taken.setdefault(member.what, {})[member.name] = value
    if not taken:
        return body
    boxes = {what: seal(what, msgspec.json.encode(values)) for what, values in taken.items()}
    return msgspec.json.encode({"sealed": {what: tuple(box) for what, box in boxes.items()}, **told}).decode()


def opened(name: str, body: str, opener: Opener | None) -> str:
    """Return a sealed body as it was written; without a key, or an ``opener``, with what was sealed as erased.

    Raises ``ValueError`` where it is no body that we sealed.
    """
    try:
        return _opened(name, body, opener)
    except (msgspec.MsgspecError, AttributeError, LookupError, TypeError) as error:
        message = f"a sealed body of {name} cannot be read: {error!r}"
        raise ValueError(message) from None


def _opened(name: str, body: str, opener: Opener | None) -> str:
    told = msgspec.json.decode(body)
    erased = {member.name: member for member in PERSONAL[name]}
    for what, (key, text) in told.pop("sealed").items():
        found = opener.open(Box(key, text)) if opener is not None else None
        if found is not None:
            values = msgspec.json.decode(found)
        else:
            values = {one.name: one.erased for one in erased.values() if one.what == what and _is_missing(told, one)}
        for path, value in values.items():
            _put(told, erased[path].path, value)
    return msgspec.json.encode(told).decode()


def _take(told: dict[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - a member of any type
    """Take a member out; where there is nothing to hide in it, it stays. Of each in a list: as a list, with nothing as null."""
    at: Any = told
    for number, step in enumerate(path[:-1]):
        if step == EACH:
            taken = [_take(one, path[number + 1 :]) for one in at]
            return taken if any(taken) else None
        at = at[step]
    return at.pop(path[-1]) if at.get(path[-1]) else None


def _is_missing(told: dict[str, Any], member: Member) -> bool:
    at: Any = told
    for step in member.path[:-1]:
        if step == EACH:
            return bool(at)  # which of them had one is not known any more
        at = at[step]
    return member.path[-1] not in at


def _put(told: dict[str, Any], path: tuple[str, ...], value: Any) -> None:  # noqa: ANN401 - a member of any type
    at: Any = told
    for number, step in enumerate(path[:-1]):
        if step == EACH:
            for one, mine in zip(at, value if isinstance(value, list) else [value] * len(at), strict=True):
                if mine is not None:
                    _put(one, path[number + 1 :], mine)
            return
        at = at[step]
    at[path[-1]] = value
