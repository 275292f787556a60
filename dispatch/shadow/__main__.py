"""``python -m dispatch.shadow``, started by the service: ends with it, or when its standard input is closed."""

from __future__ import annotations

import os
import signal
import sys
import threading

import msgspec

from dispatch.observe import logs
from dispatch.shadow.process import ShadowProcess
from dispatch.shadow.setup import ShadowSetup
from dispatch.store.journal import Journal
from dispatch.views.shadow.report import ShadowReport
from gateway.errors import CallaheadError

NICE = 10
"""The process that decides goes first."""


def main() -> None:
    """Read what to do, and do it."""
    setup = msgspec.json.decode(sys.stdin.buffer.readline(), type=ShadowSetup)
    logs.set_up(logs.LogFormat(setup.log_format), logs.LogLevel(setup.log_level))
    os.nice(NICE)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us, who ends us in order

    def until_closed() -> None:
        while os.read(sys.stdin.fileno(), 1024):  # not through its buffer, whose lock would be held where we end first
            pass
        stop.set()

    threading.Thread(target=until_closed, name="stdin", daemon=True).start()
    try:
        with Journal.look_at(setup.address()) as journal:
            ShadowProcess(journal, setup, _say).run(stop)
    except CallaheadError as error:
        _say(ShadowReport("stopped", str(error), setup.shadow))


def _say(report: ShadowReport) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
