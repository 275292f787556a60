"""Puts a stage together, on free ports and in a folder of its own, and takes it down again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from dispatch.store.address import StoreAddress
from scenarios.chaos.brokers import BrokerProcess, Mosquitto, Nats
from scenarios.chaos.chronicle import Chronicle
from scenarios.chaos.clock import SteppedClock
from scenarios.chaos.database import FillablePostgres
from scenarios.chaos.disk import disk_at
from scenarios.chaos.fleet import Fleet
from scenarios.chaos.judge import WorldRecord
from scenarios.chaos.kinds import BrokerChoice, Layout
from scenarios.chaos.paying.bank import bank_of
from scenarios.chaos.paying.customers import ChaosCustomers
from scenarios.chaos.people import People
from scenarios.chaos.stage import ChaosStage, device_url, register
from scenarios.chaos.supervised import Supervised
from scenarios.chaos.troubles import WayOfFailing
from scenarios.chaos.twins import TwinsShown
from scenarios.chaos.wires import Loop, Wire
from scenarios.service.forks import Copies
from scenarios.service.ports import free_port

AGENTS = 4
ALL_PAY_WITHIN_S = 120.0
"""Until every customer has given their mandates and has money, on a machine that is busy with other things."""


@dataclass(frozen=True, slots=True)
class Cast:
    """What a stage is made from."""

    folder: Path
    layout: Layout
    troubles: Sequence[WayOfFailing]
    """What will break in it, in order."""
    seed: str
    broker: BrokerChoice
    copies: Copies
    """What starts services."""
    clock: SteppedClock | None
    """Theirs, where it can be set."""
    store: StoreAddress
    database: FillablePostgres | None
    """A server of our own, to be killed."""
    gateways: int
    """How many processes of the service's hear."""


@contextmanager
def stage_of(cast: Cast) -> Iterator[ChaosStage]:
    """Bring everything up, with nothing wrong yet; at the end, take everything down in order."""
    chronicle, seen = Chronicle(), WorldRecord()
    fleet = Fleet(cast.troubles, seen, chronicle)
    http, broker_port, device_port, link_port = (free_port() for _ in range(4))
    with ExitStack() as running:
        disk = disk_at(cast.folder / "service")
        running.callback(disk.close)
        broker = _broker(cast, broker_port)
        loop = running.enter_context(Loop())
        bank = running.enter_context(bank_of(cast.folder, loop, cast.seed))
        devices = Wire(loop, device_port, broker_port, cast.seed)
        running.callback(devices.stop)
        link = None
        if broker is not None:
            broker.start()
            running.callback(broker.stop)
            link = Wire(loop, link_port, broker_port, cast.seed, repeats=True)
            running.callback(link.stop)
        at = f"mqtt://127.0.0.1:{link_port}" if link else f"embedded://127.0.0.1:{broker_port}"
        options = [*_options(cast, http, at), *bank.options()]
        service = Supervised(cast.copies, options, cast.folder, chronicle, started=disk.started)
        url = f"http://127.0.0.1:{http}"
        customers = ChaosCustomers(url, bank, chronicle, Random(cast.seed))  # noqa: S311 - dice
        parts = (service, devices, link, broker, cast.store, cast.database, disk, cast.clock, bank, customers, loop)
        shown = TwinsShown(url, seen.acknowledged)
        stage = ChaosStage(cast.folder, cast.layout, chronicle, seen, fleet, *parts, shown)
        service.start()
        running.callback(service.stop)
        running.callback(disk.free)
        stage.await_ready()
        _have_everybody_begin(running, stage, url, device_port)
        yield stage


def _options(cast: Cast, http: int, broker: str) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(http), "--broker", broker, "--dir", str(cast.folder / "service")]
    if cast.store.file is None:
        options += ["--store", cast.store.url.set(drivername="postgresql").render_as_string(hide_password=False)]
    if cast.gateways > 1:
        options += ["--gateways", str(cast.gateways)]
    return [*options, "--ready", str(cast.folder / "ready.json")]


def _have_everybody_begin(running: ExitStack, stage: ChaosStage, url: str, device_port: int) -> None:
    """Make all known to the service, have customers let their devices pay, people start work and devices go online."""
    loop, fleet, customers = stage.loop, stage.fleet, stage.customers
    register(url, fleet)
    stage.bank.story.serve(url)
    running.callback(lambda: loop.run(customers.end()))
    loop.run(customers.begin(fleet.payers.all), ALL_PAY_WITHIN_S)
    fleet.payers.on_question = lambda payer, name: loop.call(partial(customers.asked, payer, name))
    people = People(url, stage.chronicle)
    running.callback(lambda: loop.run(people.end()))
    counted = _count(stage.seen.spoken), _count(stage.seen.delivered)
    loop.run(people.begin(AGENTS, *counted, stage.rows.put))
    running.callback(fleet.close)
    fleet.connect(device_url(url, device_port, stage.layout))


def _broker(cast: Cast, port: int) -> BrokerProcess | None:
    if cast.layout is Layout.OWN:
        return None
    return (
        Mosquitto(cast.folder / "broker", port)
        if cast.broker is BrokerChoice.MOSQUITTO
        else Nats(cast.folder / "broker", port)
    )


def _count(counter: Counter[str]) -> Callable[[str], None]:
    def one(case: str) -> None:
        counter[case] += 1

    return one
