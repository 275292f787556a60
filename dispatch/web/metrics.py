"""What ``/metrics`` shows: the tallies, and how things stand when they are asked for, in Prometheus' terms.

Labels are bounded: event types, rules, parts, grades and reasons are ours, vendors are counted together beyond a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from dispatch.service.service import Service
from dispatch.views.counters import Histogram
from gateway.links.handover.status import LinkState, LinkStatus

Count = tuple[tuple[str, ...], int]
"""Values of the labels, and how many."""


def registry(service: Service) -> CollectorRegistry:
    """Return what is to be exposed: the service's own figures and those of its process. Collect in the loop's thread."""
    made = CollectorRegistry()
    made.register(ServiceCollector(service))
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    GCCollector(registry=made)
    return made


class ServiceCollector(Collector):
    """Reads the service's figures each time somebody asks."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the names are known when it is asked."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        yield from self._arrivals()
        yield from self._decisions()
        yield from self._latencies()
        yield from self._backlog()
        yield from self._outbox()
        yield from self._links()
        yield from self._state()

    def _arrivals(self) -> Iterator[Metric]:
        tallies, intake = self._service.driver.tallies, self._service.room.intake
        yield _counter(
            "deliveries", "Messages that were read, by vendor and type", intake.heard.counts.items(), "vendor", "type"
        )
        yield _counter("handled", "Deliveries acknowledged", [((), self._service.driver.announcer.handled)])
        yield _counter("repeats", "Messages that were handled before", [((), tallies.repeats)])
        yield _counter("refusals", "Messages that were not taken, by rule", _singly(tallies.refusals), "rule")
        thinned = self._service.driver.decider.overload.thinned
        yield _counter("thinned", "Statuses not looked at, because a newer one overtook them", [((), thinned)])
        yield _histogram("batch_inputs", "Inputs to one transaction", tallies.batch_sizes)

    def _decisions(self) -> Iterator[Metric]:
        tallies = self._service.driver.tallies
        yield _counter("ledger_rows", "Rows written, by type of event or action", _singly(tallies.rows), "type")
        twice = self._service.room.decided_twice + self._service.driver.committer.second_keys
        yield _counter("second_keys", "Rows not written because their key stands", [((), twice)])
        yield _counter("findings", "Findings, by part and grade", tallies.findings.items(), "part", "grade")
        yield _counter("cases_opened", "Cases opened", [((), tallies.rows["OpenCase"])])
        yield _counter(
            "robots_handed_over", "Conversations that a robot handed over, by why", _singly(tallies.handed_over), "why"
        )
        yield _counter("cases_closed", "Cases closed, by reason", _singly(tallies.closed), "reason")

    def _latencies(self) -> Iterator[Metric]:
        tallies = self._service.driver.tallies
        yield _histogram("commit_seconds", "What the store took for one batch", tallies.commit_s)
        yield _histogram(
            "receipt_to_commit_seconds", "From a delivery's receipt until it is stored", tallies.received_to_stored_s
        )
        yield _histogram(
            "device_to_commit_seconds",
            "From the hour of a device's fault, by its clock, until the finding is stored",
            tallies.observed_to_stored_s,
        )
        yield _histogram(
            "receipt_to_action_seconds",
            "From the receipt of what caused a command until the command is carried out",
            tallies.decided_to_done_s,
        )

    def _backlog(self) -> Iterator[Metric]:
        service, driver = self._service, self._service.driver
        yield _gauge("inbox_length", "Inputs that wait for their turn", len(driver.inbox))
        yield _gauge("unacknowledged", "Inputs received and not stored", len(driver.inbox) + driver.tallies.in_hand)
        yield _gauge("lag_seconds", "For how long the oldest of them has waited", service.lag_s())
        yield _counter(
            "store_failures", "Tries at which the store did not take a batch", [((), driver.tallies.store_failures)]
        )

    def _outbox(self) -> Iterator[Metric]:
        outbox = self._service.heartbeat.outbox
        yield _gauge("outbox_length", "Commands that are decided and not carried out", outbox.waiting)
        yield _gauge("outbox_age_seconds", "Age of the oldest of them", self._service.outbox_age_s())
        waiting = len(self._service.webhooks.outbox)
        yield _gauge("partners_waiting", "What partners with an address are still to be told", waiting)
        writing = len(self._service.doors.sender.outbox)
        yield _gauge("messages_waiting", "What customers are still to be written", writing)
        yield _gauge("dead_letters", "What devices, partners and customers never will be told", outbox.dead)

    def _links(self) -> Iterator[Metric]:
        service = self._service
        state = GaugeMetricFamily("callahead_link_state", "1 for the state a link is in", labels=("link", "state"))
        for name, status in (("broker", service.broker()), ("bluetooth", service.bluetooth())):
            for one in LinkState if status else ():
                state.add_metric((name, one.value), float(_is(status, one)))
        yield state
        connects = _singly(service.driver.tallies.connects)
        yield _counter("link_connects", "How often a link came up, the first time included", connects, "link")
        yield _gauge("bluetooth_devices", "Devices connected over Bluetooth LE", service.bluetooth_devices())

    def _state(self) -> Iterator[Metric]:
        service, totals = self._service, self._service.casebook.totals()
        told = service.condition()
        yield _gauge("ready", "1 while messages are taken and stored", told.ready)
        yield _gauge("overloaded", "1 while more arrives than is handled", told.status == "overloaded")
        yield _gauge("ledger_seq", "Number of the ledger's last row", service.casebook.last_seq)
        yield _gauge("drift", "Actions this version decides otherwise than the ledger has", service.drift.count)
        yield _gauge("devices", "Registered devices", len(service.room.intake.registry))
        lent = 0 if service.lending is None else service.lending.away
        yield _gauge("devices_lent", "Devices whose routine statuses a gateway process takes", lent)
        yield _gauge("cases_open", "Cases in which something is left to do", totals["open_cases"])
        yield _gauge("calls_waiting", "Calls that wait for an agent", totals["calls_waiting"])
        yield _gauge("loop_age_seconds", "Seconds since the event loop last turned", service.heartbeat.age_s)
        yield _gauge("loop_standstill_seconds", "Its longest standstill within a minute", service.heartbeat.late_s)


def _is(status: LinkStatus | None, state: LinkState) -> bool:
    return status is not None and status.state is state


def _singly(counts: Mapping[str, int]) -> Iterator[Count]:
    yield from (((label,), count) for label, count in counts.items())


def _counter(name: str, told: str, counts: Iterable[Count], *labels: str) -> Metric:
    family = CounterMetricFamily(f"callahead_{name}", f"{told}.", labels=labels)
    for values, count in counts:
        family.add_metric(values, count)
    return family


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"callahead_{name}", f"{told}.", value=float(value))


def _histogram(name: str, told: str, found: Histogram) -> Metric:
    return HistogramMetricFamily(f"callahead_{name}", f"{told}.", buckets=list(found.buckets()), sum_value=found.total)
