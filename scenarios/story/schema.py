"""A story, as its author writes it. Every figure is checked before anything starts; ``storybook`` reads the file.

A default marked [fit] is fitted or inferred: no published value was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from dispatch.core.routing.model import PauseReason
from dispatch.core.skills import Skill
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.policy_model.strict_model import StrictModel, suggestion
from dispatch.policy_model.units import Duration, Length, Rate, Share
from firmware_sim.wallet.market import BANKS
from scenarios.story.apps import Apps
from scenarios.story.bank import Bank
from scenarios.story.call_reasons import CallReasons
from scenarios.story.contacts import Contacts
from scenarios.story.contractors import Contractors
from scenarios.story.depots import no_depot, with_depots
from scenarios.story.distributions import Spans, exponential, lognormal, uniform
from scenarios.story.expectations import holds
from scenarios.story.habits import Habits
from scenarios.story.hours import Clock, Shift
from scenarios.story.incidents import Incident
from scenarios.story.kind import Count, Section
from scenarios.story.offers import Offers
from scenarios.story.often import Calendar, Wear, YearlyRate
from scenarios.story.payers import Payers
from scenarios.story.place import Latitude, Longitude, PlaceOnMap, Word, Words, listed
from scenarios.story.registry import KINDS, PARTS, home_kinds, owners_of
from scenarios.story.roads import Roads, check_trucks, or_its_name, with_house_on_roads
from scenarios.story.scorecard_keys import KEYS
from scenarios.story.suppliers import Suppliers, check_stock
from scenarios.story.trucks import Trucks
from scenarios.story.voices import Voices
from scenarios.story.weather import Weather, air
from scenarios.story.weights import Weights
from scenarios.story.workshops import Workshops

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{4}$")]
AnySection = TypeVar("AnySection", bound=Section)


def _moment(found: object) -> object:
    return datetime.fromisoformat(found) if isinstance(found, str) else found


def _hours(found: object) -> object:
    if not isinstance(found, (list, tuple)):
        message = f"{found!r} is no list of hours: write [2 h, 3 h 10 min]"
        raise ValueError(message)  # noqa: TRY004 - pydantic tells it with its key
    return tuple(found)


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class Place(StrictModel):
    """Where the story happens: everything lies within ``radius`` of the centre."""

    name: str
    latitude: Latitude
    longitude: Longitude
    radius: Length
    shape: Literal["disc", "square"] = "disc"
    """``square``: its sides are twice the radius long and run north and east."""


class Outage(StrictModel):
    """A payment processor fails for everybody, or a bank for its customers."""

    processor: Word | None = None
    bank: str | None = None
    """BIC, instead of ``processor``."""
    at: Duration
    """After the start."""
    lasts: Duration
    reason: Code = "AB09"
    """ISO 20022 external status reason code of most of the failed attempts."""

    @property
    def name(self) -> str:
        """The processor's, or the bank's."""
        return self.processor or self.bank or ""

    @model_validator(mode="after")
    def _one_fails(self) -> Outage:
        if (self.processor is None) == (self.bank is None):
            message = "give either processor or bank"
            raise ValueError(message)
        return self


class Payments(StrictModel):
    """What the phones pay, and what goes wrong."""

    every: Spans = exponential(4 * 3600)
    """Between two payments of one phone."""
    processors: Weights = Field({"processor-a": 1.0})
    declined: Share = 0.017
    """Attempts that fail for lack of money (AM04): 38% of the 4.6% that fail. They are not tried again."""
    tries: Annotated[int, Field(ge=1, le=20)] = 4
    """How often a failing payment is tried before its owner gives up."""
    try_again_after: Spans = lognormal(40, 0.5)
    outages: Annotated[tuple[Outage, ...], BeforeValidator(listed)] = ()

    @model_validator(mode="after")
    def _processors_exist(self) -> Payments:
        for number, outage in enumerate(self.outages):
            if outage.processor is not None:
                _known(outage.processor, list(self.processors), number, "processor")
            if outage.bank is not None:
                _known(outage.bank, list(BANKS), number, "bank")
        return self


def _known(name: str, names: list[str], number: int, what: str) -> None:
    if name not in names:
        told = {"key": f"outages.{number}.{what}", "what": what, "hint": suggestion(name, names)}
        raise PydanticCustomError("unknown_key", "unknown {what}; {hint}", told)


class When(StrictModel):
    """A stretch of the story, counted from its start, and how the faults lie in it."""

    start: Duration = Field(0.0, alias="from")
    until: Duration | None = None
    shape: Literal["even", "rising", "falling"] = "even"

    @model_validator(mode="after")
    def _in_order(self) -> When:
        if self.until is not None and self.until <= self.start:
            message = "'until' must lie after 'from'"
            raise ValueError(message)
        return self


def _any_part(schema: dict[str, Any]) -> None:
    """Let an editor offer the parts there are: kinds may come and go."""
    schema["enum"] = sorted(PARTS)


class FaultProcess(StrictModel):
    """How often something breaks, and when. A fault that needs a start or a drive happens at one within ``when``."""

    part: Annotated[str, Field(json_schema_extra=_any_part)] | None = None
    parts: Weights | None = None
    """Several parts and how often each is the cause, instead of ``part``."""
    count: Count | None = None
    share: Share | None = None
    """Of the devices it can befall, instead of ``count``."""
    rate: YearlyRate | None = None
    """``9.4 per 1,000 and year``, instead of ``count``; times the ``calendar``."""
    weibull: Wear | None = None
    """Failures by age, instead of ``count``; times the ``calendar``."""
    empirical: Annotated[tuple[Duration, ...], Field(min_length=1), BeforeValidator(_hours)] | None = None
    """One at each of these hours from the start, instead of ``count`` and ``when``; what needs a start or a drive comes
    with the first there is from then on."""
    when: When = When.model_validate({})

    @property
    def causes(self) -> dict[str, float]:
        """Each part and its weight."""
        return self.parts or {str(self.part): 1.0}

    @property
    def kind(self) -> str:
        """What kind of device it befalls."""
        return PARTS[next(iter(self.causes))].kind

    @model_validator(mode="after")
    def _said_once(self) -> FaultProcess:
        if (self.part is None) == (self.parts is None):
            message = "give either part or parts"
            raise ValueError(message)
        if sum(one is not None for one in (self.count, self.share, self.rate, self.weibull, self.empirical)) != 1:
            message = "give one of count, share, rate, weibull and empirical"
            raise ValueError(message)
        if self.empirical is not None and "when" in self.model_fields_set:
            message = "empirical says when; leave 'when' out"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _parts_exist(self) -> FaultProcess:
        where = "part" if self.part is not None else "parts"
        for part in self.causes:
            if part not in PARTS:
                hint = suggestion(part, list(PARTS))
                key = where if self.part is not None else f"parts.{part}"
                raise PydanticCustomError(
                    "unknown_key", "unknown part '{part}'; {hint}", {"key": key, "part": part, "hint": hint}
                )
        if len({PARTS[part].kind for part in self.causes}) > 1:
            message = "all parts of one process must be parts of the same kind of device"
            raise ValueError(message)
        return self


class Pause(StrictModel):
    """When agents rest, every day; one after the other, so that somebody is there."""

    at: Clock
    """The first of the group; each next one when the one before is back."""
    lasts: Annotated[Duration, Field(gt=0)]
    reason: PauseReason = "break"


class Agents(StrictModel):
    """Agents of one kind."""

    count: Count
    languages: Words
    skills: Annotated[tuple[Skill, ...], BeforeValidator(listed)] = ()
    """What they can talk about; left out: everything. A call that is overdue comes to anybody."""
    shift: Shift | None = None
    """Takes calls within it; around the clock where it is left out."""
    handling: Spans = Spans.model_validate({"lognormal": {"mean": "300 s", "cv": 1.0}})
    """One conversation; ContactBabel 2014: 300 to 381 s."""
    picks_up: Duration = 1.0
    """To take a call that waits [fit]."""
    rests: Spans = uniform(2, 8)
    """Between two calls."""
    proficiencies: dict[str, Annotated[int, Field(ge=1, le=5)]] = Field(default_factory=dict)
    """How well they can do what, where the policy has a ``routing``: a language, a skill, a channel, empathy. What is only named
    above they can do as well as can be."""
    wrap_up: Spans | None = None
    """What is left of a call once they have spoken; at most the policy's ``wrap_up``, where it has one. Left out: nothing."""
    pauses: Annotated[tuple[Pause, ...], BeforeValidator(listed)] = ()
    chats: Annotated[int, Field(ge=0, le=20)] = 0
    """With so many customers they write beside one who speaks; 0: one conversation at a time, of any channel."""
    skill: Literal["novice", "expert"] | None = None
    """How long they do it: novices gain by hints, experts do not. Left out: they look for none."""


