"""What dispatchers' pages cost: many browsers on a desk of many open cases, while trucks drive and faults come in.

    python benchmarks/desk.py --browsers 20 --cases 500 --seconds 30
    python benchmarks/desk.py --browsers 20 --cases 400 --trucks 150 --plan insertion --roads gothenburg

A real service with its embedded broker, on this machine; faults and trucks over MQTT: trucks say yes to what they are offered,
drive there and do it. Browsers as bare websockets, and one real Chromium where there is one. Printed as JSON: processor time of
the process that decides and of the one that shows, while nobody watches and while all do; bytes a second for each browser; how
long from the commit of a change until a browser has it, from asking for the page until there is something on it, and from a lost
socket until all is there again; and how long plans took.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion
from websockets.asyncio.client import connect

TRUCK_EVERY_S = 10.0
FAULT_EVERY_S = 1.0
MIDDLE = (57.70, 11.95)
VENDOR, FLEET = "volta", "help"
SHIFT_END = datetime.now(UTC) + timedelta(hours=1.5)


STEPS = 12
"""So many reports a truck drives, and so many it is on the scene."""


class Crew:
    """A truck: where it is, and what it is at."""

    def __init__(self, at: tuple[float, float]) -> None:
        self.at = at
        self.job: str | None = None
        self.to = at
        self.left = 0
        """Reports until it is there; below nothing: it is, and how long it works yet."""


class World:
    """Cars that break and trucks that drive, over MQTT."""

    def __init__(self, broker: str, trucks: int) -> None:
        self._dice = Random(7)  # noqa: S311 - a benchmark
        self._said = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.max_inflight_messages_set(200)
        host, _, port = broker.removeprefix("mqtt://").partition(":")
        self._client.on_message = self._asked
        self._client.connect(host, int(port))
        self._client.subscribe(f"callahead/v1/{FLEET}/+/command", qos=1)
        self._client.loop_start()
        self.crews = {f"truck-{number:03}": Crew(self._anywhere()) for number in range(trucks)}
        self._names = list(self.crews)

    def register(self, http: str) -> None:
        """Make the trucks known, each with what it can do."""
        common = {"kind": "truck", "provenance": "simulated", "skills": ["battery", "tyre", "electric", "tow"]}
        trucks = [{"device": f"{FLEET}/{name}"} | common for name in self.crews]
        httpx.post(f"{http}/api/v1/vendors", json=[{"vendor": FLEET, "provenance": "simulated"}]).raise_for_status()
        httpx.post(f"{http}/api/v1/devices", json=trucks).raise_for_status()

    def break_car(self, number: int) -> None:
        """A car's battery is flat."""
        frame = {
            "Vehicle.Powertrain.CombustionEngine.IsRunning": False,
            "Vehicle.LowVoltageBattery.CurrentVoltage": 8.1,
        }
        told = {"codes": [{"code": "P0562"}], "freeze_frame": frame, "position": _position(self._anywhere())}
        self._say(VENDOR, f"car-{number}", "callahead.vehicle.fault.v1", told)

    def drive_truck(self, number: int) -> None:
        """A truck drives on and says where it is; it arrives, and finishes."""
        name = self._names[number % len(self._names)]
        crew = self.crews[name]
        state = None
        if crew.job is not None:
            crew.left -= 1
            state = {0: "arrived", -STEPS: "finished"}.get(crew.left)
        if crew.left > 0 or crew.job is None:
            crew.at = self._onward(crew)
        self._report(name, crew, state)
        if state == "finished":
            crew.job = None

    def _onward(self, crew: Crew) -> tuple[float, float]:
        (north, east), (to_north, to_east) = crew.at, crew.to
        if crew.job is None:
            return north + self._dice.uniform(-0.002, 0.002), east + self._dice.uniform(-0.004, 0.004)
        return north + (to_north - north) / (crew.left + 1), east + (to_east - east) / (crew.left + 1)

    def _asked(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        """A truck is offered a job, which it takes, or sent elsewhere."""
        said = json.loads(message.payload)
        crew = self.crews.get(message.topic.split("/")[3])
        if crew is None or "job" not in said.get("data", {}):
            return
        name, told = message.topic.split("/")[3], said["data"]
        if said["type"] == "callahead.command.job-offer.v1":
            crew.job, crew.left = told["job"], self._dice.randint(1, STEPS)
            crew.to = (told["latitude"], told["longitude"])
            self._report(name, crew, "accepted")
        elif said["type"] == "callahead.command.job-withdrawal.v1" and told["job"] == crew.job:
            crew.job = None

    def _report(self, name: str, crew: Crew, state: str | None) -> None:
        told = {"position": _position(crew.at), "shift_end": SHIFT_END.isoformat()}
        job = {"job": {"id": crew.job, "state": state}} if state else {}
        self._say(FLEET, name, "callahead.truck.status.v1", told | job)

    def _say(self, vendor: str, device: str, kind: str, told: dict[str, Any]) -> None:
        self._said += 1
        event = {
            "specversion": "1.0",
            "type": kind,
            "source": f"/{vendor}/{device}",
            "id": f"1-{self._said}",
            "time": datetime.now(UTC).isoformat(),
            "datacontenttype": "application/json",
            "provenance": "simulated",
            "data": told,
        }
        self._client.publish(f"callahead/v1/{vendor}/{device}/event", json.dumps(event), qos=1)

    def _anywhere(self) -> tuple[float, float]:
        return MIDDLE[0] + self._dice.gauss(0, 0.05), MIDDLE[1] + self._dice.gauss(0, 0.09)


def _position(at: tuple[float, float]) -> dict[str, Any]:
    fix = datetime.now(UTC).isoformat()
    return {"latitude": at[0], "longitude": at[1], "accuracy_m": 8.0, "fix_time": fix}


class Browser:
    """A page as the service sees it: a websocket that inflates what it gets."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("http", "ws") + "/console/feed"
        self.bytes = 0
        self.frames = 0
        self.rows: dict[int, float] = {}
        """Row of the ledger → when a frame first told what came up to it."""
        self.ready = asyncio.Event()
        self.began_with = 0

    async def watch(self, until: asyncio.Event) -> None:
        """Watch as a page does."""
        async with connect(self._url, max_size=None, compression=None) as socket:
            await socket.send(json.dumps({"type": "used"}))
            stopping = asyncio.create_task(until.wait())
            while not until.is_set():
                getting = asyncio.create_task(socket.recv())
                await asyncio.wait({getting, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if getting.done():
                    self._take(getting.result())
                else:
                    getting.cancel()

    def _take(self, body: str | bytes) -> None:
        assert isinstance(body, bytes)  # noqa: S101 - deflated
        self.bytes += len(body)
        self.frames += 1
        if not self.ready.is_set():
            self.began_with = len(body)
            self.ready.set()
        seq = json.loads(zlib.decompress(body, -15)).get("seq")
        if seq is not None:
            self.rows[seq] = time.time()


@contextmanager
def served(folder: Path, policy: dict[str, str]) -> Iterator[tuple[str, str, psutil.Process, psutil.Process]]:
    """Run the service; yield its address, its broker's, and its two processes."""
    goes_by = folder.parent / "policy.yaml"
    goes_by.write_text("".join(f"{name}: {value}\n" for name, value in policy.items()), "utf-8")
    command = [sys.executable, "-m", "dispatch.cli.serve", "--port", "0", "--json", "--open-demo", "--dir", str(folder)]
    command += ["--policy", str(goes_by)]
    with (folder.parent / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603 - our own
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe
        told = json.loads(process.stdout.readline())
        decides = psutil.Process(process.pid)
        shows = next(one for one in decides.children() if "dispatch.projection" in one.cmdline())
        yield told["http"], told["broker"], decides, shows
    finally:
        process.terminate()
        process.wait(20)


def cpu_of(process: psutil.Process) -> float:
    """Return the processor's seconds that a process used so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


class Load(threading.Thread):
    """Trucks that speak every ten seconds, and a fault every second, until it is over."""

    def __init__(self, world: World, first: int) -> None:
        super().__init__(daemon=True)
        self._world, self._next = world, first
        self.over = threading.Event()

    def run(self) -> None:
        """Go on."""
        began, truck, fault = time.monotonic(), 0, 0
        while not self.over.wait(0.02):
            passed = time.monotonic() - began
            while truck < passed * len(self._world.crews) / TRUCK_EVERY_S:
                self._world.drive_truck(truck)
                truck += 1
            while fault < passed / FAULT_EVERY_S:
                self._world.break_car(self._next + fault)
                fault += 1


async def _measured(http: str, processes: tuple[psutil.Process, ...], browsers: int, seconds: float) -> dict[str, Any]:
    """Watch for so long, and return what it cost."""
    over = asyncio.Event()
    pages = [Browser(http) for _ in range(browsers)]
    watching = [asyncio.create_task(page.watch(over)) for page in pages]
    await asyncio.gather(*(page.ready.wait() for page in pages))
    await asyncio.sleep(2)
    before, began = [cpu_of(one) for one in processes], time.monotonic()
    sizes, frames = [page.bytes for page in pages], [page.frames for page in pages]
    await asyncio.sleep(seconds)
    passed = time.monotonic() - began
    used = [(cpu_of(one) - was) / passed for one, was in zip(processes, before, strict=True)]
    rates = [(page.bytes - size) / passed for page, size in zip(pages, sizes, strict=True)]
    over.set()
    await asyncio.gather(*watching)
    found: dict[str, Any] = {"decides_cores": round(used[0], 3), "shows_cores": round(used[1], 3)}
    if pages:
        found["bytes_per_s"] = round(max(rates))
        found["frames_per_s"] = round((pages[0].frames - frames[0]) / passed, 2)
        found["whole_bytes"] = pages[0].began_with
        found["rows"] = pages[0].rows
    return found


class Commits(threading.Thread):
    """Notes when each row can be read in the store: looks every few milliseconds."""

    def __init__(self, file: Path) -> None:
        super().__init__(daemon=True)
        self._file = file
        self.over = threading.Event()
        self.at: dict[int, float] = {}

    def run(self) -> None:
        """Look."""
        store = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)
        while not self.over.wait(0.01):
            (last,) = store.execute("SELECT max(seq) FROM ledger").fetchone()
            if last not in self.at:
                self.at[last] = time.time()
        store.close()


def latencies(commits: dict[int, float], shown: dict[int, float]) -> dict[str, float]:
    """Return from when a row could be read until a browser had what it changed, seconds."""
    told = sorted(shown.items())
    found = []
    for seq, at in commits.items():
        first = next((when for last, when in told if last >= seq), None)
        if first is not None and told[0][1] < at:
            found.append(first - at)
    found.sort()
    return {"p50": round(found[len(found) // 2], 3), "max": round(found[-1], 3)} if found else {}


def in_chromium(http: str) -> dict[str, Any]:
    """Return what a real browser sees: first content, a change on the screen, and how soon all is there after a lost socket."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return {}
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it need not be installed

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1600, "height": 950})
        found = []
        for _ in range(3):
            page.goto(http)
            page.wait_for_selector(".case, .group")
            found.append(page.evaluate("performance.now() / 1000"))
        resync = page.evaluate(
            """async () => {
              const { state, feed } = window.callahead;
              const whole = () => new Promise((done) => state.addEventListener('told', function hear(event) {
                if (event.detail.whole) { state.removeEventListener('told', hear); done(); } }));
              const began = performance.now(); feed.socket.close(); await whole();
              await new Promise(requestAnimationFrame); return (performance.now() - began) / 1000; }"""
        )
        on_screen = page.evaluate(
            """async () => {
              const { state } = window.callahead; const took = [];
              const hear = async () => {
                const began = performance.now();
                await new Promise(requestAnimationFrame);
                await new Promise((done) => setTimeout(done));
                took.push(performance.now() - began);
              };
              state.addEventListener('told', hear);
              await new Promise((done) => setTimeout(done, 8000));
              state.removeEventListener('told', hear);
              return Math.max(...took) / 1000; }"""
        )
        browser.close()
    return {
        "first_content_s": [round(one, 2) for one in found],
        "resync_s": round(resync, 2),
        "painted_within_s": round(on_screen, 3),
    }


