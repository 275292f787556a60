"""Callahead and Node-RED side by side: the same broker, the same load, the same rule, one after the other.

Two flows. ``node_red`` does one comparison and keeps nothing. ``node_red_keeps`` comes nearer to what a service has to do: each
message is appended to a file (its core node; nothing waits until it is on disk), checked by its main rules, told from a repeat,
and its device's last state kept in memory. Neither waits with the acknowledgement: Node-RED's input acknowledges what it has
read. It wants npm's ``node-red`` in the folder that ``CALLAHEAD_NODE_MODULES`` names, or ``--node-red``:
npm install --prefix FOLDER node-red
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from gateway.contract.broker_address import BrokerAddress
from scenarios.bench.live.brokers import broker
from scenarios.bench.live.connections import LoadFailed, NotHandled, allow_files
from scenarios.bench.live.generator import Load
from scenarios.bench.live.maximum import climb, find_maximum
from scenarios.bench.live.pilot import Pilot
from scenarios.bench.live.processes import Parts
from scenarios.bench.live.stage import Setup

FLOWS = {
    "node_red": Path(__file__).with_name("node_red_flow.json"),
    "node_red_keeps": Path(__file__).with_name("node_red_flow_keeps.json"),
}
SETTINGS = "module.exports = {httpAdminRoot: false, httpNodeRoot: '/', logging: {console: {level: 'warn'}}};\n"
UP_WITHIN_S, CAUGHT_UP_WITHIN_S, SETTLE_S = 60.0, 120.0, 60.0
GLANCE_S = 0.1


@dataclass(slots=True)
class NodeRed:
    """A Node-RED under load; it counts what it handles."""

    folder: Path
    http: httpx.Client
    pilot: Pilot
    parts: Parts
    base: int = 0

    def say(self, what: str) -> None:
        """Nobody looks on."""

    def handled(self) -> int:
        """Return how many messages of the load its rule has seen."""
        return int(self.http.get("/handled").json()["handled"]) - self.base

    def catch_up(self, deliveries: int) -> float:
        """Wait until it has seen so many."""
        began = time.perf_counter()
        while self.handled() < deliveries:
            if time.perf_counter() - began > CAUGHT_UP_WITHIN_S:
                raise NotHandled("Node-RED", self.handled(), deliveries, CAUGHT_UP_WITHIN_S)
            time.sleep(GLANCE_S)
        return time.perf_counter() - began


@contextmanager
def node_red(
    flow: Path, modules: Path, folder: Path, port: int
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """Start Node-RED with the flow, for a broker at ``port``; yield it once it is up and subscribed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = free.getsockname()[1]
    folder.mkdir(parents=True)
    (folder / "flow.json").write_text(flow.read_text("utf-8").replace("$PORT", str(port)), "utf-8")
    (folder / "settings.js").write_text(SETTINGS)
    script = modules / "node-red" / "red.js"
    if not script.exists():
        raise LoadFailed(f"there is no {script}: npm install --prefix {modules.parent} node-red")
    command = [
        shutil.which("node") or "node",
        str(script),
        "-p",
        str(own),
        "-u",
        str(folder),
        "-s",
        "settings.js",
        "flow.json",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # noqa: S603 - what the user names
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{own}") as http:
            _wait(http, process)
            yield process, http
    finally:
        process.terminate()
        process.wait()


def _wait(http: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            if http.get("/handled").is_success:
                return
        except httpx.TransportError:
            time.sleep(GLANCE_S)
    raise LoadFailed("Node-RED did not come up")


def theirs(setup: Setup, flow: Path, modules: Path, first: Load) -> dict[str, Any]:
    """Return the figures of a Node-RED with a flow."""
    with broker("mosquitto", setup.folder / "mosquitto") as on:
        address = BrokerAddress.parse(on.option)
        started = node_red(flow, modules, setup.folder / "node-red", address.port)
        with started as (process, http), Pilot(address, setup.cars, setup.phones) as pilot:
            stage = NodeRed(setup.folder, http, pilot, Parts(process.pid, pilot.pid, on.pid, database=False))
            pilot.connect(setup.connect_within_s)
            stage.catch_up(setup.devices)
            stage.base = stage.handled()
            climbed = climb(stage, first)
    unanswered = sum(one["answered"] is None for one in climbed.faults)
    return {**climbed.figures, "lost": unanswered}


def main(  # noqa: PLR0917 - each is an option of the command line
    devices: int = 5_000,
    rate: float = 2_000,
    faults_per_s: float = 50,
    seconds: float = 10,
    modules: Annotated[
        Path | None, typer.Option("--node-red", help="The folder node_modules that has node-red.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,  # noqa: FBT002
) -> None:
    """Find the highest rate that each keeps up, and print all, what a message costs each, and the ratios of rates."""
    where = modules or Path(os.environ.get("CALLAHEAD_NODE_MODULES", "node_modules"))
    first = Load(rate, faults_per_s, seconds, SETTLE_S)
    allow_files(devices)
    found: dict[str, dict[str, Any]] = {}
    try:
        for name in (*FLOWS, "callahead"):
            with tempfile.TemporaryDirectory() as folder:
                setup = Setup(devices, "mosquitto", None, Path(folder), max(2.0, devices / 800))
                found[name] = theirs(setup, FLOWS[name], where, first) if name in FLOWS else find_maximum(setup, first)
    except LoadFailed as error:
        typer.echo(f"node_red.py: {error}", err=True)
        raise typer.Exit(2) from None
    rates = {name: figures["maximum_per_s"] or figures["achieved_per_s"] for name, figures in found.items()}
    ratios = {name: round(rates["callahead"] / rates[name], 2) for name in FLOWS}
    told = {**found, "ratios": ratios}
    if as_json:
        typer.echo(json.dumps(told))
        return
    for name, figures in found.items():
        typer.echo(f"{name}: {figures['maximum_per_s']}/s, p99 {figures['p99_ms']} ms, cores {figures['cpu_cores']}")
        for step in figures["steps"]:
            each = 1e6 * step["cpu_cores"]["service"] / step["achieved_per_s"]
            typer.echo(f"    {each:.0f} µs of the processor a message: {step}")
    for name, ratio in ratios.items():
        typer.echo(f"callahead / {name}: {ratio}")


if __name__ == "__main__":
    typer.run(main)
