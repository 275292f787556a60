"""Plays hostile requests and messages of pages against a real service in a process of its own, one after another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx

from scenarios.fuzz.findings import CPU_S, MEMORY_BYTES, Tally, Verdict
from scenarios.fuzz.http_inputs import POSTS, PREFIX, HostileRequest, hostile_request
from scenarios.fuzz.line import WITHIN_S, NoEnd, exchanged, upgraded
from scenarios.fuzz.process_meter import ProcessMeter
from scenarios.fuzz.websocket_inputs import hostile_page
from scenarios.service.process import ServiceProcess

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_CLIENT = re.compile(r"client_id[^0-9a-f]{1,12}([0-9a-f-]{36})")
HALF_WITHIN_S = 0.05
"""So long what is perhaps no whole request is waited for; the service waits longer, which is its right."""
_PAGE_FOR = 50
"""Inputs that use the name of one page."""
_SOUND = ("/vendors", "/devices", "/customers", "/workshops", "/suppliers")


@dataclass(slots=True)
class HostedService:
    """A running service, and where it is looked at."""

    process: ServiceProcess
    http: str
    meter: ProcessMeter
    session: str = ""
    """The cookie of a customer who has their page open."""
    _log_read: int = field(default=0)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        url = httpx.URL(self.http)
        return url.host, url.port or 80

    def tracebacks(self) -> str | None:
        """Return what its log says of an error of ours since it was read last."""
        log = self.process.log
        if log.stat().st_size == self._log_read:
            return None
        with log.open("rb") as file:
            file.seek(self._log_read)
            said = file.read()
        self._log_read += len(said)
        at = said.find(b"Traceback")
        return None if at < 0 else said[at:].decode("utf-8", "replace")[-400:]


@contextmanager
def hosted(folder: Path) -> Iterator[HostedService]:
    """Start a service that knows somebody of everybody."""
    folder.mkdir(parents=True, exist_ok=True)
    with ServiceProcess(folder, None, "embedded", ["--open-demo", "--log-format", "json"]) as process:
        http = process.addresses().http
        for path in _SOUND:
            httpx.post(f"{http}{PREFIX}{path}", json=POSTS[path]).raise_for_status()
        yield HostedService(process, http, ProcessMeter(process.pid), _session(http))


def _session(http: str) -> str:
    """Enter a customer's page by a link, and return the cookie that lets in from then on."""
    link = httpx.post(f"{http}{PREFIX}/links", json=POSTS["/links"]).raise_for_status().json()["path"]
    entered = httpx.post(f"{http}/me/enter", json={"link": link.rpartition("/")[2]}).raise_for_status()
    return "; ".join(f"{name}={value}" for name, value in entered.cookies.items())


def play_http(service: HostedService, dice: Random, count: int, progress: Callable[[float], None]) -> Tally:
    """Send ``count`` requests."""
    tally = Tally("HTTP")
    for number in range(count):
        request = hostile_request(dice, service.session)
        _play(service, tally, str(request), lambda request=request: _judged(service, tally, request))  # type: ignore[misc]
        progress((number + 1) / count)
    return tally


def play_websocket(service: HostedService, dice: Random, count: int, progress: Callable[[float], None]) -> Tally:
    """Be ``count`` pages."""
    tally, client = Tally("websocket"), ""
    for number in range(count):
        if number % _PAGE_FOR == 0:
            found = _CLIENT.search(httpx.get(service.http).text)
            client = found[1] if found else "00000000-0000-0000-0000-000000000000"
        page = hostile_page(dice, client)
        _play(service, tally, repr(page[1][:200]), lambda page=page: _said(service, tally, *page))  # type: ignore[misc]
        progress((number + 1) / count)
    return tally


def _play(service: HostedService, tally: Tally, what: str, send: Callable[[], None]) -> None:
    """Send one input and see what it cost. What seems slow is sent again: a machine does other things, too."""
    tally.inputs += 1
    cpu_s, memory = _cost(service, send)
    if cpu_s > CPU_S and memory <= MEMORY_BYTES:
        cpu_s = min(cpu_s, _cost(service, send)[0], _cost(service, send)[0])
    tally.judge_cost(what, cpu_s, memory)
    if trace := service.tracebacks():
        tally.note(Verdict.CRASH, what, trace)


def _cost(service: HostedService, send: Callable[[], None]) -> tuple[float, int]:
    service.process.check()
    cpu_s, peak = service.meter.cpu_s(), service.meter.peak()
    send()
    service.process.check()
    return service.meter.cpu_s() - cpu_s, service.meter.peak() - peak


def _judged(service: HostedService, tally: Tally, request: HostileRequest) -> None:
    try:
        answer = exchanged(service.address, request.sent, WITHIN_S if request.whole else HALF_WITHIN_S)
    except NoEnd:
        if request.whole:
            tally.note(Verdict.CRASH, str(request), "no answer, and no hanging up")
        return
    found = _STATUS.match(answer)
    status = int(found[1]) if found else 0
    if status >= 500 and not (status == httpx.codes.SERVICE_UNAVAILABLE and b"urn:callahead:problem" in answer):  # noqa: PLR2004
        tally.note(Verdict.CRASH, str(request), answer[:300].decode("utf-8", "replace"))
    elif httpx.codes.is_success(status):
        if request.refused:
            tally.note(Verdict.TAKEN, json.dumps(request.sent[-300:].decode("utf-8", "replace")), str(status))
    else:
        tally.refused += 1


def _said(service: HostedService, tally: Tally, asked: bytes, sent: bytes) -> None:
    try:
        answer = upgraded(service.address, asked, sent, HALF_WITHIN_S)
    except (NoEnd, ConnectionResetError):  # a frame that says it is longer than it is
        return
    found = _STATUS.match(answer)
    if found and int(found[1]) >= 500:  # noqa: PLR2004 - HTTP's
        tally.note(Verdict.CRASH, repr(sent[:200]), answer[:300].decode("utf-8", "replace"))
    tally.refused += 1
