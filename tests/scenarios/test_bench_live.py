"""``callahead bench live``: a short run of real processes, and the judge that decides whether anything was lost."""

from __future__ import annotations

import io
import json
import subprocess
import time
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from dispatch.ledger.rows import Kind, Row
from gateway.contract.messages import parse_event
from gateway.links.mqtt.protocol.framing import Framer
from gateway.links.mqtt.protocol.packets import read_publish
from scenarios.bench.live import words
from scenarios.bench.live.generator import Schedule
from scenarios.bench.live.maximum import keeps_up
from scenarios.bench.live.table import shown
from scenarios.bench.live.verdict import judge
from scenarios.bench.live.watch import Course
from scenarios.commands.bench import app
from tests.conftest import CALLAHEAD, REAL_PYTHON

KEYS = ["offered_per_s", "achieved_per_s", "p50_ms", "p99_ms", "p999_ms", "duplicates", "lost", "cpu_cores", "rss_mb"]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the bench, whose processes are seen: none is a copy."""
    words = [REAL_PYTHON, "-m", CALLAHEAD, "bench", "live", *options, "--json"]
    return subprocess.run(words, capture_output=True, text=True, timeout=110, check=False)


def test_a_short_run_loses_nothing_and_tells_what_it_cost() -> None:
    """A small one, on the embedded broker; the numbers that are promised are measured by hand."""
    ended = run("--devices", "300", "--rate", "200", "--faults-per-s", "10", "--seconds", "4")
    assert ended.returncode == 0, ended.stderr
    figures = json.loads(ended.stdout)
    assert list(figures)[: len(KEYS)] == KEYS
    assert (figures["lost"], figures["duplicates"]) == (0, 0)
    assert (figures["sent"], figures["acked"], figures["faults"], figures["connections_broken"]) == (840, 840, 40, 0)
    assert set(figures["cpu_cores"]) == set(figures["rss_mb"]) == {"broker", "service", "generator"}
    assert figures["p99_ms"] >= figures["p50_ms"] > 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--store", "mysql://x/y"), "no store of that kind"),
        (("--broker", "http://x"), "it begins with http://"),
        (("--broker", "mqtt://127.0.0.1:1"), "no broker answers at mqtt://127.0.0.1:1"),
        (("--devices", "60000"), "raise ulimit -Hn"),
        (("--devices", "1"), "--devices"),
    ],
)
def test_what_cannot_be_run_is_told_in_a_line(
    options: tuple[str, ...], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, and what to change."""
    monkeypatch.setattr("resource.getrlimit", lambda _: (1_024, 4_096))
    ended = CliRunner().invoke(app, ["live", *options])
    assert (ended.exit_code, says in ended.output) == (2, True), ended.output


def row(kind: str, key: str, case: str | None = None) -> Row:
    """Return a row of a ledger."""
    return Row(1, 1.0, Kind.ACTION, kind, key, case, None, "{}", "")


FAULT: dict[str, Any] = {"device": "volta/phone-00001", "seq": 5, "due": 1.0, "answered": 1.1, "again": 0}
CASE = "volta/phone-00001/7-5"
FOUND, SENT = row("FaultFound", f"found/{CASE}"), row("SendNotice", f"{CASE}/notice", CASE)


def test_the_judge_can_say_no() -> None:
    """A finding or an action that is missing or there twice, and a command that never came, are all seen."""
    whole = judge([FAULT], [FOUND, SENT])
    assert (whole.lost, whole.duplicates) == (0, 0)
    assert judge([FAULT], [FOUND]).lost == 1
    assert judge([FAULT], [SENT]).lost == 1
    assert judge([FAULT | {"answered": None}], [FOUND, SENT]).lost == 1
    assert judge([FAULT], [FOUND, SENT, SENT]).duplicates == 1
    assert judge([FAULT], [FOUND, FOUND, SENT]).duplicates == 1
    assert judge([FAULT | {"again": 2}], [FOUND, SENT]).commands_again == 2


def test_the_schedule_does_not_wait_for_anybody() -> None:
    """A burst after a pause is sent at once, and how late it is stands against it."""
    schedule = Schedule(began=10.0, rate=100.0, total=150)
    assert not schedule.due(9.9)
    assert schedule.due(10.0) == range(1)
    assert schedule.due(11.0) == range(1, 101)
    assert schedule.late == [0.0, pytest.approx(0.99)]
    assert schedule.due(20.0) == range(101, 150)
    assert not schedule.due(30.0)


def test_every_message_keeps_to_the_contract() -> None:
    """What is put together from pieces is what the contract wants, framed rightly, and of the length it says."""
    made = [(words.car(3), "vehicle.status", step) for step in words.statuses()]
    made += [(words.phone(4), "phone.status", words.phone_status())]
    made += [(words.phone(4), "payment.attempt", rest) for rest in (words.failure(), words.payment())]
    seq, at = words.FIRST_SEQ + 17, words.stamp(time.time())
    for device, kind, rest in made:
        value = b"%d" % seq if kind == "payment.attempt" else at
        channel = "urgent" if kind == "payment.attempt" else "event"
        packet = words.template(device, kind, rest).filled(9, seq, at, value)
        ((whole, _, begins, ends),) = Framer().feed(packet)
        topic, number, _, payload = read_publish(whole, packet[0], begins, ends, v5=False)
        event = parse_event(whole[payload:])
        assert (topic, number, event.id) == (f"callahead/v1/{device}/{channel}", 9, f"{words.BOOT}-{seq}")
        assert ends == len(packet)


def test_what_was_achieved_is_not_made_better_by_looking_late() -> None:
    """Looks are rare while there is much to do; sent and handled are compared at the same moment all the same."""
    course = Course(
        sent=[(100.0, 0), (105.0, 5_000), (110.0, 10_000)], handled=[(100.0, 0), (108.0, 4_000), (120.0, 10_000)]
    )
    assert course.achieved_per_s() == pytest.approx(500, rel=0.02)
    assert course.lag() == [(0.0, 0), (8.0, 4_000), (10.0, 5_000)]


def test_a_rate_is_kept_up_when_as_much_is_handled_as_offered_and_nothing_piles_up() -> None:
    """A few per cent are the grain of the samples; half a second's worth of events at the end is a backlog."""
    kept = {"offered_per_s": 1_000.0, "achieved_per_s": 985.0, "lag": [[1.0, 0], [2.0, 300]]}
    assert keeps_up(kept)
    assert not keeps_up(kept | {"achieved_per_s": 940.0})
    assert not keeps_up(kept | {"lag": [[2.0, 500]]})


def test_people_get_a_table() -> None:
    """Of what was measured, of each process, and of the steps where there were some."""
    step = {"offered_per_s": 10.0, "achieved_per_s": 9.0, "p99_ms": None, "late_p99_ms": 1.0, "kept_up": False}
    figures = {
        "maximum_per_s": None,
        "p99_ms": 12.5,
        "lag": [[1.0, 7], [2.0, 3]],
        "cpu_cores": {"broker": 0.5},
        "rss_mb": {"broker": {"begin": 1.0, "end": 2.0}},
        "steps": [step],
        "devices": 5,
        "broker": "embedded",
    }
    console = Console(width=200, file=io.StringIO())
    console.print(shown(figures))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(word in text for word in ("5 devices, embedded", "12.5", "3 at the end", "0.50", "kept up"))
