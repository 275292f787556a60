"""How long a story takes in virtual time, beside parsing as many bare JSON messages on the same machine, three times over."""

from __future__ import annotations

import json
import sys
import time

from gateway.contract.event_types import event_types
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story

RUNS = 3


def main(name: str = "winter_morning") -> None:
    """Print seconds, events a second, and the ratio to ``json.loads`` of as many messages."""
    story = open_story(name, ())
    message = json.dumps(event_types().examples["callahead.vehicle.status.v1"])
    for _ in range(RUNS):
        card = run_story(story, 1).scorecard
        wall, events = float(card["wall_s"] or 0), int(card["events"] or 0)
        bare = _json_s(message, events)
        sys.stdout.write(
            f"{name}: {wall:.1f} s, {events} events, {events / wall:,.0f}/s, {wall / bare:.0f} x json.loads\n"
        )


def _json_s(message: str, times: int) -> float:
    begin = time.perf_counter()
    for _ in range(times):
        json.loads(message)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main(*sys.argv[1:])
