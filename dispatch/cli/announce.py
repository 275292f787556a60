"""Says where the service is, once everything is up: for people, for machines, and in the ready file."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from pathlib import Path

from dispatch.service.service import BrokersTold
from dispatch.service.settings import PolicySettings, Settings

log = logging.getLogger("callahead")


def announce(settings: Settings, door: socket.socket, brokers: BrokersTold) -> None:
    """Write the ready file, print JSON and log, each where it is wanted."""
    host, port = door.getsockname()[:2]
    http = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    listeners = {"broker_tls": brokers.tls, "broker_certificates": brokers.certificates}
    known = {name: url for name, url in listeners.items() if url}
    told = json.dumps({"http": http, "broker": brokers.plain, "pid": os.getpid(), **known})
    if settings.process.ready:
        _write_whole(settings.process.ready, told)
    if settings.process.as_json:
        sys.stdout.write(told + "\n")
        sys.stdout.flush()
    _log_policy(settings.policy)
    devices, folder = " , ".join([brokers.plain, *known.values()]), settings.store.folder
    log.info("ready: console %s/ , API %s/api/v1/docs , devices %s , store %s", http, http, devices, folder)


def _write_whole(file: Path, text: str) -> None:
    """The file appears whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    begun = file.with_name(f".{file.name}.{os.getpid()}")
    begun.write_text(text + "\n")
    begun.chmod(0o644)  # addresses, for whoever waits for them
    begun.replace(file)


def _log_policy(policy: PolicySettings) -> None:
    house = ", ".join(f"{name} {value}" for name, value in policy.house.written().items())
    if house:
        log.info("policy: %s%s", house, f" ({policy.file})" if policy.file else "")
