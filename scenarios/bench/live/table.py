"""A run's figures as people read them."""

from __future__ import annotations

from typing import Any

from rich.console import Group
from rich.table import Table

_MEANINGS = {
    "maximum_per_s": "the highest rate that was kept up",
    "offered_per_s": "events a second that were to be sent",
    "achieved_per_s": "committed and acknowledged by the service, while the load was on",
    "p50_ms": "from when a fault was due until its command was there",
    "p99_ms": "",
    "p999_ms": "",
    "duplicates": "findings and actions beyond the first of a fault; must be 0",
    "lost": "faults without finding, action or command; must be 0",
    "sent": "events",
    "faults": "of them",
    "acked": "taken by the broker",
    "late_p99_ms": "how late the generator itself was",
    "unhandled": "sent, and not handled long after the end",
    "caught_up_s": "from the last event sent until all was handled",
    "service_ready_s": "from its start until it is up",
    "connected_s": "until the last device was connected",
    "handled": "retained states and new ones",
    "commands_again": "under the same id, which a device ignores",
    "connections_broken": "",
}


def shown(figures: dict[str, Any]) -> Group:
    """Return the figures, what each process took, and the steps of a search for the maximum."""
    return Group(_sums(figures), _processes(figures), *([_steps(figures["steps"])] if "steps" in figures else []))


def _sums(figures: dict[str, Any]) -> Table:
    title = f"{figures['devices']:,} devices, {figures['broker']}" if "devices" in figures else "live"
    table = Table(title=title, title_justify="left", show_edge=False)
    table.add_column("figure", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("what it is", style="dim")
    for name, meaning in _MEANINGS.items():
        if name in figures:
            value = figures[name]
            table.add_row(name, _written(value), meaning)
    if figures.get("lag"):
        lags = [lag for _, lag in figures["lag"]]
        table.add_row("lag", f"{max(lags):,}", f"events sent and not handled yet, at most; {lags[-1]:,} at the end")
    return table


def _processes(figures: dict[str, Any]) -> Table:
    table = Table(show_edge=False)
    for name in ("process", "cores", "MiB, begin", "MiB, end"):
        table.add_column(name, justify="left" if name == "process" else "right")
    for part, cores in figures["cpu_cores"].items():
        memory = figures["rss_mb"][part]
        table.add_row(part, f"{cores:.2f}", f"{memory['begin']:,}", f"{memory['end']:,}")
    return table


def _steps(steps: list[dict[str, Any]]) -> Table:
    table = Table(title="steps", title_justify="left", show_edge=False)
    for name in ("offered_per_s", "achieved_per_s", "p99_ms", "late_p99_ms"):
        table.add_column(name, justify="right")
    table.add_column("kept up")
    for step in steps:
        row = (step[name] for name in ("offered_per_s", "achieved_per_s", "p99_ms", "late_p99_ms"))
        table.add_row(*map(_written, row), "yes" if step["kept_up"] else "no")
    return table


def _written(value: float | None) -> str:
    return "-" if value is None else f"{value:,}"
