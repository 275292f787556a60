"""Whose turn it is on an adapter, and which door a message of ours takes: without a radio."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.contract.topics import Channel, topic
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.routes import Routes
from gateway.links.schedule.turns import BACK_OFF, FORGOTTEN_AFTER_S, QUIET_S, TURN_S, Turns

CAR = "volta/car-1"


def turns(limit: int, *addresses: str, fault: str = "") -> Turns[str]:
    """Return turns in which these were heard at 0."""
    made = Turns[str](limit)
    for address in addresses:
        made.heard(address, address, "service", 0.0, fault=address == fault, rssi=-60)
    return made


def taken(made: Turns[str], now: float) -> list[str]:
    """Give out every free place."""
    found = []
    while caller := made.next(now):
        found.append(caller.address)
    return found


def test_no_more_than_the_adapter_holds_and_faults_first() -> None:
    """Who advertises a fault is connected before all others."""
    assert taken(turns(2, "a", "b", "c", fault="c"), 0.0) == ["c", "a"]


def test_everybody_gets_a_turn() -> None:
    """Who has just had one waits behind who has not."""
    made = turns(1, "a", "b", "c")
    order = []
    for now in range(6):
        order += taken(made, float(now))
        made.ended(order[-1], float(now), rest_s=0.0)
    assert order == ["a", "b", "c", "a", "b", "c"]


def test_a_turn_ends_for_others_only() -> None:
    """As long as nobody waits, a device stays; then when it is quiet, or has had its time."""
    made = turns(1, "a")
    assert taken(made, 0.0) == ["a"]
    assert not made.over("a", 100.0, quiet_s=100.0)
    made.heard("b", "b", "service", 1.0, fault=False, rssi=-60)
    assert made.over("a", 1.0, quiet_s=QUIET_S)
    assert not made.over("a", 1.0, quiet_s=0.0)
    made.heard("b", "b", "service", TURN_S, fault=False, rssi=-60)
    assert made.over("a", TURN_S, quiet_s=0.0)


def test_failures_back_off_up_to_a_minute_and_success_forgets_them() -> None:
    """0.5, 1, 2, … seconds, however often."""
    made, now, waits = turns(1, "a"), 0.0, []
    for _ in range(2_000):
        made.busy["a"] = now
        made.ended("a", now, rest_s=None)
        waits.append(made.callers["a"].not_before - now)
    assert waits[:3] == [0.5, 1.0, 2.0]
    assert waits[-1] == BACK_OFF.most_s
    made.ended("a", now, rest_s=0.0)
    made.ended("a", now, rest_s=None)
    assert made.callers["a"].not_before - now == 0.5


def test_who_is_gone_gets_no_turn() -> None:
    """Not heard for a while: no connect is wasted on it."""
    assert taken(turns(1, "a"), FORGOTTEN_AFTER_S) == []


@dataclass
class Line:
    """A link that notes what it is given."""

    sent: list[tuple[str, bytes]] = field(default_factory=list)
    held: list[object] = field(default_factory=list)

    def publish(self, topic: str, payload: bytes, **_: object) -> None:
        """Note it."""
        self.sent.append((topic, payload))

    def release(self, _device: str) -> list[object]:
        """Return what is held."""
        held, self.held = self.held, []
        return held


@dataclass
class Waiting:
    """A message that is held."""

    channel: Channel = Channel.COMMAND
    payload: bytes = b"held"
    delivered: None = None


def heard(door: str) -> Delivery:
    """Return a delivery of the car through a door."""
    return Delivery(topic(CAR, Channel.EVENT), b"", retained=False, received_at=0.0, ack=lambda: None, door=door)  # type: ignore[arg-type]


def test_a_command_goes_where_its_device_was_heard_last() -> None:
    """Held for a radio until it is heard; if that is at the broker, what was held goes there, too."""
    broker, radio = Line(), Line(held=[Waiting()])
    routes = Routes(broker, radio, lambda device: device == CAR)  # type: ignore[arg-type]
    where = topic(CAR, Channel.COMMAND)
    routes.publish(where, b"1")
    assert (broker.sent, radio.sent) == ([], [(where, b"1")])
    routes.heard(heard("mqtt"))
    routes.publish(where, b"2")
    assert broker.sent == [(where, b"held"), (where, b"2")]
    routes.heard(heard("ble"))
    routes.publish(where, b"3")
    assert radio.sent[-1] == (where, b"3")
    routes.publish(topic("volta/car-2", Channel.COMMAND), b"4")
    assert broker.sent[-1][1] == b"4"
