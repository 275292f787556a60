"""An existing Dask cluster as workers: ``dask://HOST:PORT``. Its library comes with ``callahead[cluster]``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from scenarios.service.process import CannotPlay

_ADDRESS = re.compile(r"dask://(\[[0-9a-fA-F:]+\]|[^:/\s]+):(\d{1,5})")
ANSWERS_WITHIN_S = 5


@contextmanager
def joined(address: str) -> Iterator[tuple[Executor, int]]:
    """Join a cluster; yields what plays there, and how many threads it has. Raises ``CannotPlay``: there is none."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        message = f"--cluster {address}: not a cluster's address; write dask://HOST:PORT, its scheduler's"
        raise CannotPlay(message)
    try:
        from distributed import Client  # noqa: PLC0415 - an optional library
    except ModuleNotFoundError:
        message = "--cluster wants the library 'distributed': pip install 'callahead[cluster]'"
        raise CannotPlay(message) from None
    try:
        scheduler = f"tcp://{found[1]}:{found[2]}"
        client: Any = Client(scheduler, timeout=ANSWERS_WITHIN_S, set_as_default=False)  # type: ignore[no-untyped-call] # theirs
    except (OSError, TimeoutError, ValueError) as error:
        message = (
            f"--cluster {address}: no Dask scheduler answers there within {ANSWERS_WITHIN_S} s ({type(error).__name__})"
        )
        raise CannotPlay(message) from None
    with client:
        there = sum(client.nthreads().values())
        if not there:
            message = f"--cluster {address}: the cluster has no workers; start some with 'dask worker'"
            raise CannotPlay(message)
        yield client.get_executor(), there
