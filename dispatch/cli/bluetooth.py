"""Bluetooth LE beside the broker, where the operator names an adapter: the same queue, and one way down for each device."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from dispatch.service.service import Service
from dispatch.service.settings import CannotStart, Settings
from gateway.links.handover.delivery import Link
from gateway.links.handover.routes import Routes

STOPS_WITHIN_S = 5.0


@contextlib.asynccontextmanager
async def bluetooth(settings: Settings, service: Service, broker: Link) -> AsyncIterator[Link]:
    """Run the adapter; yields the link that decisions go out by. Raises ``CannotStart`` where bleak is missing."""
    if settings.ble is None:
        yield broker
        return
    try:
        from gateway.links.ble.adapter import Adapter  # noqa: PLC0415 - the service starts without Bluetooth's libraries
        from gateway.links.ble.dongles import Dongles  # noqa: PLC0415 - likewise
        from gateway.links.ble.link import BleLink  # noqa: PLC0415 - likewise
    except ImportError as error:
        message = f"--ble-adapter needs {error.name}: pip install 'callahead[ble]'"
        raise CannotStart(message) from None

    registry = service.room.intake.registry
    adapter = Adapter(settings.ble.adapter, settings.store.folder / "bluetooth-bonds.json")
    dongles = Dongles(registry, service.hear, service.clock.now)
    link = BleLink(
        adapter,
        service.hear,
        registry.ble_key,
        service.clock.now,
        settings.ble.connections,
        more=dongles.services(),
    )
    routes = Routes(broker, link, lambda device: registry.ble_key(device) is not None)
    service.driver.announcer.watch(routes.heard)
    service.bluetooth = lambda: link.status
    service.bluetooth_devices = lambda: len(link.conversations)
    running = asyncio.create_task(link.run())
    try:
        yield routes
    finally:
        link.stop()
        await asyncio.wait({running}, timeout=STOPS_WITHIN_S)
        running.cancel()
