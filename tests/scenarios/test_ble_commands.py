"""``callahead bench ble`` and ``callahead device radio``, on simulated adapters as on real ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from firmware_sim.links.ble_fleet import BleFleet
from scenarios.service.forks import Ended
from tests.conftest import command


def run(*arguments: str, **environment: str) -> Ended:
    """Run the command line."""
    return command("scenarios.cli", *arguments, timeout_s=100, **environment)


def test_the_bench_prints_its_figures_and_loses_nothing(tmp_path: Path) -> None:
    """A small one; the numbers that are promised are measured by the default one."""
    ended = run(
        "bench", "ble", "--peripherals", "8", "--seconds", "5", "--backlog", "400", "--json", "--out", str(tmp_path)
    )
    assert ended.returncode == 0, ended.stderr
    figures = json.loads(ended.stdout)
    assert list(figures)[:6] == ["peripherals", "events_per_s", "p50_ms", "p99_ms", "lost", "duplicates"]
    assert (figures["peripherals"], figures["lost"], figures["duplicates"]) == (8, 0, 0)
    assert figures["events_per_s"] > 0
    assert figures["p99_ms"] > 0


def test_a_car_on_one_adapter_is_heard_on_another(serve: Callable[..., Any], words: Any) -> None:
    """As the README says for two real ones: a key is drawn, the car advertises, its fault becomes a case."""
    with BleFleet([], {}, on_command=lambda *_: None, on_rejected=lambda *_: None) as air:
        served = serve("--ble-adapter", air.adapter("gateway"))
        httpx.post(f"{served.http}/api/v1/customers", json=[words.customer]).raise_for_status()
        run("vendor", "add", "volta", CALLAHEAD_SERVICE=served.http)
        added = run(
            *("device", "add", "volta/car-7", "--kind", "car", "--customer", "c-1", "--ble-key", "new", "--json"),
            CALLAHEAD_SERVICE=served.http,
        )
        key = json.loads(added.stdout)["ble_key"]
        ended = run(
            *("device", "radio", "volta/car-7", "--ble-adapter", air.adapter("car"), "--key", key, "--seconds", "12")
        )
        assert ended.returncode == 0, ended.stderr
        assert "stored: volta/car-7/" in ended.stdout
        seen = httpx.get(f"{served.http}/api/v1/cases?open=false").json()
        assert [case["device"] for case in seen] == ["volta/car-7"]


def test_an_adapter_or_key_that_cannot_be_is_told_in_a_line() -> None:
    """Exit code 2, and what to write."""
    assert (ended := run("device", "radio", "volta/car-1", "--ble-adapter", "usb:0", "--key", "ab")).returncode == 2
    assert "64 hexadecimal digits" in ended.stderr
    assert (
        ended := run("device", "radio", "volta/car-1", "--ble-adapter", "tcp-client:127.0.0.1:9", "--key", "ab" * 32)
    ).returncode == 2
    assert "tcp-client:127.0.0.1:9" in ended.stderr
