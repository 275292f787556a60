"""A cold start: a service comes up where thousands of retained states wait, while all devices connect within seconds."""

from __future__ import annotations

import time

from scenarios.bench.live.brokers import broker
from scenarios.bench.live.connections import allow_files
from scenarios.bench.live.measure import Figures
from scenarios.bench.live.processes import cores
from scenarios.bench.live.stage import Setup, attended, register

STATES = 2
"""Of each device: the one that is retained, and the one it sends when it connects."""


def cold_start(setup: Setup, within_s: float) -> Figures:
    """Leave every device's state with the broker, start the service anew, and connect all devices ``within_s`` seconds."""
    setup.address()
    allow_files(setup.devices)
    with broker(setup.broker, setup.folder / "mosquitto") as on:
        with setup.service(on) as service, attended(setup, on, service) as stage:
            setup.say(f"having {setup.devices:,} devices leave their state with the broker")
            register(stage.api, setup)
            stage.pilot.connect(setup.connect_within_s)
            stage.catch_up(setup.devices)
            stage.pilot.close()
        setup.say("starting the service anew")
        began = time.perf_counter()
        with setup.service(on) as service, attended(setup, on, service) as stage:
            ready_s = time.perf_counter() - began
            before = stage.parts.spent()
            setup.say(f"connecting {setup.devices:,} devices within {within_s:.0f} s")
            connecting = time.perf_counter()
            connected_s = stage.pilot.connect(within_s)
            stage.catch_up(STATES * setup.devices)
            caught_up_s = time.perf_counter() - connecting
            after, handled = stage.parts.spent(), stage.handled()
    return {
        "devices": setup.devices,
        "broker": setup.broker,
        "service_ready_s": round(ready_s, 1),
        "connected_s": round(connected_s, 1),
        "caught_up_s": round(caught_up_s, 1),
        "handled": handled,
        "cpu_cores": cores(before, after),
        "rss_mb": {part: {"begin": mb, "end": after.rss_mb[part]} for part, mb in before.rss_mb.items()},
    }
