"""What the gateway tells dispatch: its whole vocabulary. Plain frozen values, no behaviour beyond reading them."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import Field

Provenance = Literal["real", "simulated"]


def _is_none(value: object) -> bool:
    return value is None


TOLD = "told-"
"""What people tell is numbered so, ``vendor/device/told-…``; a device numbers its events ``boot-seq``."""


class Domain(StrEnum):
    """What kind of thing broke."""

    VEHICLE = "vehicle"
    APPLIANCE = "appliance"
    PAYMENT = "payment"


class Severity(StrEnum):
    """How bad it is, worst last."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (critical)."""
        return list(Severity).index(self)


class Drive(StrEnum):
    """May the car still be driven?"""

    YES = "yes"
    TO_WORKSHOP = "to_workshop"
    STOP_NOW = "stop_now"
    NOT_A_CAR = "not_a_car"


class Help(StrEnum):
    """What kind of help the part needs."""

    ROADSIDE = "roadside"
    """A truck whose crew mends it where it stands."""
    TOW = "tow"
    """A truck that takes it to a workshop."""
    TECHNICIAN = "technician"
    """A visit at home."""
    SUPPLIES = "supplies"
    """Goods to be delivered."""
    TALK = "talk"
    """A call alone."""
    NOTICE = "notice"
    """A message to the owner; nobody is sent and nobody calls."""
    WAIT = "wait"
    """To wait until it is over: a message says so, another one that it is over, and nobody calls who need not."""


class Grade(StrEnum):
    """What the diagnosis is good for."""

    ACT = "act"
    """Sure enough to do what helps."""
    ASK = "ask"
    """The customer is asked before anybody is sent."""
    WATCH = "watch"
    """Nothing is told to anybody; more evidence is awaited."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What it takes to put it right. Times in seconds."""

    help: Help
    skill: str
    """What the crew or the technician must be able to do, as ``battery``, ``tyre``, ``tow``, ``refrigeration``."""
    on_scene_s: float
    workshop_s: float
    """Working time a workshop needs afterwards; 0: none."""
    tow_type: str = "any"
    """``any``, ``flatbed`` (its wheels must not turn), ``none``."""


NO_SKILL = "none"
"""What owners see to themselves takes none."""
SOMEBODY_COMES = {
    Domain.VEHICLE: Remedy(Help.TOW, "tow", 15 * 60.0, 3600.0),
    Domain.APPLIANCE: Remedy(Help.TECHNICIAN, "refrigeration", 3600.0, 0.0),
}
"""What helps whatever is broken."""


