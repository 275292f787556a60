"""Which kinds of faults a campaign is played with: those asked for, or all that can be done here."""

from __future__ import annotations

from scenarios.chaos.brokers import mosquitto as find_mosquitto
from scenarios.chaos.kinds import WIRE, Broker, Kind
from scenarios.service.process import CannotPlay


def choose(asked: str, broker: Broker, *, own_database: bool = False) -> tuple[Kind, ...]:
    """Return the kinds. Raises ``CannotPlay`` for one that does not exist, and for one that cannot be done here."""
    if broker is Broker.MOSQUITTO:
        find_mosquitto()
    hindrances = _hindrances(broker, own_database=own_database)
    if not asked:
        return tuple(kind for kind in Kind if kind not in hindrances)
    chosen = tuple(dict.fromkeys(_kind(name.strip()) for name in asked.split(",")))
    for kind in chosen:
        if kind in hindrances:
            message = f"--faults {kind}: {hindrances[kind]}"
            raise CannotPlay(message)
    return chosen


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        message = f"--faults {name!r}: there is no such kind; there are {', '.join(Kind)}"
        raise CannotPlay(message) from None


def _hindrances(broker: Broker, *, own_database: bool) -> dict[Kind, str]:
    found: dict[Kind, str] = {}
    if not own_database:
        found[Kind.KILL_DATABASE] = (
            "only a PostgreSQL that the campaign starts itself can be killed: --store postgresql"
        )
    if broker is Broker.OWN:
        found |= dict.fromkeys(WIRE, "between a service and its own child there is no wire: --broker apart")
    return found
