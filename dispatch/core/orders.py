"""Suppliers: goods that ran low, and technicians who come home."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from dispatch.core.actions import Action, PlaceOrder
from dispatch.core.acts import Serves
from dispatch.core.case import Case, Request
from dispatch.core.distance import roughly
from dispatch.core.escalation import escalated
from dispatch.core.events import SupplierOpened
from dispatch.core.ids import order_id
from dispatch.core.policy import Policy
from dispatch.core.timers import About, Alarms
from gateway.finding import Help


class Orders:
    """The suppliers, and what was ordered from them."""

    def __init__(self, policy: Policy, alarms: Alarms) -> None:
        self._policy = policy
        self._alarms = alarms
        self.suppliers: dict[str, SupplierOpened] = {}

    def place(self, case: Case, now: float) -> Iterator[Action]:
        """Ask the nearest supplier that was not asked yet; with nobody left to ask, the order is settled without a date."""
        if case.order is None:
            case.order = Request()
        order, finding = case.order, case.finding
        if case.remedy.help is Help.SUPPLIES and not case.may_order:  # asked again with each supplier
            order.settled = True
            return
        supplier = self._nearest(case, str(case.remedy.help), order.asked)
        if supplier is None:
            order.settled = True
            if case.remedy.help is Help.TECHNICIAN:
                yield from escalated(case, "no_technician")
            return
        order.attempt += 1
        order.partner = supplier.supplier
        order.asked.append(supplier.supplier)
        self._alarms.set(now + self._policy.answer_timeout_s, About.ORDER, case.case, order.attempt)
        what: Literal["technician", "supplies"] = "technician" if case.remedy.help is Help.TECHNICIAN else "supplies"
        yield PlaceOrder(
            case.case,
            order_id(case.case),
            order.attempt,
            supplier.supplier,
            what,
            finding.part,
            case.remedy.skill,
            finding.lines,
            finding.provenance,
        )

    def call(self, case: Case, contractor: str, now: float) -> Iterator[Action]:
        """Ask a contractor for a truck."""
        order = case.order = case.order or Request()
        order.attempt += 1
        order.partner, order.contractor, order.settled, order.at = contractor, True, False, None
        order.asked.append(contractor)
        self._alarms.set(now + self._policy.answer_timeout_s, About.ORDER, case.case, order.attempt)
        name, finding = order_id(case.case), case.finding
        what: Serves = "tow"
        yield PlaceOrder(
            *(case.case, name, order.attempt, contractor, what),
            *(finding.part, case.skill, (), finding.provenance, case.place),
        )

    def call_nearest(self, case: Case, now: float) -> Iterator[Action]:
        """Ask the nearest contractor that was not asked yet, unless one is asked, or comes; nobody where all were."""
        if case.order is not None and (case.order.stands or case.order.too_late):
            return
        nearest = self._nearest(case, "tow", [] if case.order is None else case.order.asked)
        if nearest is not None:
            yield from self.call(case, nearest.supplier, now)

    def _nearest(self, case: Case, what: str, asked: Collection[str]) -> SupplierOpened | None:
        """Return the nearest who serves that and was not asked yet."""
        finding, place = case.finding, case.place
        able = [
            supplier
            for supplier in self.suppliers.values()
            if what in supplier.serves and supplier.provenance == finding.provenance and supplier.supplier not in asked
        ]
        if place is None:
            return able[0] if able else None
        here = (place.latitude, place.longitude)
        return min(able, key=lambda one: (roughly((one.latitude, one.longitude), here), one.supplier), default=None)