def somebody_comes(domain: Domain, found: Remedy) -> Remedy:
    """Return what helps whatever is broken where ``found`` was thought to: of technicians, one who is able to do that."""
    comes = SOMEBODY_COMES.get(domain, found)
    is_able = comes.help is Help.TECHNICIAN and found.skill != NO_SKILL
    return replace(comes, skill=found.skill) if is_able else comes


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is: WGS 84 degrees, 68% accuracy in metres, when the fix was taken (POSIX seconds) and who took it."""

    latitude: float
    longitude: float
    accuracy_m: float
    fix_time: float
    source: str
    """``gnss``: the device's own fix; ``phone``: its owner's phone; ``last_known``: where the device was seen last;
    ``home``: the registered address; ``customer``: as told on the telephone."""
    moving: Annotated[bool, Field(exclude_if=operator.not_)] = False
    """The device drove when the fix was taken: it stands somewhere else by now."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another part it may be, with its probability."""

    part: str
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Goods that ran low."""

    gtin: str
    name: str
    quantity: float


Capability = Literal["all_wheels_up", "high_voltage"]
"""``all_wheels_up``: none of its wheels may turn. ``high_voltage``: it drives by a traction battery, and a crew must be trained."""


@dataclass(frozen=True, slots=True)
class Load:
    """What it takes to take one along."""

    needs: tuple[Capability, ...] = ()
    mass_kg: float = 0.0
    """0: not known."""

    def __bool__(self) -> bool:
        """Does it take anything that not every truck has?"""
        return bool(self.needs or self.mass_kg)

    def __str__(self) -> str:
        """Say it in a few words."""
        mass = [f"{self.mass_kg:.0f} kg"] if self.mass_kg else []
        return ", ".join([*(need.replace("_", " ") for need in self.needs), *mass])

    def __or__(self, other: Load) -> Load:
        """Return what it takes by what both say."""
        return Load(tuple(sorted({*self.needs, *other.needs})), max(self.mass_kg, other.mass_kg))


NOTHING = Load()
"""What every truck takes along."""


@dataclass(frozen=True, slots=True)
class Carries:
    """What a truck can take along."""

    able: tuple[Capability, ...] = ()
    mass_kg: float | None = None
    """``None``: no limit is registered."""

    def takes(self, load: Load) -> bool:
        """Can it take that along?"""
        return set(load.needs) <= set(self.able) and (self.mass_kg is None or load.mass_kg <= self.mass_kg)


EVERYTHING = Carries(get_args(Capability))
"""What a truck takes of which nothing is registered."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault episode of one device: what broke, how sure we are, where, whose it is."""

    key: str
    """The event that led to it: ``vendor/device/boot-seq``, which may be another device's; one of several has more behind that."""
    episode: str
    """The event that opened the episode. A later finding with the same episode revises the first."""
    device: str
    domain: Domain
    customer: str
    part: str
    name: str
    """The part's name in English."""
    probability: float
    alternatives: tuple[Alternative, ...]
    why: tuple[str, ...]
    """The evidence in plain words, strongest first."""
    severity: Severity
    drive: Drive
    remedy: Remedy
    advice: str
    """What the customer should do now and what happens next, in English."""
    place: Place | None
    near: str
    """The place in words an agent can say."""
    observed_at: float
    """POSIX seconds by the device's clock."""
    provenance: Provenance
    notify: str | None = None
    """The device that can show its owner a message."""
    lines: tuple[OrderLine, ...] = ()
    grade: Grade = Grade.ACT
    against: tuple[str, ...] = ()
    """What speaks against the part."""
    decides: str = ""
    """What one more measurement would tell apart."""
    part_number: str = ""
    """A stand-in: the workshop's catalogue decides."""
    relapse: int = 0
    """How often the episode was over and came back."""
    kind: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """Of the device, where the domain does not say it."""
    load: Annotated[Load, Field(exclude_if=operator.not_)] = NOTHING
    """What it takes to take it along, as far as it is registered."""
    may_pass: Annotated[bool, Field(exclude_if=operator.not_)] = False
    """It is likely everybody's, or gone at the next try: within minutes that shows, and until then nobody need be spoken to."""

    @property
    def told(self) -> bool:
        """Did a person tell of it, and no device?"""
        return self.key.rpartition("/")[2].startswith(TOLD)

    @property
    def looked_at(self) -> bool:
        """Has a crew looked at what was told of before?"""
        return self.told and self.key != self.episode

    @property
    def sends(self) -> bool:
        """Does somebody have to come?"""
        return self.remedy.help in {Help.ROADSIDE, Help.TOW, Help.TECHNICIAN}

    @property
    def urgency(self) -> int:
        """Lower is more urgent: a car that must not be driven, then by severity."""
        return (0 if self.drive is Drive.STOP_NOW else 1) + 3 - self.severity.rank


@dataclass(frozen=True, slots=True)
class Recovery:
    """The device says that it is well again; the episode is over."""

    key: str
    episode: str
    device: str
    observed_at: float


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """A device whose fault is being seen to stands elsewhere than was told."""

    key: str
    episode: str
    device: str
    place: Place
    near: str
    """The place in words an agent can say."""
    observed_at: float
    believed: bool = True
    """``False``: no car can have driven there since its last fix; a second one has to confirm it."""


@dataclass(frozen=True, slots=True)
class TruckReport:
    """What a truck said of itself."""

    key: str
    truck: str
    place: Place
    on_duty: bool
    skills: tuple[str, ...]
    provenance: Provenance
    job: str | None = None
    job_state: Literal["accepted", "declined", "arrived", "finished"] | None = None
    shift_end: Annotated[float | None, Field(exclude_if=operator.not_)] = None
    """When its crew goes home, POSIX seconds, where the truck says so."""
    carries: Annotated[Carries | None, Field(exclude_if=operator.not_)] = None
    """``None``: nothing is registered, and it counts as one that takes everything."""
    load: Annotated[Load, Field(exclude_if=operator.not_)] = NOTHING
    """What the crew found that it takes, where it declines because of that."""
    home: Annotated[tuple[float, float] | None, Field(exclude_if=operator.not_)] = None
    """Where it goes then: latitude and longitude."""
    eta: Annotated[float | None, Field(exclude_if=operator.not_)] = None
    """When it will be with whom it drives to, by its own navigation, POSIX seconds; ``None``: it says nothing of it."""