def _replans(http: str) -> dict[str, float]:
    """Return how long the last plans took, milliseconds."""
    took = sorted(httpx.get(f"{http}/api/v1/plan").json()["took_ms"].values())
    return {"p50": took[len(took) // 2], "max": took[-1]} if took else {}


def main() -> None:
    """Measure, and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browsers", type=int, default=20)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--trucks", type=int, default=70)
    parser.add_argument("--plan", default="nearest")
    parser.add_argument("--roads", help="gothenburg, or a file")
    asked = parser.parse_args()
    policy = {"plan": asked.plan} | ({"roads": asked.roads} if asked.roads else {})
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "serve", policy) as (http, broker, decides, shows),
    ):
        world = World(broker, asked.trucks)
        world.register(http)
        for number in range(asked.trucks):
            world.drive_truck(number)
        for number in range(asked.cases):
            world.break_car(number)
        time.sleep(10)
        load, commits = Load(world, asked.cases), Commits(Path(folder) / "serve" / "ledger.sqlite")
        load.start()
        nobody = asyncio.run(_measured(http, (decides, shows), 0, asked.seconds))
        commits.start()
        all_of_them = asyncio.run(_measured(http, (decides, shows), asked.browsers, asked.seconds))
        commits.over.set()
        commits.join()
        told = latencies(commits.at, all_of_them.pop("rows"))
        real = in_chromium(http)
        load.over.set()
        found = {
            "browsers": asked.browsers,
            "open_cases": httpx.get(f"{http}/api/v1/totals").json()["open_cases"],
            "trucks": asked.trucks,
            "replan_ms": _replans(http),
            "promised": sum(crew.job is not None for crew in world.crews.values()),
            "nobody_watches": nobody,
            "all_watch": all_of_them,
        }
        sys.stdout.write(json.dumps(found | {"commit_to_browser_s": told, "chromium": real}, indent=2) + "\n")


if __name__ == "__main__":
    main()
