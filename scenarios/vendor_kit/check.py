"""Does this device speak the contract? A verdict for each rule, with the message that breaks it. Pure.

A rule that nothing was seen of is neither passed nor failed. What the service would refuse is judged by its own code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from dispatch.core.distance import metres
from gateway.contract.envelope import CONTENT_TYPE
from gateway.contract.refusals import TITLES, Rule
from gateway.contract.values import Position
from gateway.devices.clock_skew import LIMIT_S
from gateway.devices.order import COUNTS_BELOW
from gateway.payments.device_key import DeviceKey, objection
from gateway.payments.messages import PaymentRequest
from scenarios.vendor_kit.evidence import ONLY_THE_SERVICE, DeviceEvidence, WatchedDevice, gather
from scenarios.vendor_kit.heard import HeardMessage

FIX_AHEAD_S = 5.0
"""A fix may be that much younger than its event: two clocks in one device."""
FIX_OLD_S = 86_400.0
GPS_ROLLOVER_S = 1_024 * 7 * 86_400.0
"""GPS counts weeks up to 1,023; an old receiver is that far in the past."""
FASTEST = 150.0
"""Metres a second; nothing that is towed moves faster."""
ZONE_S, ZONE_SLACK_S = 900.0, 45.0
"""Time zones differ by quarters of an hour."""
STILL_SENDS_S = 5.0
"""After the cut, messages that were under way may arrive for so long."""
LISTED = 5
NOTICE_ID = "vendor-check/"
"""How the id of the notice begins that a driven device is sent."""


class Mark(StrEnum):
    """What came of a rule."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """What came of a rule, in words, with the message that breaks it."""

    mark: Mark
    detail: str = ""
    heard: HeardMessage | None = None


@dataclass(frozen=True, slots=True)
class JudgedRule:
    """A rule, what it asks, and what came of it."""

    rule: str
    claim: str
    finding: RuleVerdict


Check = Callable[[DeviceEvidence], RuleVerdict]

_CLAIMS: dict[Rule, str] = {
    Rule.TOO_LARGE: "No message has more than 256 KiB",
    Rule.WRONG_TOPIC: "It publishes on …/event and …/state, nowhere else below its name",
    Rule.NOT_JSON: "Every message is JSON",
    Rule.UNSUPPORTED_FORMAT: "Events come as JSON, one by one",
    Rule.NOT_A_CLOUDEVENT: "Every event has the CloudEvents attributes of the contract",
    Rule.UNKNOWN_TYPE: "Every event is of a type of the contract",
    Rule.INVALID_VALUE: "Every value is named as in the contract, and possible",
    Rule.CARD_NUMBER: "No card number stands anywhere",
    Rule.TIME_IN_FUTURE: "No event comes from the future",
    Rule.REUSED_ID: "No id is used for two events",
    Rule.SOURCE_MISMATCH: "source is the device of the topic",
    Rule.UNKNOWN_DEVICE: "The device is registered",
    Rule.WRONG_KIND: "It sends the types of one kind of device",
    Rule.NOT_PAIRED: "A phone that relays is paired with the device",
}


def check(watched: WatchedDevice) -> list[JudgedRule]:
    """Judge a device by all rules, those of the contract first. Never raises, whatever was heard."""
    evidence = gather(watched)
    judged = [JudgedRule("heard", "It publishes on …/event or …/urgent", _heard(evidence))]
    judged += [
        JudgedRule(rule, _CLAIMS.get(rule, f"Never: {TITLES[rule].lower()}"), _contract(rule, evidence))
        for rule in Rule
    ]
    judged += [JudgedRule(rule, claim, look(evidence)) for rule, claim, look in _CHECKS]
    return judged + list(_unknown_rules(evidence))


def holds(judged: Iterable[JudgedRule]) -> bool:
    """Tell whether no rule failed."""
    return all(one.finding.mark is not Mark.FAILED for one in judged)


def _passed(detail: str = "") -> RuleVerdict:
    return RuleVerdict(Mark.PASSED, detail)


def _failed(detail: str, heard: HeardMessage | None = None) -> RuleVerdict:
    return RuleVerdict(Mark.FAILED, detail, heard)


def _not_seen(detail: str) -> RuleVerdict:
    return RuleVerdict(Mark.NOT_SEEN, detail)


def _heard(evidence: DeviceEvidence) -> RuleVerdict:
    watched = evidence.watched
    if evidence.published:
        return _passed(f"{len(evidence.published)} events, {len(evidence.states)} states in {watched.seconds:.0f} s")
    where = f"callahead/v1/{watched.device}/event or …/urgent"
    others = sorted({heard.topic for heard in watched.messages})[:LISTED]
    instead = (
        f", only on {', '.join(others)}"
        if others
        else ": is it on, is this its broker and its name, and may these credentials read it?"
    )
    return _failed(f"nothing came on {where} in {watched.seconds:.0f} s{instead}")


def _contract(rule: Rule, evidence: DeviceEvidence) -> RuleVerdict:
    broken = [one for one in evidence.broken if one.rule == rule]
    if broken:
        more = f" And {len(broken) - 1} more." if len(broken) > 1 else ""
        return _failed(f"{broken[0].detail}{more}", broken[0].heard)
    if rule in ONLY_THE_SERVICE:
        return _not_seen("only the service knows; it was not heard to refuse")
    return _passed() if evidence.judged else _not_seen("no message")


def _unknown_rules(evidence: DeviceEvidence) -> Iterator[JudgedRule]:
    """Give what a newer service refuses by rules this kit has not heard of."""
    known = {str(rule) for rule in Rule}
    for one in {each.rule: each for each in evidence.broken if each.rule not in known}.values():
        yield JudgedRule(one.rule, "The service refuses nothing", _failed(one.detail, one.heard))


def _content_type(evidence: DeviceEvidence) -> RuleVerdict:
    told = [heard for heard in evidence.published if heard.content_type is not None]
    for heard in told:
        media = (heard.content_type or "").partition(";")[0].strip().lower()
        if not media.startswith("application/cloudevents") and not heard.properties:
            return _failed(f"content type {heard.content_type!r}; a structured event has {CONTENT_TYPE!r}", heard)
    return _passed() if told else _not_seen(f"none is set: MQTT 3.1.1 has none, in MQTT 5 set {CONTENT_TYPE}")


def _qos(evidence: DeviceEvidence) -> RuleVerdict:
    sent = [*evidence.published, *(heard for heard, _ in evidence.states)]
    for heard in sent:
        if heard.qos == 0:
            return _failed("sent with QoS 0: what is under way when the link breaks is lost; publish with QoS 1", heard)
    return _passed() if sent else _not_seen("no message")


def _not_retained(evidence: DeviceEvidence) -> RuleVerdict:
    if evidence.retained_events:
        return _failed("an event stands retained: clear the retain flag for events", evidence.retained_events[0])
    return _passed() if evidence.published else _not_seen("no event")


def _state_retained(evidence: DeviceEvidence) -> RuleVerdict:
    if evidence.watched.standing is not None:
        return _passed()
    if not evidence.judged:
        return _not_seen("no message")
    last = evidence.states[-1][0] if evidence.states else None
    return _failed("nothing stands on …/state: publish the state with the retain flag at every connection", last)


def _state_boot(evidence: DeviceEvidence) -> RuleVerdict:
    online = [(heard, state) for heard, state in evidence.states if state.online]
    boot = evidence.order.boot
    if not online or boot is None:
        return _not_seen("no state that says online" if boot is not None else "no event")
    heard, state = online[-1]
    if state.boot < boot:
        return _failed(f"the state says boot {state.boot}, the events are of boot {boot}", heard)
    return _passed(f"boot {state.boot}")


def _last_will(evidence: DeviceEvidence) -> RuleVerdict:
    cut_at = evidence.watched.cut_at
    if cut_at is None:
        return _not_seen("run with --cut, and cut the device off when asked")
    for heard, state in evidence.states:
        if heard.at >= cut_at and not state.online:
            return _will_of_boot(evidence, heard, state.boot)
    still = [heard for heard in evidence.published if heard.at > cut_at + STILL_SENDS_S]
    if still:
        return _not_seen("the device went on sending: it was not cut off")
    return _failed('it was not said to be offline: register {"online": false, "boot": …} on …/state as the last will')


def _will_of_boot(evidence: DeviceEvidence, heard: HeardMessage, boot: int) -> RuleVerdict:
    current = evidence.order.boot
    if current is not None and boot != current:
        return _failed(f"the last will names boot {boot}, the events are of boot {current}: it would be ignored", heard)
    return _passed(f"after {heard.at - (evidence.watched.cut_at or heard.at):.0f} s")


def _sequence(evidence: DeviceEvidence) -> RuleVerdict:
    order = evidence.order
    if order.boot is None or order.seq is None:
        return _not_seen("no event with a readable id")
    if order.seq >= COUNTS_BELOW:
        return _passed(f"seq {order.seq} is no count; losses cannot be told")
    gone = order.missing(0.0) + order.lost(0.0)
    if gone > evidence.without_id:
        return _failed(f"{gone} numbers are missing: {_gaps(evidence)}; count seq up by one with every event")
    return _passed(f"boot {order.boot}, seq {order.seq}; {order.repeats} repeats, {order.reordered} out of order")


def _gaps(evidence: DeviceEvidence) -> str:
    found = [
        f"{boot}-{first}" + (f" to {boot}-{last}" if last > first else "")
        for boot, arrivals in sorted(evidence.order.boots.items())
        for first, last, _ in arrivals.gaps
        if last >= arrivals.expected_from
    ]
    return ", ".join(found[:LISTED]) + (" …" if len(found) > LISTED else "")


def _boot(evidence: DeviceEvidence) -> RuleVerdict:
    order = evidence.order
    if order.went_back:
        return _failed("younger events have a lower boot: keep the count where a power cut does not reach it")
    return _passed(f"{order.restarts} restarts") if order.restarts else _not_seen("it was not restarted meanwhile")


def _repeats(evidence: DeviceEvidence) -> RuleVerdict:
    first: dict[str, HeardMessage] = {}
    repeats = 0
    for heard, event in evidence.events:
        before = first.setdefault(event.id, heard)
        repeats += before is not heard
        if (before.payload, before.properties) != (heard.payload, heard.properties):
            return _failed(f"id {event.id} came again with other content; a repeat is the same, byte for byte", heard)
    return _passed(f"{repeats} came") if repeats else _not_seen("none came")


def _clock(evidence: DeviceEvidence) -> RuleVerdict:
    offsets = [event.time.timestamp() - heard.at for heard, event in evidence.events]
    if not offsets:
        return _not_seen("no event")
    best = max(offsets)
    if abs(best) <= LIMIT_S:
        return _passed(f"{best:+.1f} s to this computer's, the way included")
    return _failed(f"{best:+.0f} s to this computer's{_zone_hint(best)}; set it by NTP or GNSS", evidence.events[-1][0])


def _zone_hint(offset: float) -> str:
    quarters = round(offset / ZONE_S)
    if quarters and abs(offset - quarters * ZONE_S) <= ZONE_SLACK_S:
        return f": {quarters * ZONE_S / 3600:+g} h looks like local time written as UTC"
    return ""


def _fixes(evidence: DeviceEvidence) -> Iterator[tuple[HeardMessage, float, Position]]:
    """Give each position, with the hour of its event by the device's clock."""
    for heard, event in evidence.events:
        fix = getattr(event.data, "fix", None) or getattr(event.data, "position", None)
        if isinstance(fix, Position):
            yield heard, event.time.timestamp(), fix


