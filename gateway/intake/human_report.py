"""What a person tells of a device, made into a finding: a customer on the telephone, or a crew that looked at it. Pure.

There is no telemetry behind it: the part is what an agent made of the customer's words, or what the crew saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from gateway.conclude.readings import home_of
from gateway.devices.registry import DeviceRecord
from gateway.diagnosis.catalogue import UNKNOWN, Part, catalogue
from gateway.errors import SenderError
from gateway.finding import TOLD, Domain, Drive, Finding, Help, Place, Remedy, somebody_comes
from gateway.kinds.kind import Kind
from gateway.kinds.registry import kinds
from gateway.payments.features import KNOWLEDGE as PAYMENTS
from gateway.places.place_names import gazetteer

ON_THE_TELEPHONE = 0.7
"""P(the part | an agent made it out from a customer's words) [fit]: roadside staff guess right from words two times in three."""
SEEN = 0.98
"""P(the part | a crew looked at it) [fit]."""


class NoSuchPart(SenderError):  # noqa: N818 - says what happened
    """The part is none of the device's kind; the message names the kind."""


class NoSuchSign(SenderError):  # noqa: N818 - says what happened
    """The symptom is none of the device's kind; the message names the kind."""


@dataclass(frozen=True, slots=True)
class HumanReport:
    """What was told. Times in POSIX seconds."""

    ref: str
    """Unique among all that is told of a device."""
    by: Literal["customer", "crew", "dispatcher"]
    part: str | None
    """``None``: nobody could make out what is broken."""
    since: float
    """When it began."""
    place: Place | None = None
    words: str = ""
    """The customer's."""
    episode: str | None = None
    """Of the open case that it revises."""
    signs: tuple[str, ...] = ()
    """What they see, as symptoms of the kind's catalogue."""
    drivable: bool | None = None
    """Do they say that it drives? ``None``: nobody asked, or it is nothing that drives."""
    wants_help: bool = True
    """``False``: they only tell of it, and nobody is to come."""


def finding_of(told: HumanReport, record: DeviceRecord) -> Finding:
    """Return the finding. Somebody is sent for it, unless they say otherwise. Raises ``NoSuchPart`` and ``NoSuchSign``."""
    kind, name = kinds().named(record.kind), told.part or UNKNOWN
    part, domain = _part(kind, name, record)
    place = told.place or home_of(record, told.since)
    return Finding(
        key=f"{record.device}/{TOLD}{told.ref}",
        episode=told.episode or f"{record.device}/{TOLD}{told.ref}",
        device=record.device,
        domain=domain,
        customer=record.customer or "",
        part=name,
        name=part.name,
        probability=SEEN if told.by == "crew" else ON_THE_TELEPHONE,
        alternatives=(),
        why=(*_signs(kind, told), _why(told)),
        severity=part.severity,
        drive=_drive(told, part),
        remedy=_remedy(told, domain, part),
        advice=part.advice,
        place=place,
        near=gazetteer().near(place.latitude, place.longitude) if place else "",
        observed_at=told.since,
        provenance=record.provenance,
        notify=record.device if kind.shows_notices else record.paired_phone,
        part_number=part.part_number,
        kind=kind.name if kind.named_in_findings and domain is kind.domain else "",
        load=record.load,
    )


def _part(kind: Kind, name: str, record: DeviceRecord) -> tuple[Part, Domain]:
    """Return a part and what kind of thing it is: one of the device itself, or a reason why a payment fails, as any can make."""
    if kind.knowledge is None or kind.domain is None:
        raise NoSuchPart(f"{record.device} is a {record.kind}: no customer's device")
    known = [(kind.knowledge, kind.domain), (PAYMENTS, Domain.PAYMENT)]
    for knowledge, domain in reversed(known) if kind.pays_first else known:
        part = catalogue(knowledge).parts.get(name)
        if part is not None:
            return part, domain
    raise NoSuchPart(f"'{name}' is no part of a {record.kind}")


def _drive(told: HumanReport, part: Part) -> Drive:
    """Return whether it may be driven: never further than the part allows."""
    return part.drive if told.drivable is not False or part.drive is Drive.NOT_A_CAR else Drive.STOP_NOW


def _remedy(told: HumanReport, domain: Domain, part: Part) -> Remedy:
    """Return what helps: what does in any case where nobody knows the part, or where it does not drive and talk would not help."""
    if not told.wants_help:
        return replace(part.remedy, help=Help.TALK)
    stands = told.drivable is False and part.help in {Help.TALK, Help.NOTICE}
    return somebody_comes(domain, part.remedy) if told.part is None or stands else part.remedy


def _signs(kind: Kind, told: HumanReport) -> Iterator[str]:
    """Yield what they see in the catalogue's words."""
    known = catalogue(kind.knowledge).symptoms if kind.knowledge is not None else {}
    for sign in told.signs:
        if sign not in known:
            raise NoSuchSign(f"'{sign}' is no symptom of a {kind.name}")
        yield known[sign].says


def _why(told: HumanReport) -> str:
    if told.by == "crew":
        return "the crew looked at it"
    if told.by == "dispatcher":
        return told.words or "a dispatcher knows better"
    return f"the customer says: {told.words}" if told.words else "the customer told it on the telephone"
