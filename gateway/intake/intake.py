"""Bytes to message to twin to finding; each event once. Pure: it is told the hour, and keeps its state in memory.

Whoever drives it stores the twins of a verdict together with what the verdict caused, and acknowledges afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple
from zlib import crc32

from gateway.conclude.concluder import OwnCodes
from gateway.conclude.readings import home_of
from gateway.conclude.report import Diagnosed
from gateway.contract.binding import Properties, hear_event, read_event
from gateway.contract.cards import shown
from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_state
from gateway.contract.receipts import EventOutcome, receipt_for, receipt_of_refusal
from gateway.contract.refusals import Problem, Refused, Rule
from gateway.contract.salvage import LeftOut, left_out
from gateway.contract.topics import EVENTS, ROOT, Channel, Topic, parse_topic
from gateway.devices.liveness import STRANGER
from gateway.devices.order import Arrival
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twins import Twins
from gateway.finding import Conclusion, Finding, Place
from gateway.intake.calm import Calm
from gateway.intake.conclude import Conclude, Explained
from gateway.intake.message_counts import MessageCounts
from gateway.intake.notice import notice
from gateway.intake.overtaking import Overtaking
from gateway.intake.routine import OnePass
from gateway.intake.sound_event import Whole, by_our_clock, without_impossible_place
from gateway.kinds.registry import kinds
from gateway.mapping.translate import Message, Translator, Translators

EXCERPT = 2_000
"""Characters of a refused message that are kept for the vendor to look at."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that was not taken, and what its sender is told."""

    device: str | None
    """``vendor/device`` of the topic, where it could be read: that is where the problem is published. ``vendor/``: its line's."""
    topic: str
    rule: Rule
    problem: Problem
    said: bytes = field(repr=False)
    """The beginning of the message as it came, for ``excerpt``; nothing of one that was not looked at."""
    counted_only: bool = False
    """Its sender has been told of so many others that this one is neither told nor kept."""

    @property
    def excerpt(self) -> str:
        """The beginning of the message, fit to be kept: card numbers masked. Looked for when it is kept, since few are."""
        return shown(self.said.decode("utf-8", "replace"), EXCERPT)


class Verdict(NamedTuple):
    """What one message came to."""

    conclusions: tuple[Conclusion, ...] = ()
    twins: tuple[Twin, ...] = ()
    """Changed by the message."""
    refusal: Refusal | None = None
    repeat: bool = False
    receipt: EventOutcome | None = None
    """The sender asked what becomes of it, and is to be told once that is stored."""
    meant: tuple[Message, ...] = ()
    """What a message of a vendor's own said in the contract's words."""
    unheard: str | None = None
    """The key of its event, where that is beyond all that its device was ever heard to say: nobody has concluded from it before."""

    def is_certainly_new(self, key: str) -> bool:
        """Tell whether a conclusion of this key was surely never drawn: nobody need look whether it was."""
        return self.unheard is not None and (key == self.unheard or key.startswith(f"{self.unheard}/"))