class Calls(StrictModel):
    """Customers who ring about something else: a bill, an address, a question. They come at random (a Poisson process)."""

    rate: Rate = 0.0
    """How many, until the story's last stretch begins. Each waits as ``customers.patience`` lets them."""
    machine: bool = False
    """Does a machine answer first who rings about a fault: it says how their case stands, and puts through who wants a person?"""
    about: CallReasons | None = None
    """For which other reasons customers ring; left out: only about a fault of which they have heard nothing, and the app."""


class PhonesIn(StrictModel):
    """After which time a customer who has noticed it and heard nothing phones in, by what broke."""

    share: Share = 1.0
    """Of those whose device needs help, how many would phone at all."""

    def of(self, kind: str) -> Spans:
        """Return that of one kind; ``model`` adds a key for each."""
        spans: Spans = getattr(self, kind)
        return spans


class Tells(StrictModel):
    """What a customer tells an agent of whose device nothing is known; it takes longer, and may be mistaken."""

    explains: Spans = lognormal(90, 0.6)
    """On top of the agent's handling [fit]."""
    right: Share = 0.7
    """How often the agent makes out what is broken from what the customer says; else it is another part that shows on the
    same occasion, and a truck may come that cannot mend it [fit]."""
    place_error: Length = 100.0
    """Standard deviation of the place they describe, each of east and north [fit]."""


