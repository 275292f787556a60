"""What was heard of one device, read as the service reads it: by the service's own intake. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from gateway.contract.binding import read_event
from gateway.contract.envelope import DeviceEvent
from gateway.contract.messages import parse_state
from gateway.contract.refusals import Problem, Refused, Rule
from gateway.contract.state import DeviceState
from gateway.contract.topics import EVENTS, Channel, parse_topic
from gateway.devices.order import Order
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake, Refusal
from scenarios.vendor_kit.heard import HeardMessage

ONLY_THE_SERVICE = frozenset({Rule.UNKNOWN_DEVICE, Rule.NOT_PAIRED})
"""Rules that a message alone cannot break: they are about what is registered."""
_ID = re.compile(r"(\d{1,10})-(\d{1,15})")


@dataclass(frozen=True, slots=True)
class WatchedDevice:
    """A device under test: what was heard on its topics, and what was done to it. Times as ``HeardMessage.at``."""

    device: str
    messages: tuple[HeardMessage, ...]
    seconds: float
    """How long it was watched."""
    standing: HeardMessage | None = None
    """What stood retained on ``…/state`` at the end of the watch."""
    cut_at: float | None = None
    """When the tester was asked to cut it off."""
    driven_at: float | None = None
    """When a harmless command was sent to it."""
    payment_key: str = ""
    """By which it signs what it asks to pay, as it is to be registered; empty: the tester did not say."""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A message that breaks a rule."""

    rule: str
    detail: str
    heard: HeardMessage


@dataclass(slots=True)
class DeviceEvidence:
    """What was heard, sorted by what it is evidence of."""

    watched: WatchedDevice
    published: list[HeardMessage] = field(default_factory=list)
    """On the topics of events, good or bad."""
    events: list[tuple[HeardMessage, DeviceEvent]] = field(default_factory=list)
    states: list[tuple[HeardMessage, DeviceState]] = field(default_factory=list)
    retained_events: list[HeardMessage] = field(default_factory=list)
    commands: list[HeardMessage] = field(default_factory=list)
    broken: list[BrokenRule] = field(default_factory=list)
    order: Order = field(default_factory=Order)
    without_id: int = 0
    """Refused events whose number could not be read."""
    judged: int = 0
    """Messages of the device that the contract's rules were held against."""


def gather(watched: WatchedDevice) -> DeviceEvidence:
    """Read everything that was heard."""
    found = DeviceEvidence(watched)
    intake = Intake(Registry(), open_demo=True)
    for heard in watched.messages:
        where = parse_topic(heard.topic)
        channel = where.channel if where else None
        if channel is Channel.REJECTED:
            _take_problem(found, heard)
        elif channel in EVENTS and heard.retained:
            found.retained_events.append(heard)
        elif channel is Channel.COMMAND:
            found.commands.append(heard)
        else:
            _judge(found, intake, heard, channel)
    return found


def _judge(found: DeviceEvidence, intake: Intake, heard: HeardMessage, channel: Channel | None) -> None:
    found.judged += 1
    if channel in EVENTS:
        found.published.append(heard)
    verdict = intake.receive(
        heard.topic, heard.payload, heard.at, content_type=heard.content_type, properties=heard.properties
    )
    refusal = _strictly(verdict.refusal, heard)
    if refusal is not None:
        problem = refusal.problem
        if refusal.rule not in ONLY_THE_SERVICE:
            found.broken.append(BrokenRule(refusal.rule, problem.detail, heard))
        if channel in EVENTS:
            _number_refused(found, problem, heard)
    elif channel in EVENTS:
        event = read_event(heard.payload, heard.content_type, heard.properties)
        found.events.append((heard, event))
        found.order.take(event.boot, event.seq, event.time.timestamp(), heard.at)
    else:
        found.states.append((heard, parse_state(heard.payload)))


def _strictly(refusal: Refusal | None, heard: HeardMessage) -> Refusal | None:
    """Return what a message breaks: where the service took all but a part of it, the rule that this part breaks.

    A place or an hour that the service does not use breaks none: clocks and positions are judged by rules of their own.
    """
    if refusal is None or refusal.rule is not Rule.LEFT_OUT:
        return refusal
    try:
        read_event(heard.payload, heard.content_type, heard.properties)
    except Refused as refused:
        return replace(refusal, rule=refused.rule, problem=refused.problem(heard.payload))
    return None


def _number_refused(found: DeviceEvidence, problem: Problem, heard: HeardMessage) -> None:
    """A refused event has arrived all the same: its number is not missing."""
    number = _ID.fullmatch(problem.event_id or "")
    if number:
        found.order.take(int(number[1]), int(number[2]), 0.0, heard.at)
    else:
        found.without_id += 1


def _take_problem(found: DeviceEvidence, heard: HeardMessage) -> None:
    """Take what the service refused: under the same rule as our own verdict on the same message."""
    try:
        problem = Problem.model_validate_json(heard.payload)
    except ValidationError:
        return
    rule = problem.type.rpartition(":")[2]
    found.broken.append(
        BrokenRule(rule, f"{problem.detail} (told by the service, sha256 {problem.sha256[:12]}…)", heard)
    )
