"""Tells a live run, one line a turn, in order of time: heard, what broke, who comes, how long before they would have phoned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import assert_never

from dispatch.core.actions import CloseCase, SendNotice
from dispatch.core.events import CallConnected, CustomerPhoned
from dispatch.ledger.rows import Row, read
from dispatch.policy_model.units import spoken
from dispatch.views.arrival import arrival
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook
from scenarios.world.ground_truth import Fault

_CODE = re.compile(r"[PCBU][0-3][0-9A-F]{3}|[A-Z]{2}\d{2}|[A-Z][a-z]+[A-Z][A-Za-z]+")
"""A trouble code, a payment's reason or an alarm: what people call the fault by."""


Point = CallConnected | CustomerPhoned | SendNotice | CloseCase
"""Where a case comes to its point: somebody speaks of it or sees it, or it ends. All else is told along with that."""


class Narrator:
    """Fed row by row; answers with a line whenever a case comes to its point."""

    def __init__(self, faults: list[Fault], zone: tzinfo | None) -> None:
        self._faults = {fault.device: fault for fault in faults}
        self._zone = zone
        self._book = Casebook()
        self._told: set[str] = set()

    def feed(self, row: Row) -> Iterator[str]:
        """Take the next row and yield what there is to tell."""
        self._book.feed(row)
        said = read(row)
        if not isinstance(said, Point):
            return
        case = self._case(said)
        if case is not None and case.case not in self._told:
            self._told.add(case.case)
            yield self._line(case, self._end(case, said, row.at), row.at)

    def _case(self, said: Point) -> CaseView | None:
        match said:
            case SendNotice():
                return None if said.beside_call else self._book.cases.get(said.case)  # the call is to come
            case CloseCase():
                return self._book.cases.get(said.case)
            case CallConnected():
                call = self._book.calls.get(said.call)
                return self._book.case_for(call) if call else None
            case CustomerPhoned():
                mine = [case for case in self._book.cases.values() if case.customer == said.customer and case.open]
                return mine[-1] if mine else None
            case _:
                assert_never(said)

    def _line(self, case: CaseView, end: str, at: float) -> str:
        finding = case.finding
        hour = datetime.fromtimestamp(at, self._zone).strftime("%H:%M:%S")
        codes = [reason for reason in finding.why if _CODE.fullmatch(reason)] or list(finding.why[:1])
        heard = " ".join(codes) or "a fault that it gives no reason for"
        steps = [f"{hour} {case.device}  heard {heard}", f"{finding.name} ({finding.probability:.0%})"]
        return " → ".join([*steps, *_help(case, self._book), end])

    def _end(self, case: CaseView, said: Point, at: float) -> str:
        since = spoken(max(0.0, at - case.finding.observed_at))
        match said:
            case CustomerPhoned():
                return f"the customer phoned first, {since} after it was told"
            case SendNotice():
                return "message shown, nobody calls"
            case CloseCase():
                return f"closed: {said.reason}"
            case CallConnected():
                return f"agent call connected {since} after it was told{self._ahead(case, at)}"
            case _:
                assert_never(said)

    def _ahead(self, case: CaseView, at: float) -> str:
        fault = self._faults.get(case.device)
        would = fault.would_phone_at if fault else None
        return f", {spoken(would - at)} before the customer would have phoned" if would and would > at else ""


def _help(case: CaseView, book: Casebook) -> Iterator[str]:
    if case.help is not None:
        when = arrival(case.help, book.heard_at(case.help.truck), book.last_at) or case.help.state.replace("_", " ")
        yield f"{case.help.truck.rpartition('/')[2]}, {when}"
    if case.order is not None:
        yield f"{case.order.what} from {case.order.partner}"
