"""A campaign: so many inputs at each surface, all from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from random import Random

from scenarios.fuzz.event_surface import play_events
from scenarios.fuzz.file_surface import play_files
from scenarios.fuzz.findings import Tally
from scenarios.fuzz.packet_surface import play_broker, play_packets
from scenarios.fuzz.service_surface import hosted, play_http, play_websocket

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class CampaignSize:
    """How many inputs of each sort."""

    events: int
    """Of devices, at the intake."""
    packets: int
    """Of a broker, at our end of the line."""
    strangers: int
    """At the embedded broker's socket."""
    http: int
    websocket: int
    files: int


def campaign(wanted: CampaignSize, seed: int, folder: Path, progress: Progress) -> list[Tally]:
    """Play it, and return what it came to. ``folder`` is the service's, the broker's and the files'."""
    whole = max(1, sum(astuple(wanted)))
    done: list[Tally] = []

    def share(count: int) -> Progress:
        before = sum(tally.inputs for tally in done)
        return lambda part: progress((before + part * count) / whole)

    def dice(surface: str) -> Random:
        # Dice, and no secrets: whoever plays a seed again gets the same inputs.
        return Random(f"{seed} {surface}")  # noqa: S311

    if wanted.events:
        done.append(play_events(dice("events"), wanted.events, share(wanted.events)))
    if wanted.packets:
        done.append(play_packets(dice("packets"), wanted.packets, share(wanted.packets)))
    if wanted.strangers:
        broker = folder / "broker"
        broker.mkdir(parents=True, exist_ok=True)
        done.append(play_broker(broker, dice("strangers"), wanted.strangers, share(wanted.strangers)))
    if wanted.http or wanted.websocket:
        with hosted(folder / "service") as service:
            done.append(play_http(service, dice("http"), wanted.http, share(wanted.http)))
            done.append(play_websocket(service, dice("websocket"), wanted.websocket, share(wanted.websocket)))
    if wanted.files:
        done.append(play_files(folder / "files", dice("files"), wanted.files, share(wanted.files)))
    return [tally for tally in done if tally.inputs]