class Intake:
    """Takes every message of every device. ``open_demo`` admits devices nobody registered, as simulated ones.

    ``translators`` read what vendors send in words of their own; from there on it goes the same way as the contract's.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        open_demo: bool = False,
        twins: Iterable[Twin] | Twins = (),
        translators: Translators | None = None,
        own_codes: OwnCodes | None = None,
        explained: Explained | None = None,
    ) -> None:
        """``own_codes``: what each vendor means by trouble codes of its own; those shipped where it is left out.

        ``explained`` is shown each diagnosis that is made, whether anything follows from it or not.
        Raises ``NoSuchKind``: a device is registered as what is no kind.
        """
        self.registry = registry
        self.translators = translators or Translators(())
        self.heard = MessageCounts()
        self.twins = twins if isinstance(twins, Twins) else Twins(twins)
        self._open_demo = open_demo
        self._kinds = kinds()
        self._kinds.check(registry)
        self._sent_by = {one.name: kind for kind in self._kinds for one in kind.messages.events}
        """Event type → the kind that alone sends it; any kind may send the others."""
        self._plain = frozenset(one.name for one in event_types() if one.plain)
        self._of_customers = frozenset(one.name for one in event_types() if one.of_customer)
        self._routine = frozenset(kind.routine.type for kind in self._kinds if kind.routine is not None)
        self._one_pass = OnePass(self._kinds, registry, self.twins, self.heard)
        self.overtaking = Overtaking(self._kinds, registry, self.twins, self.heard)
        self._conclude = Conclude(self.twins, registry.get, own_codes, explained)

    def receive(
        self,
        topic: str,
        payload: bytes,
        now: float,
        *,
        content_type: str | None = None,
        properties: Properties = (),
    ) -> Verdict:
        """Handle one message, with MQTT 5's content type and user properties where it has them.

        Never raises: what cannot be taken is refused with a reason.
        """
        twin = None if properties else self.routine(topic, payload, content_type, now)
        if twin is not None:
            return Verdict((), (twin,))
        translator = self.translators.of(topic)
        try:
            if translator is not None:
                return self._translated(translator, topic, payload, now)
            return self._receive(topic, payload, now, content_type, properties)
        except Refused as refused:
            return _refused(refused, topic, payload, translator, properties)

    def routine(self, topic: str, payload: bytes, content_type: str | None, now: float) -> Twin | None:
        """Take a message from which nothing follows, and return the twin that has it; ``None``: receive it, nothing was changed."""
        return self._one_pass.take(topic, payload, content_type, now)

    def twin(self, device: str) -> Twin:
        """Return the twin of a device, a blank one if it was never heard of."""
        twin = self.twins.get(device)
        if twin is None:
            twin = self.twins[device] = Twin(device)
        return twin

    def resume(self, device: str) -> None:
        """Expect a device to go on as its twin has it, which was read from a store: its next status is no first one."""
        record, twin = self.registry.get(device), self.twins.get(device)
        if record is not None and twin is not None:
            self._one_pass.go_on(record, twin, twin.readings, alarms=False)

    def put_back(self, device: str, twin: Twin | None) -> None:
        """Have a device stand as ``twin`` says, whatever was heard since; ``None``: as if it had never been heard."""
        self._one_pass.forget(device)
        self.twins.forget(device)
        if twin is not None:
            self.twins[device] = twin

    def is_calm(self, device: str) -> bool:
        """Tell whether the next status of a device is expected to be one of routine."""
        return self._one_pass.expects(device)

    def lend(self, device: str) -> Calm:
        """Return a calm device, for whoever takes its statuses from now on, until it is ``put_back``. Its twin has all it said."""
        return self._one_pass.lend(device)

    def devices_of(self, topic: str) -> Iterator[str]:
        """Yield whose twins a message on ``topic`` is likely to need: the sender's, and that of the phone it is paired with.

        Nobody, where both are surely at hand.
        """
        if self._one_pass.has_twins(topic):
            return
        device = self.sender_of(topic)
        if device is not None:
            yield device
            record = self.registry.get(device)
            if record is not None and record.paired_phone is not None:
                yield record.paired_phone

    def sender_of(self, topic: str) -> str | None:
        """Return whose topic it is, ``vendor/device``; ``None`` where that cannot be told."""
        translator = self.translators.of(topic)
        where = parse_topic(topic) if translator is None else None
        return translator.device_of(topic) if translator else where.device if where else None

    def admits(self, device: str) -> bool:
        """Tell whether messages of a device are looked at: it is registered, or anybody's are."""
        return self._open_demo or self.registry.get(device) is not None

    def explain(self, device: str) -> Diagnosed | None:
        """Diagnose a registered device as it stands, and change nothing; ``None``: there is nothing to diagnose."""
        record, twin = self.registry.get(device), self.twins.get(device)
        return self._conclude.explain(record, twin) if record and twin else None

    def repaired(self, device: str, at: float) -> Twin | None:
        """Note that a crew or a technician put a device right at ``at``, POSIX seconds; return its twin, to be stored.

        ``None``: it is none that is repaired, or was never heard of.
        """
        record, twin = self.registry.get(device), self.twins.get(device)
        self._one_pass.forget(device)
        return twin if record and twin and self._conclude.repaired(record, twin, at) else None

    def handed_on(self, device: str, at: float) -> Twin | None:
        """Note that a device belongs to somebody else as of ``at``, POSIX seconds; return its twin, to be stored.

        ``None``: it was never heard of.
        """
        twin = self.twins.get(device)
        if twin is not None:
            for subject in [*twin.episodes.open]:
                twin.episodes.end(subject, at)
        return twin

    def forget(self, device: str) -> None:
        """Know nothing more of what a device said."""
        self._one_pass.forget(device)
        self.twins.forget(device)

    def _translated(self, translator: Translator, topic: str, payload: bytes, now: float) -> Verdict:
        """Handle what one message of a vendor's own says, all of it or, where a part is refused, none of the rest."""
        parts: list[LeftOut] = []
        said = translator.map_message(topic, payload, now, parts)
        verdicts = [self._meant(where, message, now) for where, message in said]
        return Verdict(
            tuple(conclusion for verdict in verdicts for conclusion in verdict.conclusions),
            tuple(twin for verdict in verdicts for twin in verdict.twins),
            _refusal_of_parts(translator.device_of(topic, payload), topic, parts, verdicts, payload),
            repeat=bool(verdicts) and all(verdict.repeat for verdict in verdicts),
            meant=tuple(said),
        )

    def _meant(self, topic: str, payload: bytes, now: float) -> Verdict:
        """Handle what a vendor's message says in the contract's words. Raises ``Refused``."""
        twin = self.routine(topic, payload, None, now)
        return self._receive(topic, payload, now, None, ()) if twin is None else Verdict((), (twin,))

    def _receive(
        self, topic: str, payload: bytes, now: float, content_type: str | None, properties: Properties
    ) -> Verdict:
        where = parse_topic(topic)
        if where is None or where.channel is None:
            raise Refused(
                Rule.WRONG_TOPIC,
                f"{topic!r}: publish to callahead/v1/{{vendor}}/{{device}}/event, …/urgent or …/state.",
            )
        if where.channel in EVENTS:
            event, unreadable = hear_event(payload, content_type, properties)
            read = partial(_by_model, event, payload, content_type, properties)
            return self._event(where, event, unreadable, read, payload, now)
        if where.channel is Channel.STATE:
            return self._state(where, payload, now)
        raise Refused(Rule.WRONG_TOPIC, f"…/{where.channel} is for messages from us to the device.")

    def _state(self, where: Topic, payload: bytes, now: float) -> Verdict:
        """Note what a device says of its link."""
        state = parse_state(payload)
        record = self.registry.get(where.device)
        if not self.admits(where.device):
            raise _unknown(where.device, None)
        twin = self.twin(where.device)
        self._one_pass.forget(where.device)
        cadence = self._kinds.named(record.kind).cadence if record else STRANGER
        said_at = state.time.timestamp() if state.time else None
        self.heard.count(where.device, "state")
        if not twin.say(cadence, online=state.online, boot=state.boot, time=said_at, now=now):
            return Verdict(repeat=True)
        return Verdict(twins=(twin,))

    def _event(  # noqa: PLR0917 - a message is its topic, what was read of it, and itself
        self, where: Topic, event: DeviceEvent, unreadable: tuple[LeftOut, ...], read: Whole, payload: bytes, now: float
    ) -> Verdict:
        device = event.device
        record = self.registry.get(device)
        if event.via is not None or where.device != device:
            _check_sender(where, event, record)
        record = self._checked(record, event)
        twin = self.twin(device)
        self._one_pass.forget(device)
        self.heard.count(device, event.type)
        (boot, number), made_at = event.numbers, event.time.timestamp()
        beyond = twin.order.is_beyond(boot, number)
        arrival = twin.hear(
            self._kinds.named(record.kind).cadence, boot, number, made_at, now, self._content(event, made_at)
        )
        if arrival is Arrival.REUSED:
            raise _reused(event)
        repeat = arrival is Arrival.REPEAT
        receipt = receipt_for(where.device, event, payload, repeat=repeat) if event.receipt else None
        if repeat:  # by its id; of a status nobody compares more, so that what cannot be read of it is told here, too
            told = notice(event.id, unreadable, ())
            return Verdict((), (twin,), _refusal(where, told, payload) if told else None, repeat=True, receipt=receipt)
        heard = by_our_clock(event, read, twin.clock, now)
        placed = without_impossible_place(heard.event, read, self._seen(record, twin), twin.place)
        conclusions, contradictions, readings = self._conclude.from_event(placed.event, record, twin, now)
        told = notice(event.id, (*unreadable, *heard.changed, *placed.changed), contradictions)
        refusal = _refusal(where, told, payload) if told else None
        if not conclusions and refusal is None and event.type in self._routine:
            alarms = getattr(event.data, "alarms", None) is not None
            self._one_pass.begin(record, twin, event.type, readings, alarms=alarms)
        unheard = event.key if beyond else None
        return Verdict(
            conclusions, (twin, *self._others(conclusions, device)), refusal, receipt=receipt, unheard=unheard
        )

    def _content(self, event: DeviceEvent, made_at: float) -> int:
        """Return what tells an event from another of the same id: its type, its own time and, but for statuses, its data."""
        said = f"{event.type}{made_at}"
        return crc32((said if event.type in self._plain else said + event.data.model_dump_json()).encode())

    def _seen(self, record: DeviceRecord, twin: Twin) -> Iterator[Place]:
        """Yield where a device, or who belongs to it, is known to have been."""
        phone = self.twins.get(record.paired_phone) if record.paired_phone else None
        yield from (one.place for one in (twin, phone) if one and one.place)
        home = home_of(record, 0.0)
        if home is not None:
            yield home

    def _others(self, conclusions: Iterable[Conclusion], device: str) -> Iterator[Twin]:
        """Yield the twins of other devices of which something was concluded from what this one told."""
        names = dict.fromkeys(one.device for one in conclusions if isinstance(one, Finding) and one.device != device)
        for name in names:
            self._one_pass.forget(name)
            yield self.twins[name]

    def _checked(self, record: DeviceRecord | None, event: DeviceEvent) -> DeviceRecord:
        """Return the record of a device that may send this, a new one where anybody may. Raises ``Refused``."""
        if record is None:
            if not self._open_demo or not self._kinds.hears_strangers(event.type):
                raise _unknown(event.device, event.id)
            kind = self._kinds.of_stranger(event.type).name
            record = DeviceRecord(event.device, kind, f"demo/{event.device}", "simulated")
            self.registry.add(record)
        sends = self._sent_by.get(event.type)
        if sends is not None and record.kind != sends.name:
            raise Refused(
                Rule.WRONG_KIND,
                f"{event.source} is registered as a {record.kind}, and {event.type} comes from a {sends.name}.",
                pointer="/type",
                event_id=event.id,
            )
        if record.customer is None and event.type in self._of_customers:
            raise _nobodys(event)
        return record


