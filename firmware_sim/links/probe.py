"""Asks a broker whether it would have us, before a whole fleet knocks."""

from __future__ import annotations

import queue

from paho.mqtt.client import Client

from firmware_sim.links.connection import new_client
from firmware_sim.links.trouble import BrokerRefused, BrokerUnreachable
from gateway.contract.broker_address import BrokerAddress

PATIENCE = 5.0
"""Seconds for the broker's answer."""


def probe(address: BrokerAddress, client_id: str) -> None:
    """Connect once and leave. Raises ``BrokerUnreachable`` or ``BrokerRefused``."""
    client = new_client(address, client_id, clean_session=True)
    try:
        client.connect(address.host, address.port)
    except OSError as error:
        raise BrokerUnreachable(address, str(error)) from None
    refusal = _answer(client, address)
    if refusal:
        raise BrokerRefused(address, refusal)


def _answer(client: Client, address: BrokerAddress) -> str:
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    client.on_connect = lambda _c, _u, _f, reason, _p: answers.put(str(reason) if reason.is_failure else "")
    client.loop_start()
    try:
        return answers.get(timeout=PATIENCE)
    except queue.Empty:
        raise BrokerUnreachable(address, f"something listens, but says nothing in MQTT for {PATIENCE:.0f} s") from None
    finally:
        client.disconnect()
        client.loop_stop()
