"""Which kinds of faults a campaign is played with: those asked for, or all that can be done here."""

from __future__ import annotations

from scenarios.chaos.brokers import mosquitto as find_mosquitto
from scenarios.chaos.kinds import WIRE, BrokerChoice, FaultKind
from scenarios.service.process import CannotPlay


def choose(asked: str, broker: BrokerChoice, *, own_database: bool = False) -> tuple[FaultKind, ...]:
    """Return the kinds. Raises ``CannotPlay`` for one that does not exist, and for one that cannot be done here."""
    if broker is BrokerChoice.MOSQUITTO:
        find_mosquitto()
    hindrances = _hindrances(broker, own_database=own_database)
    if not asked:
        return tuple(kind for kind in FaultKind if kind not in hindrances)
    chosen = tuple(dict.fromkeys(_kind(name.strip()) for name in asked.split(",")))
    for kind in chosen:
        if kind in hindrances:
            message = f"--faults {kind}: {hindrances[kind]}"
            raise CannotPlay(message)
    return chosen


def _kind(name: str) -> FaultKind:
    try:
        return FaultKind(name)
    except ValueError:
        message = f"--faults {name!r}: there is no such kind; there are {', '.join(FaultKind)}"
        raise CannotPlay(message) from None


def _hindrances(broker: BrokerChoice, *, own_database: bool) -> dict[FaultKind, str]:
    found: dict[FaultKind, str] = {}
    if not own_database:
        found[FaultKind.KILL_DATABASE] = (
            "only a PostgreSQL that the campaign starts itself can be killed: --store postgresql"
        )
    if broker is BrokerChoice.OWN:
        found |= dict.fromkeys(WIRE, "between a service and its own child there is no wire: --broker apart")
    return found