def _check_sender(where: Topic, event: DeviceEvent, record: DeviceRecord | None) -> None:
    """The topic says who sends: the device itself, or the phone it is paired with. Raises ``Refused`` otherwise."""
    if event.via is None:
        raise Refused(
            Rule.SOURCE_MISMATCH,
            f"source {event.source!r} on the topic of /{where.device}; publish on the device's own topic, or set 'via'.",
            pointer="/source",
            event_id=event.id,
        )
    via = event.via[1:]
    if where.device not in {via, event.device} or record is None or record.paired_phone != via:
        raise Refused(
            Rule.NOT_PAIRED,
            f"{event.via!r} is not the phone registered for {event.source!r}; register the pairing first.",
            pointer="/via",
            event_id=event.id,
        )


def _by_model(event: DeviceEvent, payload: bytes, content_type: str | None, properties: Properties) -> DeviceEvent:
    """Return an event as its model: what was read as a plain record is read once more."""
    return event if hasattr(event, "model_copy") else read_event(payload, content_type, properties)


def _refusal_of_parts(
    device: str | None, topic: str, parts: Sequence[LeftOut], verdicts: Iterable[Verdict], payload: bytes
) -> Refusal | None:
    """Return what a vendor is told of a message of its own that was taken in part; ``None``: it was taken whole."""
    inside = [verdict.refusal for verdict in verdicts if verdict.refusal]
    event_id = inside[0].problem.event_id if inside else None
    told = [*parts, *(LeftOut("", one.problem.detail, one.rule) for one in inside)]
    if not told:
        return None
    refused = left_out(told, event_id)
    return _told(device, topic, refused, payload)


