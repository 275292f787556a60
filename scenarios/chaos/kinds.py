"""What is done to the service in a round, and what each of it needs."""

from __future__ import annotations

from enum import StrEnum


class FaultKind(StrEnum):
    """One kind of fault."""

    KILL_SERVICE = "kill-service"
    """``kill -9``; its supervisor starts it again at once. With its own broker, that goes with it."""
    KILL_GATEWAY = "kill-gateway"
    """One of its gateway processes is killed; the service is started with two."""
    KILL_ROUTER = "kill-router"
    """What reads from the broker for it is killed; likewise."""
    KILL_BROKER = "kill-broker"
    KILL_DATABASE = "kill-database"
    """PostgreSQL's first process, or the one that serves us."""
    CUT_SERVICE = "cut-service"
    """The service's connection to the broker is reset."""
    CUT_DEVICES = "cut-devices"
    """The devices' connections are."""
    DISK_FULL = "disk-full"
    REPEAT = "repeat"
    """The broker delivers again and out of order."""
    CLOCK = "clock"
    """The service's clock is set forth or back by minutes."""
    SECOND = "second-service"
    """Another service is started on the store, at any time or in the instant in which the first is killed."""
    BANK_AWAY = "bank-away"
    """The house's bank takes no orders for a while."""


WIRE = frozenset({FaultKind.CUT_SERVICE, FaultKind.REPEAT})
"""These happen on the wire between service and broker, and so need a broker that is not the service's own child."""


class Layout(StrEnum):
    """Whose child the broker is."""

    OWN = "own"
    """The service's: both die together."""
    APART = "apart"
    """Ours, with a wire to the service that we can meddle with."""


class BrokerChoice(StrEnum):
    """Which broker a campaign is played with."""

    EMBEDDED = "embedded"
    """The one that the service brings: on one store as its child, on the next by itself, turn and turn about."""
    OWN = "own"
    APART = "apart"
    MOSQUITTO = "mosquitto"
    """By itself."""
