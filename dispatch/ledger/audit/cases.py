"""One tow, one order, one open call for each case, whatever keys they stand under. Remembers open cases only. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dispatch.core import actions, events
from dispatch.core.ids import case_of_call, case_of_order
from dispatch.ledger.audit.flaw import Flaw, Law

_LEAVE = actions.CancelTow | actions.DismissTruck | actions.WithdrawRequest | actions.WithdrawCall | actions.AssignCall
"""May still be decided about a case that is closed."""


@dataclass(slots=True)
class _Open:
    """What a case that is open has."""

    tow: str | None = None
    order: str | None = None
    asked: int | None = None
    """Which attempt at the order stands: asked or accepted."""
    calls: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Cases:
    """The cases that are open. ``seen`` counts all."""

    seen: int = 0
    _open: dict[str, _Open] = field(default_factory=dict)

    def check(self, item: events.Event | actions.Action, seq: int) -> Iterator[Flaw]:
        """Yield what is wrong with the next row's event or action."""
        match item:
            case actions.OpenCase():
                yield from self._opened(item, seq)
            case actions.CloseCase():
                if self._open.pop(item.case, None) is None:
                    yield Flaw(Law.CASE, f"the case {item.case} is closed and was not open", seq)
            case events.CallEnded():
                self._call_over(item.call)
            case events.OrderAnswered():
                self._answered(item)
            case _ if isinstance(item, actions.Action):
                yield from self._decided(item, seq)
            case _:
                pass

    def _opened(self, item: actions.OpenCase, seq: int) -> Iterator[Flaw]:
        self.seen += 1
        if item.case in self._open:
            yield Flaw(Law.CASE, f"the case {item.case} is opened and was open", seq)
        self._open[item.case] = _Open()

    def _decided(self, item: actions.Action, seq: int) -> Iterator[Flaw]:
        name: str | None = getattr(item, "case", None)
        case = self._open.get(name) if name is not None else None
        if isinstance(item, actions.WithdrawCall):
            self._call_over(item.call)
        elif isinstance(item, actions.WithdrawRequest):
            self._withdrawn(item)
        if case is not None:
            yield from self._one_of_each(item, case, seq)
        elif name is not None and not isinstance(item, _LEAVE):
            yield Flaw(Law.CASE, f"{type(item).__name__} is decided about {name}, which is not open", seq)

    @staticmethod
    def _one_of_each(item: actions.Action, case: _Open, seq: int) -> Iterator[Flaw]:
        if isinstance(item, actions.SendTow):
            if case.tow is not None:
                yield Flaw(Law.ONE_TOW, f"a second tow for {item.case}: {item.tow} after {case.tow}", seq)
            case.tow = item.tow
        elif isinstance(item, actions.PlaceOrder):
            if case.asked is not None or case.order not in {None, item.order}:
                yield Flaw(Law.ONE_ORDER, f"a second order for {item.case}, and the first one stands", seq)
            case.order, case.asked = item.order, item.attempt
        elif isinstance(item, actions.QueueCall) and item.direction == "outbound":
            if case.calls - {item.call}:
                yield Flaw(Law.ONE_CALL, f"a second call for {item.case}, and the first one is open", seq)
            case.calls.add(item.call)

    def _call_over(self, call: str) -> None:
        case = self._open.get(case_of_call(call) or "")
        if case is not None:
            case.calls.discard(call)

    def _answered(self, item: events.OrderAnswered) -> None:
        case = self._open.get(case_of_order(item.order) or "")
        if case is not None and not item.accepted and case.asked == item.attempt:
            case.asked = None

    def _withdrawn(self, item: actions.WithdrawRequest) -> None:
        case = self._open.get(item.case)
        if case is not None and case.order == item.request and case.asked == item.attempt:
            case.asked = None
