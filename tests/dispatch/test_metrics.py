"""What the service tells of itself: figures that match what happened, and whether it is ready."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from dispatch.engine.clock import WallClock
from dispatch.service.build import Hearing, build
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.journal import Journal
from dispatch.views.counters import Histogram
from dispatch.views.health import Facts, condition
from dispatch.web.api.app import create_app
from gateway.contract.broker_address import BrokerAddress
from gateway.intake.message_counts import MOST, OTHERS, MessageCounts
from tests.dispatch.conftest import heard

pytestmark = pytest.mark.anyio
Words = Any
Figures = dict[tuple[str, ...], float]
WATCHING = Path(__file__).parents[2] / "docs" / "observability"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """A service on a file, without broker and without port, that admits strangers."""
    with Journal.open(tmp_path) as journal:
        made, _ = build(journal, WallClock(), ServiceBroker.at(BrokerAddress("127.0.0.1", 1)), Hearing(open_demo=True))
        running = asyncio.create_task(made.driver.run())
        yield made
        made.driver.stop()
        await running


@pytest.fixture
async def api(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    wire = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=wire, base_url="http://callahead") as client:
        yield client


async def _hear(service: Service, *messages: tuple[str, bytes]) -> None:
    for message in messages:
        await heard(service, *message)


async def _figures(api: httpx.AsyncClient, **headers: str) -> Figures:
    answer = (await api.get("/metrics", headers=headers)).raise_for_status()
    families = text_string_to_metric_families(answer.text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


async def test_figures_match_what_happened(service: Service, api: httpx.AsyncClient, words: Words) -> None:
    """A truck, a fault, the same fault again and nonsense: each is counted once, where it belongs."""
    fault = words.flat_battery()
    await _hear(service, words.truck(), fault, fault, ("callahead/v1/volta/car-1/event", b"{"))
    await service.heartbeat.look()
    told = await _figures(api)
    assert told["callahead_deliveries_total", "callahead.vehicle.fault.v1", "volta"] == 2
    assert told["callahead_deliveries_total", "callahead.truck.status.v1", "help"] == 1
    assert (told["callahead_handled_total",], told["callahead_repeats_total",]) == (4, 1)
    assert told["callahead_refusals_total", "not-json"] == 1
    assert told["callahead_findings_total", "act", "battery_12v"] == 1
    assert (told["callahead_cases_opened_total",], told["callahead_cases_open",]) == (1, 1)
    assert told["callahead_receipt_to_commit_seconds_count",] == 4
    assert told["callahead_device_to_commit_seconds_count",] == 1
    assert told["callahead_commit_seconds_count",] == told["callahead_batch_inputs_count",] == 4
    assert told["callahead_batch_inputs_sum",] == 4
    assert told["callahead_ledger_seq",] == service.casebook.last_seq
    assert told["callahead_outbox_length",] == len(service.journal.outbox.commands())
    assert (told["callahead_unacknowledged",], told["callahead_lag_seconds",]) == (0, 0)
    assert told["process_cpu_seconds_total",] > 0


async def test_who_accepts_openmetrics_gets_it(service: Service, api: httpx.AsyncClient) -> None:
    """Prometheus asks for it, and a newer one than ours falls back."""
    answer = await api.get("/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
    assert service.driver.announcer.handled == 0


async def test_the_store_that_takes_nothing_is_noticed_without_any_message(
    service: Service, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Ready turns to 503 with the reason, and back by itself."""
    service.broker = lambda: None
    await service.heartbeat.look()
    assert (await api.get("/health/ready")).status_code == 200
    other = sqlite3.connect(tmp_path / "ledger.sqlite")
    other.execute("ALTER TABLE meta RENAME TO gone")
    await service.heartbeat.look()
    answer = await api.get("/health/ready")
    assert answer.status_code == 503
    assert "no such table" in answer.json()["reasons"][0]
    assert (await api.get("/api/v1/health")).json()["status"] == "degraded"
    assert (await _figures(api))["callahead_ready",] == 0
    other.execute("ALTER TABLE gone RENAME TO meta")
    other.close()
    await service.heartbeat.look()
    assert (await api.get("/health/ready")).json() == {"ready": True, "reasons": []}


async def test_no_broker_is_not_ready_and_alive(service: Service, api: httpx.AsyncClient) -> None:
    """The supervisor leaves it alone, the load balancer waits."""
    assert (await api.get("/health/live")).json()["alive"] is True
    answer = await api.get("/health/ready")
    assert answer.status_code == 503
    assert service.broker() is not None
    assert "no broker" in answer.json()["reasons"][0]


@pytest.mark.parametrize(
    ("facts", "status", "ready"),
    [
        (Facts(), "ok", True),
        (Facts(store="the disk is full"), "degraded", False),
        (Facts(broker="connecting"), "degraded", False),
        (Facts(bluetooth="no adapter"), "degraded", True),
        (Facts(outbox_age_s=61), "degraded", True),
        (Facts(lost=("row 2 of the inbox: it cannot be read",)), "degraded", True),
        (Facts(standstill_s=6), "degraded", True),
        (Facts(lag_s=11), "overloaded", True),
        (Facts(thinning=True), "overloaded", True),
        (Facts(store="the disk is full", lag_s=11), "degraded", False),
    ],
)
def test_what_is_judged_how(facts: Facts, status: str, ready: bool) -> None:  # noqa: FBT001 - a row of the table
    """What keeps messages from being stored makes it not ready; all else it bears and tells."""
    told = condition(facts)
    assert (told.status, told.ready, bool(told.reasons)) == (status, ready, status != "ok")


def test_a_histogram_counts_at_most() -> None:
    """A bound belongs to the values below it; what is larger than all of them is counted too, and no sum goes down."""
    found = Histogram((1.0, 2.0))
    for value in (-3.0, 1.0, 1.5, 7.0):
        found.observe(value)
    assert list(found.buckets()) == [("1.0", 2), ("2.0", 3), ("+Inf", 4)]
    assert found.total == 9.5
    at_once = Histogram((1.0, 2.0))
    at_once.observe_all((7.0, 1.5, 1.0, -3.0))
    assert at_once.counts == found.counts


def test_strangers_fill_no_memory() -> None:
    """Beyond a number of vendors they are counted together."""
    heard = MessageCounts()
    for number in range(MOST + 20):
        heard.count(f"vendor-{number}/d", "state")
    assert len(heard.counts) == MOST + 1
    assert heard.counts[OTHERS, "state"] == 20


async def test_dashboard_and_alerts_ask_for_figures_there_are(
    service: Service, api: httpx.AsyncClient, words: Words
) -> None:
    """Every figure that they name is told by a service that has run a little, and the rules are whole."""
    await _hear(service, words.truck(), words.flat_battery(), ("callahead/v1/volta/car-1/event", b"{"))
    told = {name for name, *_ in await _figures(api)} | {
        "callahead_cases_closed_total",
        "callahead_link_connects_total",
    }
    watched = WATCHING / "grafana.json", WATCHING / "alerts.yml"
    asked = {name for path in watched for name in re.findall(r"\b(?:callahead|process)_\w+", path.read_text("utf-8"))}
    assert asked - told == set()
    rules = yaml.safe_load((WATCHING / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    assert {"alert", "expr", "labels", "annotations"} <= set.intersection(*(set(rule) for rule in rules))
    panels = json.loads((WATCHING / "grafana.json").read_text("utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
