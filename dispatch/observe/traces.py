"""One trace for each fault, for OpenTelemetry: receive, diagnose, decide, commit, and each command that is published.

Only faults are traced; the thousands of statuses beside them cost two looks at the clock. What a span says is ids and rules,
never a customer. A sender's own trace is carried on where its event has CloudEvents' ``traceparent`` extension.
Needs ``callahead[otel]``; nothing here is imported where nobody asks for traces.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic_core import from_json

from dispatch.core.events import FaultFound
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Kind, Row, read
from dispatch.store.batch import PUSHED
from gateway.intake.intake import Verdict
from gateway.links.handover.delivery import Delivery

MOST = 10_000
"""So many faults and commands are followed at most; beyond, the oldest span is never written."""
EXPORT_WITHIN_S = 3
"""Tries included: the end of the service waits no longer for a collector that is not there."""
LATEST_S = 86_400.0
"""A receipt further from the wall's time than this is a story's, and not told."""
_PATH = "/v1/traces"
_PROPAGATOR = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class _Took:
    """When a fault was received, looked at, diagnosed and decided about, in nanoseconds."""

    received: int
    began: int
    diagnosed: int
    decided: int
    parent: Context | None


class Traces:
    """The driver tells it of turns and commits, partners of commands. ``close`` sends what is left."""

    def __init__(self, processor: SpanProcessor) -> None:
        """``processor`` takes the spans: ``otlp`` makes one that sends them."""
        self._provider = TracerProvider(resource=Resource.create({"service.name": "callahead"}))
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("callahead")
        self._diagnosed = 0
        self._of_fault: OrderedDict[str, _Took] = OrderedDict()
        """Key of the finding → what is known until it is stored."""
        self._awaited: OrderedDict[str, tuple[Context, int, dict[str, Any]]] = OrderedDict()
        """Key of a command → the trace it belongs to, since when, and what is told of it."""

    @staticmethod
    def now() -> int:
        """Return the wall's time in nanoseconds."""
        return time.time_ns()

    def diagnosed(self, _verdict: Verdict) -> None:
        """Note that the intake has concluded what there is to conclude."""
        self._diagnosed = self.now()

    def decided(self, delivery: Delivery, turn: Turn, began: int) -> None:
        """Note what a delivery came to; only one that led to a finding is remembered."""
        for row in turn.rows:
            if row.type == "FaultFound" and row.key is not None:
                received = int(delivery.received_at * 1e9)
                if abs(began - received) > LATEST_S * 1e9:
                    received = began
                took = _Took(min(received, began), began, self._diagnosed, self.now(), _parent(delivery))
                self._of_fault[row.key] = took
                _forget_old(self._of_fault)

    def stored(self, turns: Sequence[Turn], seconds: float) -> None:
        """Write the spans of every fault in a batch that was stored just now, which took the store ``seconds``."""
        if not self._of_fault:
            return
        ended = self.now()
        for turn in turns:
            for row in turn.rows:
                took = self._of_fault.pop(row.key or "", None) if row.type == "FaultFound" else None
                if took is not None:
                    self._write(row, turn, took, (ended - int(seconds * 1e9), ended))

    def done(self, key: str) -> None:
        """Write the span of a command that is carried out."""
        awaited = self._awaited.pop(key, None)
        if awaited is not None:
            context, since, told = awaited
            self._tracer.start_span("publish command", context, start_time=since, attributes=told).end(self.now())

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def _write(self, row: Row, turn: Turn, took: _Took, commit: tuple[int, int]) -> None:
        root = self._tracer.start_span("fault", took.parent, start_time=took.received, attributes=_of(row, turn))
        within = trace.set_span_in_context(root)
        self._part("receive", within, took.received, took.began)
        self._part("parse and diagnose", within, took.began, took.diagnosed)
        self._part("decide", within, took.diagnosed, took.decided)
        self._part("commit", within, max(took.decided, commit[0]), commit[1])
        self._await(within, (one for one in turn.rows if one.cause == row.seq), commit[1])
        root.end(commit[1])

    def _part(self, name: str, within: Context, began: int, ended: int) -> Span:
        span = self._tracer.start_span(name, within, start_time=began)
        span.end(max(began, ended))
        return span

    def _await(self, within: Context, rows: Iterable[Row], since: int) -> None:
        for row in rows:
            if row.kind is Kind.ACTION and row.type in PUSHED and row.key is not None:
                told = {"callahead.key": row.key, "callahead.action": row.type, "callahead.case": row.case or ""}
                self._awaited[row.key] = (within, since, told)
        _forget_old(self._awaited)


def _forget_old(found: OrderedDict[str, Any]) -> None:
    while len(found) > MOST:
        found.popitem(last=False)


def otlp(endpoint: str | None) -> SpanProcessor:
    """Return what sends spans to an OTLP collector over HTTP; without ``endpoint``, to where ``OTEL_*`` says."""
    if endpoint is None:
        return BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_WITHIN_S))
    url = endpoint if endpoint.endswith(_PATH) else endpoint.rstrip("/") + _PATH
    return BatchSpanProcessor(OTLPSpanExporter(url, timeout=EXPORT_WITHIN_S))


def _of(row: Row, turn: Turn) -> dict[str, Any]:
    """Return what is told of a fault: ids, the part and how sure."""
    found = read(row)
    assert isinstance(found, FaultFound)  # noqa: S101 - a fault's row, by its type
    finding = found.finding
    opened = [one.case for one in turn.rows if one.type == "OpenCase" and one.cause == row.seq]
    return {
        "callahead.case": opened[0] if opened else row.case or "",
        "callahead.device": finding.device,
        "callahead.vendor": finding.device.partition("/")[0],
        "callahead.key": row.key or "",
        "callahead.part": finding.part,
        "callahead.grade": str(finding.grade),
        "callahead.seq": row.seq,
    }


def _parent(delivery: Delivery) -> Context | None:
    """Return the sender's trace, where its event has one that can be read."""
    found = dict(delivery.properties)
    if "traceparent" not in found:
        try:
            body = from_json(delivery.payload)
        except ValueError:
            return None
        found = cast("dict[str, str]", body) if isinstance(body, dict) else {}
    carried = {name: found[name] for name in ("traceparent", "tracestate") if isinstance(found.get(name), str)}
    context = _PROPAGATOR.extract(carried)
    return context if trace.get_current_span(context).get_span_context().is_valid else None