class Notices(StrictModel):
    """What a notice does to a customer whose device broke: "we know, we ring within two minutes"."""

    allowed: Share = 0.66
    """Of all customers: push is allowed by 81% (Android) and 51% (iOS), half of each. Whoever takes the phone in hand to phone
    about the fault sees what stands on its screen."""
    read: Share = 0.9
    """Of those who allow it: who looks at it unasked [fit]."""
    after: Spans = lognormal(40, 1.0)
    """From when it is shown until it is read unasked [fit]."""
    calms_for: Duration = 15 * 60.0
    """For so long it takes them twice the time to phone in [fit]."""
    wants_more: Share = 0.3
    """Of those who read that it is everybody's fault, that they need do nothing and are written to when it is over: who phone all
    the same, as if they had been told less. Outages of electricity, calls where people are written to, to calls where they are not,
    whoever reads it: 0.24 (New Braunfels, of 68% of customers 16%), 0.30 (Georgetown), below 0.5 (Lexington), 0.1 (a cooperative).
    Of whom any business writes to, 0.66 turn to it, 45% of those since they are left in doubt: 0.30 (Gartner 2022)."""


class Customers(StrictModel):
    """The people: how they answer, how long they wait, when they phone."""

    answer: Share = 0.7
    """A number in their contacts (Hiya): the share of all time in which they can take the phone. Whoever cannot now cannot in
    15 seconds either."""
    unavailable_for: Annotated[Duration, Field(gt=0)] = 2 * 60.0
    """Mean of a stretch in which they cannot: about as long as a call to somebody else takes [fit]."""
    ringing: Duration = 15.0
    picks_up_after: Spans = uniform(3, 12)
    phones_in: PhonesIn = PhonesIn.model_validate({})
    patience: Spans = exponential(380)
    """In the queue [fit]."""
    rings_again: Share = 0.8
    """Of those who hung up unheard: how many ring again, each time anew [fit]."""
    rings_again_after: Spans = lognormal(3 * 60, 0.8)
    """[fit]."""
    tells: Tells = Tells()
    notices: Notices = Notices()
    channels: Habits | None = None
    """How they write and read, on which channels; left out: as usual where the policy writes on any, and else they only phone."""
    voices: Voices | None = None
    """Who is known by their voice, and how long it takes to make sure who speaks; left out: as usual, where the policy's
    ``identity`` asks for it."""
    languages: Weights = Field({"en": 1.0})
    may_call: Share = 1.0
    may_order: Share = 1.0


class Network(StrictModel):
    """Where coverage is missing. What happens there is stored by the device, and told late."""

    outage_share: Share = 0.0
    """Of all devices: how many lose the network once, at any time."""
    fault_share: Share = 0.0
    """Of all faults: how many happen where there is none, as in an underground garage."""
    outage: Spans = lognormal(4 * 60, 0.7)