def _fresh(evidence: DeviceEvidence) -> RuleVerdict:
    oldest = None
    for heard, at, fix in _fixes(evidence):
        age = at - fix.fix_time.timestamp()
        if age < -FIX_AHEAD_S:
            return _failed(f"fix_time is {-age:.0f} s after the event's time", heard)
        if age > FIX_OLD_S:
            rollover = abs(age - GPS_ROLLOVER_S) < FIX_OLD_S
            hint = ": 1,024 weeks, a GPS week rollover" if rollover else ": send none rather than an old one"
            return _failed(f"the fix is {age / 86_400:.0f} days old{hint}", heard)
        oldest = max(age, oldest or 0.0)
    return _not_seen("no position") if oldest is None else _passed(f"at most {oldest:.0f} s old")


def _plausible(evidence: DeviceEvidence) -> RuleVerdict:
    fixes = sorted(_fixes(evidence), key=lambda each: each[2].fix_time)
    for heard, _, fix in fixes:
        if fix.latitude == 0 and fix.longitude == 0:
            return _failed("0°, 0° is in the Gulf of Guinea: send no position where there is no fix", heard)
        if fix.accuracy_m == 0:
            return _failed("no receiver is accurate to 0 m: send the 68% radius", heard)
    for (_, _, before), (heard, _, after) in pairwise(fixes):
        if (speed := _speed(before, after)) > FASTEST:
            return _failed(f"{speed * 3.6:,.0f} km/h since the fix before", heard)
    return _passed(f"{len(fixes)} positions") if fixes else _not_seen("no position")


