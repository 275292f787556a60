"""Three clustered NATS servers as the broker and PostgreSQL as the store: each server is killed in turn, and nothing is lost.

Everything on loopback. The service is given one address, as in production: a load balancer for TCP, or a name with three
addresses. It wants ``nats-server`` 2.12 or newer and Debian's ``postgresql``.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
import typer
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from dispatch.store.address import StoreAddress
from dispatch.store.journal import Journal
from gateway.contract.topics import Channel, topic
from scenarios.service.ports import free_port
from scenarios.service.postgres import Postgres, folder_of_its_own
from scenarios.service.process import ServiceProcess

SERVERS = 3
UP_WITHIN_S, TAKEN_WITHIN_S = 60.0, 120.0
GLANCE_S = 0.1
SETTINGS = """
server_name: n{number}
listen: 127.0.0.1:-1
http: 127.0.0.1:{monitor}
cluster {{ name: callahead, listen: 127.0.0.1:{route}, routes: [{routes}] }}
jetstream {{ store_dir: "{folder}", sync_interval: always }}
mqtt {{
  host: 127.0.0.1, port: {mqtt}
  stream_replicas: 3, consumer_replicas: 3
  ack_wait: 60s, max_ack_pending: 21845, js_api_timeout: 10s
}}
"""


@dataclass(slots=True)
class Node:
    """One NATS server."""

    number: int
    folder: Path
    mqtt: int = field(default_factory=free_port)
    route: int = field(default_factory=free_port)
    monitor: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self, others: Sequence[Node]) -> None:
        """Start it; it finds the others by itself."""
        self.folder.mkdir(parents=True, exist_ok=True)
        routes = ", ".join(f'"nats-route://127.0.0.1:{one.route}"' for one in others if one is not self)
        told = SETTINGS.format(
            number=self.number,
            folder=self.folder,
            routes=routes,
            mqtt=self.mqtt,
            route=self.route,
            monitor=self.monitor,
        )
        (self.folder / "nats.conf").write_text(told)
        binary = shutil.which("nats-server") or "nats-server"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([binary, "-c", str(self.folder / "nats.conf")], stdout=log, stderr=log)  # noqa: S603

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def is_well(self) -> bool:
        """Tell whether it has caught up with the others."""
        with suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self.monitor}/healthz", timeout=2.0).is_success
        return False


class Cluster:
    """Three of them."""

    def __init__(self, folder: Path) -> None:
        self.nodes = [Node(number, folder / f"n{number}") for number in range(SERVERS)]

    def __enter__(self) -> Self:
        """Start them all."""
        for node in self.nodes:
            node.start(self.nodes)
        self.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """End them all."""
        for node in self.nodes:
            node.kill()

    def wait(self) -> float:
        """Wait until all have caught up; return how long that took."""
        began = time.monotonic()
        while not all(node.is_well() for node in self.nodes):
            if time.monotonic() - began > UP_WITHIN_S:
                raise SystemExit("the NATS servers did not find each other; their logs: " + str(self.nodes[0].folder))
            time.sleep(GLANCE_S)
        return time.monotonic() - began


class Balancer:
    """Passes each connection on to the first server that takes it, from a thread of its own."""

    def __init__(self, behind: Sequence[int]) -> None:
        self.port = free_port()
        self._behind = behind
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="balancer", daemon=True)

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", self.port), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in self._behind:
            with suppress(OSError):
                behind = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(_pour(reader, behind[1]), _pour(behind[0], writer))
                return
        writer.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


class Fleet:
    """Cars that report a fault each, over one connection; what was not acknowledged is sent again by its client."""

    def __init__(self, port: int) -> None:
        self.sent = self.acknowledged = 0
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="fleet", clean_session=False)
        self._client.max_inflight_messages_set(100)
        self._client.reconnect_delay_set(1, 2)
        self._client.on_publish = self._published
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def report(self) -> None:
        """Have the next car report its fault."""
        device = f"volta/car-{self.sent}"
        self.sent += 1
        event = {
            "specversion": "1.0",
            "type": "callahead.vehicle.fault.v1",
            "source": f"/{device}",
            "id": "1-1",
            "provenance": "simulated",
            "time": datetime.now(UTC).isoformat(),
            "data": {"codes": [{"code": "P0562", "status": "confirmed"}]},
        }
        self._client.publish(topic(device, Channel.EVENT), json.dumps(event), qos=1)

    def _published(self, *_: object) -> None:
        self.acknowledged += 1

    def stop(self) -> None:
        """End it."""
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def everything(folder: Path) -> Iterator[tuple[Cluster, Fleet, StoreAddress]]:
    """Start servers, store, service and fleet."""
    with ExitStack() as running:
        database = running.enter_context(Postgres(running.enter_context(folder_of_its_own())))
        cluster = running.enter_context(Cluster(folder))
        ports = [node.mqtt for node in cluster.nodes]
        balancer = running.enter_context(Balancer(ports))
        (folder / "service").mkdir()
        options = ["--open-demo", "--store", database.dsn]
        service = ServiceProcess(folder / "service", None, f"mqtt://127.0.0.1:{balancer.port}", options)
        running.enter_context(service)
        service.addresses()
        others = running.enter_context(Balancer(list(reversed(ports))))
        fleet = Fleet(others.port)
        running.callback(fleet.stop)
        yield cluster, fleet, StoreAddress.parse(database.dsn)


def found(store: StoreAddress) -> Counter[str]:
    """Return of which devices the ledger has a finding, and how many."""
    with Journal.look_at(store) as journal:
        rows = (row for row in journal.ledger.rows() if row.type == "FaultFound")
        return Counter(json.loads(row.body)["finding"]["device"] for row in rows)


def main(rounds: int = 1, faults_per_s: float = 5.0, seconds: float = 8.0, as_json: bool = False) -> None:  # noqa: FBT001, FBT002
    """Kill each server in turn, ``rounds`` times, for so many seconds each, while cars report faults."""
    with (
        tempfile.TemporaryDirectory(prefix="callahead-nats-") as made,
        everything(Path(made)) as (cluster, fleet, store),
    ):
        told: list[dict[str, Any]] = []
        _report(fleet, faults_per_s, seconds)
        for node in cluster.nodes * rounds:
            node.kill()
            _report(fleet, faults_per_s, seconds)
            node.start(cluster.nodes)
            _report(fleet, faults_per_s, seconds)
            told.append({"killed": node.number, "caught_up_s": round(cluster.wait(), 1), "acked": fleet.acknowledged})
        began, wanted = time.monotonic(), fleet.sent
        while len(have := found(store)) < wanted and time.monotonic() - began < TAKEN_WITHIN_S:
            time.sleep(GLANCE_S * 10)
        lost, twice = wanted - len(have), sum(count - 1 for count in have.values())
        told_all = {
            "sent": wanted,
            "lost": lost,
            "twice": twice,
            "waited_s": round(time.monotonic() - began, 1),
            "kills": told,
        }
    typer.echo(json.dumps(told_all) if as_json else "\n".join(f"{name}: {value}" for name, value in told_all.items()))
    raise typer.Exit(bool(lost or twice))


def _report(fleet: Fleet, faults_per_s: float, seconds: float) -> None:
    for _ in range(round(seconds * faults_per_s)):
        fleet.report()
        time.sleep(1 / faults_per_s)


if __name__ == "__main__":
    typer.run(main)
