"""Records the golden ledgers anew: ``python tests/golden/record.py [STORY …]``.

Only where stories are meant to be decided otherwise.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dispatch.ledger.rows import Row
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story
from scenarios.story.scorecard_keys import WHERE_USED

HERE = Path(__file__).parent
SEED = 1
_OF_MONEY = {
    "payments", "payments_settled", "payments_twice", "payments_over_limit", "debits_minus_credits",
    "refusals_without_reason", "without_a_person_share", "unusual_recall", "unusual_precision",
}  # fmt: skip
NOT_KEPT = {"wall_s", "ledger_sha256", *WHERE_USED} | _OF_MONEY
"""How long it took, what follows from bits that are rounded here, and keys that are younger than these ledgers."""
SHORTENED: dict[str, tuple[str, ...]] = {
    "winter_morning": (
        "duration=100 min",
        "cars.count=300",
        "faults.0.count=10",
        "faults.1.count=2",
        "faults.2.count=12",
        "faults.3.count=0",
        "faults.4.count=0",
        "trucks.0.count=6",
        "trucks.1.count=6",
        "agents.0.count=3",
        "agents.1.count=1",
    ),
    "underground_garage": (
        "duration=150 min",
        "cars.count=60",
        "faults.0.count=6",
        "faults.1.count=2",
        "faults.2.count=4",
        "trucks.0.count=4",
        "trucks.1.count=4",
    ),
    "card_outage": ("duration=110 min", "phones.count=200"),
    "kitchen_week": (
        "duration=5 days",
        "fridges.count=60",
        "faults=[{parts: {compressor: 1, door_ajar: 1, evaporator_fan: 1, warm_load: 1}, count: 10}, {part: stock, count: 6}]",
    ),
    "laundry_day": (
        "washing_machines.count=40",
        "faults.0.count=3",
        "faults.1.count=6",
        "faults.2.count=5",
    ),
    "national_peak_day": (
        "cars.count=20000",
        "faults.0.count=24",
        "trucks.0.count=5",
        "trucks.1.count=5",
        "place.radius=20 km",
        "workshops.count=3",
        "agents.0.count=3",
        "agents.1.count=1",
    ),
    "smart_home": (
        "duration=2 days",
        "settle=12 h",
        "smart_homes.count=12",
        "televisions.count=12",
        "phones.count=12",
        "smart_homes.status_every=6 h",
        "televisions.status_every=6 h",
        "phones.status_every=6 h",
        "faults.0.count=2",
        "faults.1.count=4",
        "faults.2.count=4",
        "faults.3.count=2",
        "faults.4.count=1",
        "faults.5.count=4",
        "faults.6.count=1",
        "faults.7.count=2",
        "faults.8.count=1",
    ),
}
"""Story → what makes it short."""


def played(name: str) -> Iterator[str]:
    """Play a story, and yield its ledger line by line, then what its scorecard comes to."""
    result = run_story(open_story(name, SHORTENED[name]), SEED)
    yield from map(written, result.rows)
    card = {key: figure for key, figure in result.scorecard.items() if key not in NOT_KEPT}
    yield json.dumps(rounded(card))


def written(row: Row) -> str:
    """Write a row as one line."""
    head = [row.seq, row.at, row.kind, row.type, row.key, row.case, row.cause]
    body = json.loads(row.body)
    if row.type == "OpenCase":
        # Says since 2026-11-29 which finding opened it; the golden ledgers are older and decide alike.
        body.pop("finding")
    return json.dumps(rounded([*head, body]), ensure_ascii=False)


def rounded(told: Any) -> Any:
    """Round every number to the sixth decimal: processors differ in the last bits of a logarithm."""
    if isinstance(told, float):
        return round(told, 6)
    if isinstance(told, dict):
        return {key: rounded(one) for key, one in told.items()}
    return [rounded(one) for one in told] if isinstance(told, list) else told


def main() -> None:
    """Write one file for each story, or for those that are named."""
    for name in sys.argv[1:] or SHORTENED:
        (HERE / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in played(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