def _refusal(where: Topic, refused: Refused, payload: bytes) -> Refusal:
    """Return what the sender is told of an event that was taken all the same."""
    return _told(where.device, f"{ROOT}/{where.device}/{where.channel}", refused, payload)


def _told(device: str | None, topic: str, refused: Refused, payload: bytes) -> Refusal:
    return Refusal(device, topic, refused.rule, refused.problem(payload), payload[: EXCERPT * 4])


def _unknown(device: str, event_id: str | None) -> Refused:
    return Refused(
        Rule.UNKNOWN_DEVICE,
        f"{device} is not registered; register it (POST /api/v1/devices) and send the event again.",
        pointer="/source",
        event_id=event_id,
    )


def _nobodys(event: DeviceEvent) -> Refused:
    return Refused(
        Rule.NO_CUSTOMER,
        f"{event.device} is registered as nobody's, and {event.type} is for a customer: register whose it is.",
        pointer="/source",
        event_id=event.id,
        reason=event_types().reason(event.type, ""),
    )


def _reused(event: DeviceEvent) -> Refused:
    return Refused(
        Rule.REUSED_ID,
        f"id {event.id!r} was taken before, for an earlier event. Count boot up with every restart and seq with every "
        "event, and keep boot where a power cut does not reach it.",
        pointer="/id",
        event_id=event.id,
    )


def refused_unread(refused: Refused, device: str, topic: str, payload: bytes) -> Refusal:
    """Return the refusal of a message that was not looked at: nothing of what stands in it is kept."""
    return Refusal(device, topic, refused.rule, refused.problem(payload), b"")


def _refused(
    refused: Refused, topic: str, payload: bytes, translator: Translator | None, properties: Properties
) -> Verdict:
    where = parse_topic(topic)
    device = translator.device_of(topic, payload) if translator else where.device if where else None
    receipt = receipt_of_refusal(device, refused, payload, properties) if device else None
    return Verdict(refusal=_told(device, topic, refused, payload), receipt=receipt)