def _speed(before: Position, after: Position) -> float:
    """Return the least speed between two fixes, metres a second: what their accuracies explain is no way."""
    way = metres((before.latitude, before.longitude), (after.latitude, after.longitude))
    seconds = (after.fix_time - before.fix_time).total_seconds()
    return max(0.0, way - 2 * (before.accuracy_m + after.accuracy_m)) / max(seconds, 1.0)


def _alive(evidence: DeviceEvidence) -> RuleVerdict:
    driven_at, cut_at = evidence.watched.driven_at, evidence.watched.cut_at
    if driven_at is None:
        return _not_seen("run with --drive to send it a harmless notice")
    if not any(NOTICE_ID.encode() in heard.payload for heard in evidence.commands):
        return _not_seen("the notice did not get through: only the service's credentials may send on …/command")
    until = cut_at or float("inf")
    gone = [heard for heard, state in evidence.states if driven_at < heard.at < until and not state.online]
    if gone:
        return _failed("it went offline after a notice was sent to it", gone[0])
    after = [heard for heard in evidence.published if driven_at < heard.at < until]
    return _passed(f"{len(after)} events since") if after else _failed("nothing came after a notice was sent to it")


def _requests(evidence: DeviceEvidence) -> list[tuple[HeardMessage, PaymentRequest]]:
    return [(heard, event.data) for heard, event in evidence.events if isinstance(event.data, PaymentRequest)]


