"""What a message costs the service's MQTT link, from the socket to its acknowledgement.

From a Mosquitto, QoS 1, acknowledged in batches as after a commit. Processor's time of this process, not the clock's.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState
from gateway.links.mqtt.link import MqttLink
from scenarios.bench.live.brokers import broker
from scenarios.bench.live.generator import Load
from scenarios.bench.live.pilot import Pilot

DEVICES = 200
LOAD = Load(rate=4_000, faults_per_s=0.1, seconds=10, settle_s=0.5)
GATHER_S = 0.02


async def cost_us(address: BrokerAddress, pilot: Pilot) -> tuple[float, int]:
    """Return the microseconds of processor's time that a message takes, and of how many."""
    waiting: list[Delivery] = []
    link = MqttLink(address, waiting.append, client_id="cost")
    link.start()
    await _ready(link)
    await _acknowledge(waiting, 1.0)  # the retained states
    heard, began = 0, time.process_time()
    load = asyncio.create_task(asyncio.to_thread(pilot.run, LOAD, lambda *_: None))
    while not load.done() or heard < load.result()["sent"]:
        heard += await _acknowledge(waiting, GATHER_S)
    spent = time.process_time() - began
    link.stop()
    return 1e6 * spent / heard, heard


async def _ready(link: MqttLink) -> None:
    while link.status.state is not LinkState.READY:  # noqa: ASYNC110 - a look is enough
        await asyncio.sleep(GATHER_S)


async def _acknowledge(waiting: list[Delivery], after_s: float) -> int:
    await asyncio.sleep(after_s)
    batch = waiting[:]
    del waiting[: len(batch)]
    for delivery in batch:
        delivery.ack()
    return len(batch)


def main() -> None:
    """Measure it."""
    with tempfile.TemporaryDirectory() as folder, broker("mosquitto", Path(folder)) as on:
        address = BrokerAddress.parse(on.option)
        with Pilot(address, DEVICES - 1, 1) as pilot:
            pilot.connect(1)
            found, heard = asyncio.run(cost_us(address, pilot))
            print(f"{found:.1f} µs a message, {heard} messages")  # noqa: T201 - what a script is for


if __name__ == "__main__":
    main()
