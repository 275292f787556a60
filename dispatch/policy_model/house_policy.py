"""How the house works, as people write it: a story's ``policy:`` block, and the file of ``callahead-serve --policy``. Pure.

One model for both, so that what was judged in stories can be deployed as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic.fields import FieldInfo

from dispatch.core.conversation.channels import UNASKED, Channel
from dispatch.core.offers.rules import OfferPolicy
from dispatch.core.plan.model import Level, Weights
from dispatch.core.policy import CallOrder, HintsBy, Identity, MessagePolicy, Policy
from dispatch.core.purse.rules import Exemption, PaymentPolicy
from dispatch.core.quiet_hours import BadQuietHours, QuietHours
from dispatch.core.surveys.model import ANSWERED_ON
from dispatch.policy_model.offers import house_catalogue
from dispatch.policy_model.retention import Retention
from dispatch.policy_model.routing import Routing
from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Length, Share, Speed, metres, metres_per_second, seconds
from gateway.finding import Severity

_USUAL = Policy()


def _quiet(text: object) -> QuietHours:
    if not isinstance(text, str):
        message = f"{text!r} are no quiet hours: write from, to and where, as '22:00-07:00@Europe/Riga'"
        raise ValueError(message)  # noqa: TRY004 - pydantic tells it as the file's mistake
    try:
        return QuietHours.parse(text)
    except BadQuietHours as error:
        raise ValueError(str(error).removeprefix("--quiet-hours ")) from None


Quiet = Annotated[
    QuietHours,
    BeforeValidator(_quiet),
    WithJsonSchema({"type": "string", "description": "from, to and where", "examples": ["22:00-07:00@Europe/Riga"]}),
]


_MAY_BE = tuple(one.value for one in UNASKED if one is not Channel.APP)


def _channels(found: object) -> tuple[Channel, ...]:
    names = list(found) if isinstance(found, list | tuple) else None
    wrong = names is None or [one for one in names if one not in _MAY_BE]
    if names is None or wrong:
        message = f"{wrong if names else found!r}: write a list of {', '.join(_MAY_BE)}"
        raise ValueError(message)
    if len(set(names)) < len(names):
        message = "a channel is named twice"
        raise ValueError(message)
    return tuple(map(Channel, names))


Channels = Annotated[tuple[Channel, ...], BeforeValidator(_channels)]


class HousePolicy(StrictModel):
    """``policy: reactive``, or ``policy: {name: proactive, dial_attempts: 2, …}``; what is left out is as usual."""

    name: Literal["proactive", "reactive"] = "proactive"
    """``reactive``: no device is heard; customers phone, and an agent takes down what they say."""
    dial_attempts: Annotated[int, Field(ge=1, le=20)] = _USUAL.dial_attempts
    """How often a customer is rung in a row; then they count as unreachable, unless nobody can be sent without their word."""
    redial: Duration = _USUAL.redial_s
    """Until a call is rung again that nobody answered once."""
    redial_growth: Annotated[float, Field(ge=1, le=10)] = _USUAL.redial_growth
    """By how much each later wait is longer."""
    later_redial: Duration = _USUAL.later_redial_s
    """Until who could not be reached and must be asked before anybody is sent is rung once more."""
    talk_timeout: Duration = _USUAL.talk_timeout_s
    """After which a call that is connected and not ended has lost its agent, and is queued again."""
    inbound_in_a_row: Annotated[int, Field(ge=1, le=1_000)] = _USUAL.inbound_in_a_row
    """How many customers who rang in are served before a call of ours that is overdue."""
    channels: Channels = _USUAL.messages.channels
    """On which customers are written to unasked beside their own device: ``push``, ``sms``, ``social``, ``email``, as they are
    tried where nothing is known of them; none: only a device shows messages."""
    message_fallback: Duration = _USUAL.messages.fallback_s
    """After which a message that was not read goes out on the next channel."""
    message_until: Duration = _USUAL.messages.until_s
    """After which a message that no provider has taken is not sent any more."""
    message_cap: Annotated[int, Field(ge=1, le=1_000)] = _USUAL.messages.cap
    """How many messages a day are written unasked to a customer, but for the first about a case and what is urgent."""
    call_order: Literal["due", "index"] = _USUAL.call_order.value
    """Which call is placed next: by severity and when it is due, or by how likely its customer is to phone meanwhile."""
    call_cap: Duration = _USUAL.call_cap_s
    """By the index, who has waited for so long goes before all who have not."""
    hazards: Annotated[str, Field(min_length=1, max_length=4_096)] | None = None
    """By the index, the file of ``callahead learn hazards`` that says when customers phone; without one, the usual figures."""
    call_due: Duration = _USUAL.call_due_s
    """By when a queued call should be connected; then any agent takes it, whatever the language, where there is no ``routing``."""
    routing: Routing = ()
    """What is asked of the agent who takes a call, one step after the other; then anybody takes it."""
    identity: Literal["agent", "questions", "voice"] = _USUAL.identity.value
    """How it is made sure that the customer of a call is who they say: as the agent sees fit, by questions, or by their voice while
    they speak (extra ``voice``) and by questions where that says nothing. But for ``agent`` it is written down, and what only a
    customer may want is done for nobody else."""
    transfer_waits: Duration = _USUAL.transfer_waits_s
    """So long a call that was handed on to one agent waits for them; then for others."""
    agent_gone: Duration = _USUAL.agent_gone_s
    """An agent whose page, or program, gives no sign of life for so long is gone, and what they had in hand is another's."""
    wrap_up: Duration = _USUAL.wrap_up_s
    """So long at most an agent sees to what is left of a call before the next."""
    outages_by_message: bool = True
    """Who only has to wait until an outage is over is written to, and again when it is over, and rung where it fails then all the
    same or lasts longer than four hours; ``false``: they are rung at once."""
    call_back_abandoned: bool = True
    """Is a customer rung back who hung up before anybody answered, and of whom nothing is known to be broken?"""
    reasons: bool = _USUAL.reasons
    """Is it thought of who rings or writes why they do, by what is known of them, before they say it?"""
    invites: bool = _USUAL.invites
    """Is somebody invited to talk who struggles with an app?"""
    invitations_a_day: Annotated[int, Field(ge=1, le=100)] = _USUAL.invitations_a_day
    """At most, of one customer."""
    surveys: bool = _USUAL.surveys
    """Is a customer who was spoken with asked by SMS how it was, and rung back by another agent where they give two or less?"""
    robots: bool = _USUAL.robots
    """Does a robot answer simple wishes that customers write of, and hand the others over?"""
    hints: HintsBy = _USUAL.hints
    """How agents come by articles while they speak: ``pulled``, they ask; ``pushed``, they are shown them unasked; or ``none``."""
    offers: bool = _USUAL.offers.makes
    """Is something offered that fits, at the end of a call, once the problem is solved (docs/offers.md)?"""
    offers_most: Annotated[int, Field(ge=1, le=100)] = _USUAL.offers.most
    """So many offers to one customer in ``offers_within``."""
    offers_within: Duration = _USUAL.offers.within_s
    """In which time they are counted."""
    claim_timeout: Duration = _USUAL.claim_timeout_s
    """After which a call that an agent was given and let lie goes to another."""
    offer_timeout: Duration = _USUAL.offer_timeout_s
    """After which a truck that does not answer loses the job."""
    retry_tow: Duration = _USUAL.retry_tow_s
    """Until all trucks are asked again where all declined."""
    answer_timeout: Duration = _USUAL.answer_timeout_s
    """After which a silent workshop or supplier is passed over."""
    due: Duration = _USUAL.due_s
    """By when help should be there, from the fault; ADAC's target is 45 minutes."""
    speed: Speed = _USUAL.speed_mps
    """Of trucks, as the house reckons an arrival."""
    circuity: Annotated[float, Field(ge=1, le=3)] = _USUAL.circuity
    """Road length over great circle, as the house reckons it."""
    roads: Annotated[str, Field(min_length=1, max_length=4_096)] | None = _USUAL.roads
    """Whose roads arrivals are reckoned by: a shipped graph's name, or a file that ``callahead roads build`` wrote. Without them
    by ``speed`` and ``circuity``, which hold beside the roads and where none lead."""
    road_pace: Annotated[Share, Field(gt=0)] = _USUAL.road_pace
    """How fast trucks drive on these roads now, to how fast on dry ones: 65% in snow."""
    unhooking: Duration = _USUAL.unhooking_s
    """At the workshop, until a towed car is off the truck, as a plan reckons when the truck is free."""
    setting_out: Duration = _USUAL.setting_out_s
    """From the offer until a crew has answered and drives, as the house reckons an arrival."""
    place_accuracy: Length = _USUAL.place_accuracy_m
    """A position worse than this sends nobody: the agent asks first."""
    place_age: Duration = _USUAL.place_age_s
    """An older position sends nobody: the agent asks first."""
    truck_silent: Duration = _USUAL.truck_silent_s
    """An overdue truck of which nothing was heard for so long is said to be silent."""
    truck_lost: Duration = _USUAL.truck_lost_s
    """After which another goes in the place of a truck that is overdue and silent."""
    unfinished: Duration = _USUAL.unfinished_s
    """After which a case is escalated whose truck is there, or whose technician should be, and nobody says that it is done."""
    no_truck: Duration = _USUAL.no_truck_s
    """After which a case is escalated whose skill no truck on duty has."""
    plan: Literal["nearest", "insertion", "partition"] = "nearest"
    """How a truck is chosen: the nearest that is free, or by a plan of all who wait and all trucks, busy ones included;
    ``partition``: a worker proposes better ones (extra ``plan``)."""
    truck_reach: Length = _USUAL.truck_reach_m
    """By ``nearest``: who waits longest goes first among those so near to a truck that is free, as the crow flies; nobody further
    off before they are all served, and then the nearest."""
    plan_late: Annotated[float, Field(ge=0, le=1_000)] = _USUAL.plan_weights.late
    """What each second after ``due`` costs more in a plan, in seconds of waiting."""
    plan_busy: Annotated[float, Field(ge=0, le=1_000)] = _USUAL.plan_weights.busy
    """What each second of a truck's time costs in a plan: whoever calls next waits for it."""
    plan_cap: Duration = _USUAL.plan_weights.cap_s
    """Who has waited so long is served before all who have not."""
    contractor_late: Duration | None = _USUAL.contractor_late_s
    """Whom no truck of the house's own reaches within so long after ``due``, contractors are asked for, one after the other;
    left out: only a dispatcher asks one."""
    undo_within: Duration = _USUAL.undo_within_s
    """For so long a dispatcher may take an act back."""
    acknowledge_within: Duration = _USUAL.acknowledge_within_s
    """After which a case that no dispatcher has acknowledged is escalated, and after which again; where a person ever acted."""
    acknowledge_from: Literal["low", "medium", "high", "critical"] = _USUAL.acknowledge_from.value
    """Only cases of this severity, or a worse one."""
    acknowledge_times: Annotated[int, Field(ge=0, le=100)] = _USUAL.acknowledge_times
    """How often: to the dispatchers first, to the supervisors then. 0: never."""
    alert_wait: Duration = _USUAL.alert_wait_s
    """After which a case that waits for a truck stands among the alerts."""
    alert_free: Annotated[int, Field(ge=0, le=1_000)] = _USUAL.alert_free
    """A skill that fewer free trucks have stands among the alerts."""
    plan_turns_round: bool = _USUAL.turns_round
    """May a plan send an empty truck that is on its way elsewhere, where another goes to whom it was promised?"""
    plan_moved: Duration = _USUAL.plan_weights.moved_s
    """What that has to gain, in time of waiting; nothing where the truck goes to somebody who stands in danger."""
    quiet_hours: Quiet | None = None
    """When nobody is rung who need not know at once; by the clock of the customer's own zone, where they have one."""
    payment_ask: Duration = _USUAL.payments.ask_s
    """So long a customer has to say yes to a payment that is over a limit, unusual, or to be authenticated."""
    payment_exemption: Literal["sum", "count"] = _USUAL.payments.exemption.counting
    """How payments of low value without strong authentication are counted: up to 100 € together, or up to five."""
    payment_hold: Duration = _USUAL.payments.hold_s
    """What is set aside at most is free again so much later, where its device tells nothing of it."""
    unusual_a_day: Annotated[int, Field(ge=0, le=1_000)] = _USUAL.payments.unusual_a_day
    """So many unusual payments a day a customer is asked about; what is more is refused. 0: all that is unusual is refused."""
    unanswered_a_day: Annotated[int, Field(ge=1, le=1_000)] = _USUAL.payments.unanswered_a_day
    """So many payments a day a customer is asked about, for whatever reason, without having said yes to one since."""
    bank_timeout: Duration = _USUAL.payments.bank_s
    """After which a bank that has said nothing is asked again."""
    collection_timeout: Duration = _USUAL.payments.collect_s
    """A direct debit of which the bank has said nothing by then is asked for again."""
    bank_attempts: Annotated[int, Field(ge=1, le=100)] = _USUAL.payments.bank_attempts
    """Asked so often, it is a person's to ask."""
    pays_for_cases: bool = _USUAL.payments.pays_for_cases
    """Are supply orders and tows paid from the customers' purses?"""
    tow_fee: Annotated[int, Field(ge=0, le=1_000_000)] = _USUAL.payments.tow_fee
    """For a truck that came, in cents; 0: none."""
    retention: Retention = Retention()
    """For how long a service keeps personal data, by class."""

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, found: Any) -> Any:  # noqa: ANN401 - any YAML
        return {"name": found} if isinstance(found, str) else found

    @model_validator(mode="after")
    def _surveys_can_be_answered(self) -> HousePolicy:
        if self.surveys and not set(self.channels) & ANSWERED_ON:
            named = ", ".join(sorted(ANSWERED_ON))
            message = f"surveys: who is asked has to be able to write back: name one of {named} in channels"
            raise ValueError(message)
        return self

    @property
    def reactive(self) -> bool:
        """Does the house wait until customers phone?"""
        return self.name == "reactive"

    def desk(self) -> Policy:
        """Return what the desk goes by."""
        return replace(
            self._but_for_calls(),
            claim_timeout_s=self.claim_timeout,
            call_due_s=self.call_due,
            messages=self._messages(),
            payments=self._payments(),
            offers=self._offers(),
            call_order=CallOrder(self.call_order),
            call_cap_s=self.call_cap,
            routing=tuple(step.step() for step in self.routing),
            identity=Identity(self.identity),
            transfer_waits_s=self.transfer_waits,
            agent_gone_s=self.agent_gone,
            wrap_up_s=self.wrap_up,
            outages_by_message=self.outages_by_message,
            call_back_abandoned=self.call_back_abandoned,
            reasons=self.reasons,
            invites=self.invites,
            invitations_a_day=self.invitations_a_day,
            surveys=self.surveys,
            robots=self.robots,
            hints=self.hints,
            dial_attempts=self.dial_attempts,
            redial_s=self.redial,
            redial_growth=self.redial_growth,
            later_redial_s=self.later_redial,
            talk_timeout_s=self.talk_timeout,
            inbound_in_a_row=self.inbound_in_a_row,
        )

    def _but_for_calls(self) -> Policy:
        return Policy(
            offer_timeout_s=self.offer_timeout,
            retry_tow_s=self.retry_tow,
            answer_timeout_s=self.answer_timeout,
            due_s=self.due,
            speed_mps=self.speed,
            circuity=self.circuity,
            roads=self.roads,
            road_pace=self.road_pace,
            unhooking_s=self.unhooking,
            setting_out_s=self.setting_out,
            place_accuracy_m=self.place_accuracy,
            place_age_s=self.place_age,
            truck_silent_s=self.truck_silent,
            truck_lost_s=self.truck_lost,
            unfinished_s=self.unfinished,
            no_truck_s=self.no_truck,
            plan=Level(self.plan),
            truck_reach_m=self.truck_reach,
            contractor_late_s=self.contractor_late,
            undo_within_s=self.undo_within,
            acknowledge_within_s=self.acknowledge_within,
            acknowledge_from=Severity(self.acknowledge_from),
            acknowledge_times=self.acknowledge_times,
            alert_wait_s=self.alert_wait,
            alert_free=self.alert_free,
            plan_weights=self._weights(),
            turns_round=self.plan_turns_round,
            quiet=self.quiet_hours,
        )

    def _messages(self) -> MessagePolicy:
        return MessagePolicy(self.channels, self.message_fallback, self.message_until, self.message_cap)

    def _payments(self) -> PaymentPolicy:
        return PaymentPolicy(
            exemption=Exemption(counting=self.payment_exemption),
            ask_s=self.payment_ask,
            hold_s=self.payment_hold,
            unusual_a_day=self.unusual_a_day,
            unanswered_a_day=self.unanswered_a_day,
            bank_s=self.bank_timeout,
            collect_s=self.collection_timeout,
            bank_attempts=self.bank_attempts,
            pays_for_cases=self.pays_for_cases,
            tow_fee=self.tow_fee,
        )

    def _offers(self) -> OfferPolicy:
        catalogue = house_catalogue() if self.offers else ()
        return OfferPolicy(self.offers, self.offers_most, self.offers_within, catalogue=catalogue)

    def _weights(self) -> Weights:
        return Weights(late=self.plan_late, busy=self.plan_busy, cap_s=self.plan_cap, moved_s=self.plan_moved)

    def written(self) -> dict[str, Any]:
        """Return what differs from the usual as a file has it: each figure with its unit."""
        usual = HousePolicy()
        differing = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: self._as_text(name, value) for name, value in differing.items() if value != getattr(usual, name)}

    @classmethod
    def _as_text(cls, name: str, value: Any) -> Any:  # noqa: ANN401 - what any of the members is
        if isinstance(value, QuietHours):
            return str(value)
        if name == "channels":
            return [one.value for one in value]
        if name == "routing":
            return [step.written() for step in value]
        if isinstance(value, Retention):
            return {str(what): f"{kept_s} s" for what, kept_s in value.kept_s().items()}
        unit = None if value is None else next(_units(cls.model_fields[name]), None)
        return value if unit is None else f"{value} {unit}"


def _units(field: FieldInfo) -> Iterator[str]:
    """Iterate over the units that a figure is read with, also where it may be left out."""
    may_be = [one for kind in get_args(field.annotation) for one in getattr(kind, "__metadata__", ())]
    for one in (*field.metadata, *may_be):
        if isinstance(one, BeforeValidator) and one.func in _UNITS:
            yield _UNITS[one.func]


_UNITS: dict[Any, str] = {seconds: "s", metres: "m", metres_per_second: "m/s"}