def _payment_names(evidence: DeviceEvidence) -> RuleVerdict:
    first: dict[str, PaymentRequest] = {}
    for heard, request in _requests(evidence):
        if first.setdefault(request.end_to_end_id, request).signed != request.signed:
            return _failed(
                f"end_to_end_id {request.end_to_end_id} asks for two payments: ask for each by one of its own", heard
            )
    return _passed(f"{len(first)} payments") if first else _not_seen("it asked to pay nothing")


def _payment_signed(evidence: DeviceEvidence) -> RuleVerdict:
    key, requests = evidence.watched.payment_key, _requests(evidence)
    for heard, request in requests:
        against = objection(request, DeviceKey(key), heard.at)
        if against is not None and (key or against.reason != "DS18"):
            return _failed(f"{against.reason}: {against.words}", heard)
    if requests and not key:
        return _not_seen("run with --payment-key to have signatures checked")
    return _passed(f"{len(requests)} signatures") if requests else _not_seen("it asked to pay nothing")


_CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("content-type", "In MQTT 5 the content type says what it is", _content_type),
    ("qos", "It publishes with QoS 1", _qos),
    ("event-not-retained", "Events are not retained", _not_retained),
    ("state-retained", "Its state stands retained", _state_retained),
    ("state-boot", "The state names the boot of the events", _state_boot),
    ("last-will", "Cut off, it is offline by its last will", _last_will),
    ("sequence", "seq rises by one with every event", _sequence),
    ("boot", "boot rises with every restart", _boot),
    ("repeats", "A repeat is the same event", _repeats),
    ("clock", f"Its clock is right to within {LIMIT_S:.0f} s", _clock),
    ("position-fresh", "Positions are fresh when they are sent", _fresh),
    ("position-plausible", "Positions are where a device can be", _plausible),
    ("payment-names", "Each payment that it asks for has an end_to_end_id of its own", _payment_names),
    ("payment-signed", "What it asks to pay is made now, and signed by its payment_key", _payment_signed),
    ("command", "It takes a command it need not act on", _alive),
)
