"""What the processes of a run cost: processor's time and memory, by part."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Spent:
    """At one moment: seconds of processor's time and MiB of memory, by part."""

    at: float
    cpu_s: dict[str, float]
    rss_mb: dict[str, float]


class Parts:
    """Knows which processes are whose: the service's, its gateways', its broker's, the generator's, a database's."""

    def __init__(self, service: int, generator: int, broker: int | None, *, database: bool) -> None:
        own = psutil.Process(service)
        children = own.children(recursive=True)
        inner = [child for child in children if "nats-server" in child.name()]
        self._parts = {
            "broker": inner if broker is None else [psutil.Process(broker)],
            "service": [own],
            "generator": [psutil.Process(generator)],
        }
        gateways = [child for child in children if "dispatch.gateways" in child.cmdline()]
        routers = [child for child in children if "dispatch.router" in child.cmdline()]
        self._parts |= {"router": routers} | {f"gateway {number}": [one] for number, one in enumerate(gateways, 1)}
        if database:
            self._parts["database"] = [one for one in psutil.process_iter() if one.name().startswith("postgres")]

    def spent(self) -> Spent:
        """Look now. A part that cannot be seen, such as a broker elsewhere, is left out."""
        seen = {part: processes for part, processes in self._parts.items() if processes}
        return Spent(
            time.perf_counter(),
            {part: sum(_cpu_s(one) for one in processes) for part, processes in seen.items()},
            {part: round(sum(_rss_mb(one) for one in processes), 1) for part, processes in seen.items()},
        )


def cores(before: Spent, after: Spent) -> dict[str, float]:
    """Return how many cores each part kept busy in between."""
    took = after.at - before.at
    return {part: round((after.cpu_s[part] - spent) / took, 3) for part, spent in before.cpu_s.items()}


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _rss_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / MEBIBYTE
    except psutil.NoSuchProcess:
        return 0.0
