"""``callahead-serve --join``: a gateway of a service that is elsewhere, and nothing else."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from pathlib import Path

from dispatch.cli.process_watch import told_to_stop
from dispatch.cli.systemd import notify
from dispatch.gateways import join_key
from dispatch.gateways.process import GatewayProcess
from dispatch.gateways.reach import ByNetwork
from dispatch.service.settings import CannotStart
from gateway.access.listen import Listen

TAKES = frozenset({"--join", "--dir", "--stop-with-parent", "--log-format", "--log-level"})
"""Options that a gateway has; everything else it is told by its service."""


def check(given: Iterable[str]) -> None:
    """Raise ``CannotStart`` where an option was given that is for the service alone."""
    for option in given:
        if option not in TAKES:
            raise CannotStart(f"--join: this is a gateway, and {option} is for its service; leave it out here")


async def join(at: Listen, folder: Path, *, with_parent: bool) -> None:
    """Be a gateway until told to stop; the service may come and go. Raises ``NoJoinKey`` and ``KeyReadByOthers``."""
    key, stop = folder / join_key.FILE, told_to_stop(with_parent=with_parent)
    join_key.gateway_side(key)  # what is wrong with it is told at once
    gc.freeze()
    notify("READY=1")
    await GatewayProcess(ByNetwork(at.host, at.port, key)).run(stop)
    notify("STOPPING=1")
