"""Watches a device on its broker, as an observer or with the vendor's credentials, and asks to have it cut off."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import paho.mqtt.client as paho

from gateway.contract.broker_address import BrokerAddress
from gateway.contract.commands import Notice, NoticeCommand
from gateway.contract.topics import EVENTS, Channel, topic
from scenarios.vendor_kit.check import NOTICE_ID
from scenarios.vendor_kit.connection import Connection
from scenarios.vendor_kit.evidence import WatchedDevice
from scenarios.vendor_kit.heard import HeardMessage, KitError

STANDING_WITHIN_S = 2.0
"""How long what stands on a topic may take to arrive."""
GLANCE_S = 0.05
DRIVE_AFTER = 0.3
"""The notice is sent after this share of the watch."""

Tell = Callable[[str], None]
"""Takes a sentence for the tester."""


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """How to watch. Times in seconds."""

    seconds: float
    cut_within: float | None = None
    """How long to wait, after the watch, for a cut device to be offline; ``None``: it is not cut."""
    drive: bool = False
    """Send a harmless notice. Never to a device that somebody uses, unless they know."""
    payment_key: str = ""
    """By which it signs what it asks to pay; empty: nobody said."""


class Ears:
    """Keeps what comes on a device's topics."""

    def __init__(self) -> None:
        self.messages: list[HeardMessage] = []

    def hear(self, message: paho.MQTTMessage) -> None:
        """Keep a message, on paho's thread."""
        told = message.properties
        self.messages.append(
            HeardMessage(
                time.time(),
                message.topic,
                bytes(message.payload),
                message.qos,
                message.retain,
                getattr(told, "ContentType", None),
                tuple((name, value) for name, value in getattr(told, "UserProperty", ())),
            )
        )


def watch(address: BrokerAddress, device: str, plan: WatchPlan, tell: Tell) -> tuple[WatchedDevice, str]:
    """Watch a device, and return what was heard and the MQTT version it was heard in. Raises ``KitError``."""
    ears = Ears()
    with Connection(address, ears.hear) as line:
        _listen(line, device)
        driven_at = _drive(line, device, plan) if plan.drive else None
        time.sleep(plan.seconds * (1 - DRIVE_AFTER) if plan.drive else plan.seconds)
        standing = _standing(address, device)
        cut_at = _cut(ears, device, plan.cut_within, tell) if plan.cut_within is not None else None
        version = line.version
    watched = WatchedDevice(device, tuple(ears.messages), plan.seconds, standing, cut_at, driven_at, plan.payment_key)
    return watched, version


def record(address: BrokerAddress, device: str, seconds: float) -> list[HeardMessage]:
    """Return what a device says, to be played again: its events, and its state. Raises ``KitError``."""
    watched, _ = watch(address, device, WatchPlan(seconds), lambda _: None)
    up = {topic(device, channel) for channel in (*EVENTS, Channel.STATE)}
    state = topic(device, Channel.STATE)
    return [replace(heard, retained=heard.topic == state) for heard in watched.messages if heard.topic in up]


def _listen(line: Connection, device: str) -> None:
    """Ask for everything below the device's name; where that is not allowed, for what the contract has there."""
    if line.subscribe(topic(device, Channel.EVENT).removesuffix("event") + "#"):
        return
    if not line.subscribe(*(topic(device, channel) for channel in Channel)):
        message = f"{line.address} does not let us read the topics of {device}: use its vendor's credential"
        raise KitError(message)


def _drive(line: Connection, device: str, plan: WatchPlan) -> float:
    """Let the device settle, then show its owner a notice that asks nothing of anybody."""
    time.sleep(plan.seconds * DRIVE_AFTER)
    now = time.time()
    notice = NoticeCommand(
        id=f"{NOTICE_ID}{now:.3f}",
        time=datetime.fromtimestamp(now, UTC),
        provenance="simulated",
        data=Notice(case="vendor-check", text="Callahead: a test of the connection. Nothing needs to be done."),
    )
    line.publish(HeardMessage(now, topic(device, Channel.COMMAND), notice.encode()))
    line.outcome()
    return now


def _standing(address: BrokerAddress, device: str) -> HeardMessage | None:
    """Return what a newcomer finds on the device's state topic."""
    ears, state = Ears(), topic(device, Channel.STATE)
    with Connection(address, ears.hear) as newcomer:
        newcomer.subscribe(state)
        _wait(lambda: any(heard.retained for heard in ears.messages), STANDING_WITHIN_S)
    return next((heard for heard in ears.messages if heard.retained), None)


def _cut(ears: Ears, device: str, within: float, tell: Tell) -> float:
    tell(f"Now cut {device} off: pull its plug or its antenna, without a goodbye. Waiting up to {within:.0f} s.")
    cut_at, state = time.time(), topic(device, Channel.STATE)
    _wait(lambda: any(heard.at > cut_at and heard.topic == state for heard in ears.messages), within)
    return cut_at


def _wait(holds: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(GLANCE_S)
