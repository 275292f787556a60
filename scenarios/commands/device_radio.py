"""``callahead device radio``: one simulated car on a Bluetooth adapter, real or simulated, until it is interrupted."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.contract.session import KEY_BYTES
from scenarios.service.process import CannotPlay


def radio(
    device: Annotated[str, typer.Argument(metavar="VENDOR/DEVICE", help="Who it is.")],
    *,
    ble_adapter: Annotated[
        str, typer.Option(metavar="NAME", help="A controller that bumble drives: hci-socket:1, usb:0, tcp-client:…")
    ],
    key: Annotated[str, typer.Option(metavar="HEX", help="Its key, 64 digits, as it is registered.")],
    seconds: Annotated[float, typer.Option(min=0, help="How long; 0: until Ctrl-C.")] = 0,
) -> None:
    """Be a car on a Bluetooth adapter: tell how it does every few seconds, and once that its battery is flat."""
    from scenarios.runner.car_on_adapter import be_a_car  # noqa: PLC0415 - cars come with an extra; credentials do without

    try:
        secret = bytes.fromhex(key)
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        message = f"--key: {2 * KEY_BYTES} hexadecimal digits are needed"
        raise CannotPlay(message)
    asyncio.run(be_a_car(device, ble_adapter, secret, seconds))