class Bluetooth(StrictModel):
    """Cars that speak to their owner's phone over Bluetooth LE; the phone forwards what they tell by its own network."""

    share: Share = 1.0
    """Of the cars."""
    modem: Share = 0.5
    """Of those: how many have a network of their own, too. What they tell may come both ways."""
    receiver: Share = 0.5
    """Of those without: how many have a satellite receiver. To the others' events the phone adds its own place."""
    distance: Length = 5.0
    """From phone to car while its owner is there."""
    advertising_loss: Share = 0.0
    drops: Share = 0.0
    """Of frames (in virtual time: of events): the link breaks in the middle."""
    replays: Share = 0.0
    """Of frames: they come a second time."""
    never_acknowledges: Share = 0.0
    """Of the phones."""


class Story(StrictModel):  # the sections of the kinds of devices ``model`` adds
    """A whole story."""

    name: Word
    about: str
    start: Moment
    duration: Duration
    settle: Duration = 15 * 60.0
    """The last stretch, in which nothing new breaks, so that every fault can be answered before the end."""
    place: Place
    roads: Annotated[Roads | None, Field(json_schema_extra=or_its_name)] = None
    """Whose roads everybody lives and drives on; without them the town is a plain, and everybody drives as the crow flies."""
    weather: Weather = Weather()
    telemetry: Literal["relevant", "every"] = "relevant"
    """In virtual time: what can change a decision, or every heartbeat, too. Left out are what sound devices tell that are not
    about to break, and where trucks are that wait, or that have the car on them and go by no plan. In real time it is always
    every, but for homes whose devices do nothing but pay."""
    payments: Payments | None = None
    apps: Apps | None = None
    """What people do in the app on their phones; left out: nobody uses one."""
    offers: Offers | None = None
    """What people hold and take, where the policy has them offered things; left out: nobody is asked."""
    payers: Payers | None = None
    """Devices that pay of themselves; left out: none does."""
    bank: Bank | None = None
    """By which money moves; left out: nobody carries out what is decided about money."""
    faults: Annotated[tuple[FaultProcess, ...], BeforeValidator(listed)] = ()
    depots: dict[Word, PlaceOnMap] = Field({})
    """By name; ``trucks``, ``contractors`` and ``incidents`` name them."""
    calendar: Calendar = Calendar()
    incidents: Annotated[tuple[Incident, ...], BeforeValidator(listed)] = ()
    trucks: Annotated[tuple[Trucks, ...], BeforeValidator(listed)] = ()
    contractors: Annotated[tuple[Contractors, ...], BeforeValidator(listed)] = ()
    workshops: Workshops = Workshops()
    suppliers: Annotated[tuple[Suppliers, ...], BeforeValidator(listed)] = ()
    agents: Annotated[tuple[Agents, ...], BeforeValidator(listed)] = ()
    customers: Customers = Customers()
    contacts: Annotated[tuple[Contacts, ...], BeforeValidator(listed)] = ()
    """Who writes to us of their own accord; left out: nobody but those of whom something breaks."""
    calls: Calls = Calls()
    network: Network = Network()
    policy: HousePolicy = HousePolicy()
    bluetooth: Bluetooth | None = None
    expect: Annotated[dict[str, str], Field(json_schema_extra={"propertyNames": {"enum": list(KEYS)}})] = Field({})
    expect_mean: Annotated[dict[str, str], Field(json_schema_extra={"propertyNames": {"enum": list(KEYS)}})] = Field({})
    """What holds of the mean over many worlds, whatever one of them is like: ``callahead validate --expect`` judges it."""
    answers: (
        Literal["queue", "distance", "shares", "hypercube", "skills", "order", "silence", "offers", "forbidden_offers"]
        | None
    ) = None
    """Which known answer ``callahead validate`` holds the story against."""

    @property
    def start_s(self) -> float:
        """The start, POSIX seconds."""
        return self.start.timestamp()

    @property
    def end_s(self) -> float:
        """The end, POSIX seconds."""
        return self.start_s + self.duration

    @property
    def quiet_s(self) -> float:
        """From when on nothing new breaks, POSIX seconds."""
        return self.end_s - self.settle

    def section(self, of: type[AnySection]) -> AnySection:
        """Return what the story says of one kind."""
        section: AnySection = getattr(self, of.KEY)
        return section

    @property
    def sections(self) -> Iterator[Section]:
        """Iterate over what it says of each kind, in order."""
        return (self.section(kind.homes.section) for kind in home_kinds() if kind.homes is not None)

    def homes(self, kind: str) -> int:
        """Return how many homes are counted by a kind of device."""
        homes = KINDS[kind].homes
        return self.section(homes.section).count if homes is not None else 0

    def with_homes(self, kind: str, count: int) -> Story:
        """Return the story with so many homes that are counted by a kind of device."""
        homes = KINDS[kind].homes
        assert homes is not None  # noqa: S101 - asked of kinds that homes own
        section = self.section(homes.section).model_copy(update={"count": count})
        return self.model_copy(update={homes.section.KEY: section})

    def devices(self, kind: str) -> int:
        """Return how many devices of a kind there are."""
        return sum(self.homes(owner) for owner in owners_of(kind))

    @property
    def habits(self) -> Habits | None:
        """How customers write and read; ``None``: nobody writes."""
        return self.customers.channels or (Habits() if self.policy.channels or self.contacts else None)

    @property
    def voices(self) -> Voices:
        """Return who is known by their voice."""
        return self.customers.voices or Voices()

    def air(self, now: float) -> float:
        """Return the air's temperature, °C, at ``now``, POSIX seconds."""
        return air(self.weather, self.incidents, self.start, now)

    @field_validator("duration")
    @classmethod
    def _lasts(cls, duration: float) -> float:
        if duration <= 0:
            message = "a story must last longer than 0"
            raise ValueError(message)
        return duration

    @field_validator("expect", "expect_mean", mode="after")
    @classmethod
    def _expects_what_there_is(cls, expect: dict[str, str]) -> dict[str, str]:
        for key, rule in expect.items():
            if key not in KEYS:
                hint = suggestion(key, list(KEYS))
                raise PydanticCustomError("unknown_key", "not on the scorecard; {hint}", {"key": key, "hint": hint})
            _rule_reads(key, rule)
        return expect

    @model_validator(mode="after")
    def _settles_in_time(self) -> Story:
        if self.settle >= self.duration:
            raise PydanticCustomError("unknown_key", "must be shorter than the duration", {"key": "settle"})
        return self

    @model_validator(mode="before")
    @classmethod
    def _depots_by_name(cls, found: Any) -> Any:  # noqa: ANN401 - any YAML
        return with_depots(found)

    @model_validator(mode="before")
    @classmethod
    def _house_on_roads(cls, found: Any) -> Any:  # noqa: ANN401 - likewise
        return with_house_on_roads(found)

    @model_validator(mode="after")
    def _roads_say_how_fast(self) -> Story:
        if self.roads is not None:
            check_trucks(self.trucks)
        for number, one in enumerate(self.incidents):
            if one.jam is not None and self.roads is None:
                told = {"key": f"incidents.{number}.jam"}
                raise PydanticCustomError(
                    "unknown_key", "the story has no roads; write them as roads: gothenburg", told
                )
        return self

    @model_validator(mode="after")
    def _incidents_can_happen(self) -> Story:
        there = sum(group.count for group in self.agents)
        for number, one in enumerate(self.incidents):
            if one.depot_closed is not None and one.depot_closed not in self.depots:
                raise no_depot(f"incidents.{number}.depot_closed", one.depot_closed, list(self.depots))
            if one.agents_absent is not None and one.agents_absent > there:
                told = {"key": f"incidents.{number}.agents_absent", "there": there}
                raise PydanticCustomError("unknown_key", "there are only {there} agents", told)
        return self

    @model_validator(mode="after")
    def _goods_are_ordered(self) -> Story:
        check_stock(self.suppliers, [article for section in self.sections for article in section.goods])
        return self

    @model_validator(mode="after")
    def _hours_lie_within(self) -> Story:
        for number, process in enumerate(self.faults):
            for place, hour in enumerate(process.empirical or ()):
                if hour >= self.duration - self.settle:
                    told = {"key": f"faults.{number}.empirical.{place}"}
                    raise PydanticCustomError("unknown_key", "nothing breaks so late: the story settles by then", told)
        return self

    @model_validator(mode="after")
    def _devices_exist(self) -> Story:
        for number, process in enumerate(self.faults):
            if not self.devices(process.kind):
                raise PydanticCustomError(
                    "unknown_key",
                    "there are no {kind}s in this story",
                    {"key": f"faults.{number}", "kind": process.kind},
                )
        return self


def _rule_reads(key: str, rule: str) -> None:
    try:
        holds(rule, 0.0)
    except ValueError as error:
        raise PydanticCustomError("unknown_key", "{reason}", {"key": key, "reason": str(error)}) from None