@dataclass(frozen=True, slots=True)
class Struggle:
    """A customer fights with an app: in which flow, at which step, and why, as far as it shows."""

    key: str
    """The step that led to it: ``vendor/device/boot-seq``."""
    episode: str
    """The step that the run through the flow began with. A later one with the same episode revises the first."""
    device: str
    customer: str
    flow: str
    """What they set out to do, as the contract has it."""
    step: str
    """The page that they are stuck at."""
    reason: str
    """Of the catalogue in ``gateway/apps/knowledge``; ``unclear``: nothing fits."""
    sure: float
    """P(that reason | they struggle)."""
    probability: float
    """P(they struggle)."""
    errors: tuple[str, ...]
    """What the app said, the most frequent first."""
    why: tuple[str, ...]
    """The signs in plain words, strongest first."""
    fraud: bool
    """It looks as if somebody were being cheated, or were the cheat: nobody is invited."""
    app_version: str
    page_s: float
    """For how long nothing had changed on the screen, seconds: an invitation is well or badly timed by that."""
    at: float
    """POSIX seconds, by the device's clock."""
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class StruggleOver:
    """The run through the flow has ended: they came through (``done``), gave up (``left``), or nothing more is heard of it."""

    key: str
    episode: str
    device: str
    customer: str
    how: Literal["done", "left", "silent"]
    at: float


@dataclass(frozen=True, slots=True)
class InvitationReplied:
    """An app tells what its customer answered to an invitation."""

    key: str
    device: str
    customer: str
    invitation: str
    """As the app says: whose it is has to be looked up."""
    reply: Literal["talk", "chat", "later", "no"]
    at: float
    provenance: Provenance


PayFor = Literal["charging", "parking", "toll", "tow", "groceries", "media", "energy", "water", "subscription", "other"]
"""What a device pays for."""


@dataclass(frozen=True, slots=True)
class PaymentAsk:
    """A device asks to pay for its customer."""

    key: str
    """The event: ``vendor/device/boot-seq``."""
    payment_ref: str
    """The device's end-to-end id: it names the payment, however often it is asked for."""
    device: str
    customer: str
    mandate: str
    """Empty: the one that fits."""
    payee: str
    """IBAN, or a partner's id."""
    amount: int
    """Minor units of the currency, by ISO 4217."""
    currency: str
    category: PayFor
    words: str
    """What it is for, as the device says."""
    place: Place | None
    key_thumbprint: str
    """Of the key that it is signed with; empty: it is not signed."""
    at: float
    """POSIX seconds by the device's clock."""
    provenance: Provenance
    used_at: Annotated[float | None, Field(exclude_if=_is_none)] = None
    """When the device was used last, as it told, POSIX seconds by its clock; 0: never so far. ``None``: it tells nothing."""
    objection: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """ISO 20022 status reason why it cannot be decided about at all: a signature or an hour that does not hold; empty: it can."""
    objection_says: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """The same in words, for whoever builds the device."""
    at_most: Annotated[bool, Field(exclude_if=operator.not_)] = False
    """No more than the amount is set aside, and the device tells later what is paid of it."""
    payee_name: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """Who is paid, as the device says; empty: it does not."""


@dataclass(frozen=True, slots=True)
class CaptureAsk:
    """A device tells what is paid of what was set aside for it at most."""

    key: str
    """The event: ``vendor/device/boot-seq``."""
    payment_ref: str
    """The device's end-to-end id of the payment."""
    device: str
    customer: str
    amount: int
    """Minor units; 0: nothing was used."""
    currency: str
    key_thumbprint: str
    """Of the key that it is signed with; empty: it is not signed."""
    provenance: Provenance
    objection: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """ISO 20022 status reason why it cannot be decided about at all; empty: it can."""
    objection_says: Annotated[str, Field(exclude_if=operator.not_)] = ""


Conclusion = (
    Finding
    | Recovery
    | PlaceReport
    | TruckReport
    | PaymentAsk
    | CaptureAsk
    | Struggle
    | StruggleOver
    | InvitationReplied
)
"""Everything the gateway tells dispatch."""
