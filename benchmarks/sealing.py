"""What sealing costs a row: the rows of a short story written again, with what is personal in them sealed and without.

.venv/bin/python benchmarks/sealing.py [--times 20]
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial

from dispatch.core.desk import Desk
from dispatch.ledger.personal import DataClass, sealed
from dispatch.ledger.rows import Pen, Row, Said, read
from dispatch.ledger.whose import Whose
from dispatch.store.journal import Journal
from dispatch.store.person_keys import PersonKeys
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story


def main() -> None:
    """Print the microseconds a row takes, both ways, and each sort of row sealed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--times", type=int, default=20)
    times = asked.parse_args().times
    rows = run_story(open_story("winter_morning", ("cars.count=300", "duration=100 min")), 1).rows
    with Journal.in_memory() as journal:
        plain = min(_written(rows, Pen()) for _ in range(times))
        both = min(_written(rows, _pen(journal.person_keys)) for _ in range(times))
    told = (
        f"{len(rows):,} rows: {plain:.1f} µs a row, sealed {both:.1f} µs; sealing costs {both - plain:.1f} µs a row\n"
    )
    sys.stdout.write(told)


def _pen(keys: PersonKeys) -> Pen:
    whose, pen = Whose(Desk()), Pen()

    def seal(said: Said, body: str, at: float) -> str:
        return sealed(type(said).__name__, body, partial(_seal, keys, whose.of(said), at))

    pen.sealing = seal
    return pen


def _seal(keys: PersonKeys, person: str, at: float, what: DataClass, text: bytes) -> tuple[str, str]:
    return keys.seal(person, what, at, text)


def _written(rows: list[Row], pen: Pen) -> float:
    said = [(read(row), row.at) for row in rows]
    began = time.perf_counter()
    for one, at in said:
        pen.write(one, at)
    return 1e6 * (time.perf_counter() - began) / len(said)


if __name__ == "__main__":
    main()
