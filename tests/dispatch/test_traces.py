"""Traces of faults: what OpenTelemetry is told, from the receipt to the command, and what it costs nobody to ask for."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from dispatch.cli.tracing import check
from dispatch.delivery.device_sender import DeviceSender
from dispatch.engine.clock import WallClock
from dispatch.observe.traces import Traces
from dispatch.service.build import Hearing, build
from dispatch.service.service import Service, ServiceBroker
from dispatch.service.settings import CannotStart
from dispatch.store.journal import Journal
from gateway.contract.broker_address import BrokerAddress
from tests.conftest import command
from tests.dispatch.conftest import heard

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
THEIRS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""A sender's own trace, as W3C's Trace Context writes it."""


class Wire:
    """A link whose broker takes everything at once."""

    def publish(self, _topic: str, _payload: bytes, *, delivered: Callable[[], None] | None = None, **_: Any) -> None:
        """Take it."""
        if delivered:
            delivered()


@pytest.fixture
def told() -> InMemorySpanExporter:
    """What spans were written."""
    return InMemorySpanExporter()


@pytest.fixture
async def service(told: InMemorySpanExporter) -> AsyncIterator[Service]:
    """A service in memory that traces, and whose commands are taken at once."""
    journal = Journal.in_memory()
    made, _ = build(journal, WallClock(), ServiceBroker.at(BrokerAddress("127.0.0.1", 1)), Hearing(open_demo=True))
    traces = Traces(SimpleSpanProcessor(told))
    made.driver.follow_faults(traces)
    made.room.diagnosed, made.driver.tallies.done_with = traces.diagnosed, traces.done
    made.driver.announcer.send_through(
        DeviceSender(Wire(), made.room.intake.registry, journal, made.now, made.driver.tallies)
    )
    running = asyncio.create_task(made.driver.run())
    yield made
    made.driver.stop()
    await running
    traces.close()
    journal.close()


async def _hear(service: Service, topic: str, payload: bytes) -> None:
    await heard(service, topic, payload)
    await asyncio.sleep(0)  # the broker's answer comes in the next turn of the loop


def _by_name(told: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in told.get_finished_spans()}


async def test_one_trace_a_fault_from_receipt_to_command(
    service: Service, told: InMemorySpanExporter, words: Any
) -> None:
    """In order, with case, device and part, and nothing for the truck's status before it."""
    await _hear(service, *words.truck())
    assert told.get_finished_spans() == ()
    await _hear(service, *words.flat_battery())
    spans = _by_name(told)
    assert set(spans) == {"fault", "receive", "parse and diagnose", "decide", "commit", "publish command"}
    (case,) = service.casebook.cases
    root = spans["fault"]
    assert root.attributes is not None
    assert (root.attributes["callahead.case"], root.attributes["callahead.device"]) == (case, "volta/car-1")
    assert root.attributes["callahead.part"] == "battery_12v"
    steps = [spans[name] for name in ("receive", "parse and diagnose", "decide", "commit", "publish command")]
    begun = [step.start_time or 0 for step in steps]
    assert begun == sorted(begun)
    assert {step.context.trace_id for step in steps} == {root.context.trace_id}
    assert "demo/volta/car-1" not in str([dict(span.attributes or {}) for span in spans.values()])


async def test_a_senders_trace_is_carried_on(service: Service, told: InMemorySpanExporter, words: Any) -> None:
    """CloudEvents' extension ``traceparent`` is the parent; one that cannot be read is passed over."""
    for number, parent in enumerate((THEIRS, "00-nonsense", 17)):
        topic, payload = words.flat_battery()
        device = f"volta/car-{number}"
        event = json.loads(payload) | {"traceparent": parent, "source": f"/{device}"}
        await _hear(service, f"callahead/v1/{device}/event", json.dumps(event).encode())
        root = _by_name(told)["fault"]
        theirs = root.parent is not None and f"{root.parent.trace_id:032x}" in THEIRS
        assert theirs is (parent == THEIRS), topic
        told.clear()


def test_a_wrong_address_ends_with_2(tmp_path: Path) -> None:
    """It says what to write."""
    ended = command("dispatch.cli.serve", "--otel", "nonsense", "--port", "0", "--dir", str(tmp_path))
    assert ended.returncode == 2
    assert "http://HOST:4318" in ended.stderr


def test_without_the_extra_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody asks for traces, nothing is missing."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    check(None)
    with pytest.raises(CannotStart, match=r"pip install 'callahead\[otel\]'"):
        check("http://localhost:4318")
