"""Says where the service is, once everything is up: for people, for machines, and in the ready file."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from pathlib import Path

from dispatch.cli.listeners import url_of
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.log_in import LogIn
from dispatch.service.service import Service
from dispatch.service.settings import PolicySettings, Settings
from dispatch.store.private_files import private_file

log = logging.getLogger("callahead")
FIRST = "first-administrator"
"""The file beside the store, with the link of the first administrator."""
_FRAMED = """
    Nobody can let others in yet. The first administrator opens, once:

    {link}

"""


def announce(settings: Settings, door: socket.socket, service: Service) -> None:
    """Write the ready file, print JSON and log, each where it is wanted."""
    http, brokers = url_of(settings.web, door), service.brokers_told
    listeners = {"broker_tls": brokers.tls, "broker_certificates": brokers.certificates}
    known = {name: url for name, url in listeners.items() if url}
    told = json.dumps({"http": http, "broker": brokers.plain, "pid": os.getpid(), **known})
    if settings.process.ready:
        _write_whole(settings.process.ready, told)
    if settings.process.as_json:
        sys.stdout.write(told + "\n")
        sys.stdout.flush()
    _log_policy(settings.policy)
    _tell_who_may(http, service.log_in, settings.store.folder / FIRST, open_demo=settings.hearing.open_demo)
    devices, folder = " , ".join([brokers.plain, *known.values()]), settings.store.folder
    log.info("ready: console %s/ , API %s/api/v1/docs , devices %s , store %s", http, http, devices, folder)


def _tell_who_may(http: str, log_in: LogIn, file: Path, *, open_demo: bool) -> None:
    """Say that nobody need log in, and where the first administrator begins: a link that is drawn anew with each start.

    It is told on the terminal or in the log, and stands in a file of its owner's alone, whatever the log leaves out.
    """
    if log_in.open:
        log.warning("no log-in: whoever is on this machine may do everything, until somebody has an account or a key")
    first = None if open_demo else log_in.first_secret()
    if first is None:
        file.unlink(missing_ok=True)
        return
    link = f"{http}/enter/{first}"
    private_file(file)
    file.write_text(link + "\n", "utf-8")
    if sys.stderr.isatty():
        sys.stderr.write(_FRAMED.format(link=link))
    else:
        log.warning("the first administrator opens, once: %s", link)


def _write_whole(file: Path, text: str) -> None:
    """The file appears whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    begun = file.with_name(f".{file.name}.{os.getpid()}")
    begun.write_text(text + "\n")
    begun.chmod(0o644)  # addresses, for whoever waits for them
    begun.replace(file)


def _log_policy(policy: PolicySettings) -> None:
    if house := _said(policy.house):
        log.info("policy: %s%s", house, f" ({policy.file})" if policy.file else "")
    if policy.shadow is not None:
        log.info("a shadow decides beside it and acts on nothing: %s", _said(policy.shadow) or "as usual")


def _said(house: HousePolicy) -> str:
    return ", ".join(f"{name} {_written(value)}" for name, value in house.written().items())


def _written(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list | tuple) else str(value)
