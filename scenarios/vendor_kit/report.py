"""A conformance report: a table for people, JSON for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from gateway.contract.cards import shown
from scenarios.vendor_kit.check import JudgedRule, Mark, holds
from scenarios.vendor_kit.heard import HeardMessage
from scenarios.vendor_kit.played import Played

QUOTED = 2_000
"""Characters of an offending message that are shown; card numbers masked."""
_SIGNS = {Mark.PASSED: ("✓", "green"), Mark.FAILED: ("✗", "bold red"), Mark.NOT_SEEN: ("·", "dim")}


def as_table(device: str, judged: list[JudgedRule]) -> Table:
    """Return the report for people: a line a rule."""
    table = Table(title=f"{device} and the contract", title_justify="left", show_edge=False)
    for name in ("", "rule", "what it asks", "what was seen"):
        table.add_column(name, no_wrap=name in {"", "rule"})
    for one in judged:
        sign, style = _SIGNS[one.finding.mark]
        seen = one.finding.detail or str(one.finding.mark)
        table.add_row(Text(sign, style), Text(one.rule), Text(one.claim), Text(seen, style))
    return table


def as_json(device: str, broker: str, version: str, judged: list[JudgedRule]) -> str:
    """Return the report for machines."""
    told: dict[str, Any] = {"device": device, "broker": broker, "mqtt": version, "passed": holds(judged)}
    return json.dumps(told | {"rules": [_line(one) for one in judged]}, ensure_ascii=False, indent=2)


def played_json(played: Played) -> str:
    """Return what came of a recording, for machines."""
    return json.dumps(asdict(played), ensure_ascii=False, indent=2)


def summary(judged: Iterable[JudgedRule]) -> str:
    """Return how many rules passed, failed and were not seen."""
    counts = Counter(one.finding.mark for one in judged)
    return ", ".join(f"{counts[mark]} {mark}" for mark in Mark)


def quotes(judged: list[JudgedRule]) -> Iterator[Text]:
    """Give the messages that break a rule, to be printed without wrapping, and the counts."""
    for one in judged:
        heard = one.finding.heard
        if one.finding.mark is Mark.FAILED and heard is not None:
            yield Text(f"\n{one.rule}: {_when(heard)} {heard.topic}", "bold")
            yield Text(_quoted(heard))
    yield Text(f"\n{summary(judged)}", "green" if holds(judged) else "bold red")


def _line(one: JudgedRule) -> dict[str, Any]:
    line: dict[str, Any] = {
        "rule": one.rule,
        "claim": one.claim,
        "mark": one.finding.mark,
        "detail": one.finding.detail,
    }
    heard = one.finding.heard
    if heard is None:
        return line
    return line | {"message": {"at": _when(heard), "topic": heard.topic, "payload": _quoted(heard)}}


def _when(heard: HeardMessage) -> str:
    return datetime.fromtimestamp(heard.at, UTC).isoformat(timespec="milliseconds")


def _quoted(heard: HeardMessage) -> str:
    return shown(heard.payload[: QUOTED * 8].decode("utf-8", "replace"), QUOTED)
