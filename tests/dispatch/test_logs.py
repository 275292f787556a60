"""What the service writes into its log: a line that a machine reads, with ids and without personal data."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from socketio.packet import Packet

from dispatch.observe import logs
from dispatch.observe.log_throttle import AGAIN_AFTER_S, LogThrottle
from dispatch.observe.logs import LogFormat, LogLevel
from tests.conftest import command

ROOT = Path(__file__).parents[2]


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """Where lines go; afterwards they go where they went before."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)


def test_json_has_ids_as_fields_and_nothing_that_is_not_named(said: io.StringIO) -> None:
    """An id goes beside the text; a name that somebody hands over by mistake goes nowhere."""
    logs.set_up(LogFormat.AUTO, out=said)
    logging.getLogger("uvicorn.error").warning("%d of %s", 3, "ä", extra={"case": "v/d/1-1", "customer": "Anna Ozola"})
    told = json.loads(said.getvalue())
    assert (told["level"], told["message"], told["case"]) == ("warning", "3 of ä", "v/d/1-1")
    assert list(told)[:3] == ["time", "level", "message"]
    assert "Anna" not in said.getvalue()


def test_an_error_stays_one_line(said: io.StringIO) -> None:
    """A traceback is a field of it."""
    logs.set_up(LogFormat.JSON, out=said)
    try:
        json.loads("")
    except ValueError:
        logging.getLogger("x").exception("it broke")
    assert "JSONDecodeError" in json.loads(said.getvalue())["exception"]
    assert said.getvalue().count("\n") == 1


def test_people_read_key_and_value(said: io.StringIO) -> None:
    """Time of day, level, text, ids."""
    logs.set_up(LogFormat.TEXT, LogLevel.WARNING, said)
    logging.getLogger("x").info("too little")
    logging.getLogger("x").warning("late", extra={"seconds": 2.5})
    assert said.getvalue().split(" ", 1)[1].split() == ["[warning", "]", "late", "seconds=2.5"]


def test_a_flood_is_told_once_in_a_while_with_how_much_was_held_back() -> None:
    """Each value of ``flood`` by itself; what carries none always passes."""
    now = [0.0]
    seldom = LogThrottle(lambda: now[0])

    def passes(flood: str | None) -> int | None:
        record = logging.makeLogRecord({"flood": flood} if flood else {})
        return getattr(record, "suppressed", 0) if seldom.filter(record) else None

    assert [passes(name) for name in ("a", "a", "a", "b", None, None)] == [0, None, None, 0, 0, 0]
    now[0] += AGAIN_AFTER_S
    assert [passes("a"), passes("a"), passes("b")] == [2, None, 0]


def test_a_live_service_tells_of_refusals_and_never_of_customers(
    serve: Any, words: Any, eventually: Any, tmp_path: Path
) -> None:
    """Every line is JSON; the refused message's device, vendor and rule stand in it; no name, number or password does."""
    import httpx  # noqa: PLC0415 - one test
    import paho.mqtt.publish as mqtt  # noqa: PLC0415

    with (tmp_path / "log").open("w") as log:
        served = serve("--open-demo", stderr=log)
        for path, body in (("vendors", words.vendors), ("devices", words.registered), ("customers", [words.customer])):
            httpx.post(f"{served.http}/api/v1/{path}", json=body).raise_for_status()
        key = httpx.post(f"{served.http}/api/v1/vendors/volta/credentials", json={}).json()
        where = {"hostname": served.broker.host, "port": served.broker.port}
        for topic, payload in (words.flat_battery(), ("callahead/v1/volta/car-1/event", b'{"phone": "+37120000001"')):
            mqtt.single(topic, payload, qos=1, **where)
        eventually(lambda: httpx.get(f"{served.http}/api/v1/health").json()["handled"] == 2)
        assert served.stop() == 0
    text = (tmp_path / "log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    (refused,) = (line for line in lines if line.get("rule"))
    assert (refused["device"], refused["vendor"], refused["rule"]) == ("volta/car-1", "volta", "not-json")
    assert any(line.get("link") == "broker" and line.get("state") == "ready" for line in lines)
    for secret in ("Anna", "Ozola", "20000001", key["password"]):
        assert secret not in text


def test_a_format_nobody_knows_ends_with_2() -> None:
    """The option and what it takes are told."""
    ended = command("dispatch.cli.serve", "--log-format", "xml")
    assert ended.returncode == 2
    assert "--log-format" in ended.stderr


def test_what_others_sent_moves_no_cursor_and_ends_no_line(said: io.StringIO) -> None:
    """On a terminal, control characters are written as what they are."""
    logs.set_up(LogFormat.TEXT, out=said)
    logging.getLogger("x").warning("refused %s", "a\x1b[2J\r\n00:00 all is well", extra={"device": "v/d\n"})
    assert "\\x1b[2J\\r\\n00:00 all is well" in said.getvalue()
    assert said.getvalue().count("\n") == 1


def test_a_message_of_a_page_that_cannot_be_read_is_a_line(said: io.StringIO) -> None:
    """Without a traceback, and once in a while; an error of ours keeps its traceback."""
    logs.set_up(LogFormat.JSON, out=said)
    for logger in ("socketio.server", "asyncio", "uvicorn.error"):
        try:
            Packet(encoded_packet=b"42[")
        except TypeError:
            logging.getLogger(logger).exception("message async handler error")
    (told,) = map(json.loads, said.getvalue().splitlines())
    assert told["message"].startswith("a page sent what cannot be read: TypeError")
    assert "exception" not in told
    try:
        json.loads("")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    assert "exception" in json.loads(said.getvalue().splitlines()[1])
