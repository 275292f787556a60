"""Trucks that have said yes: when they will be there, by where they say they are; late ones and silent ones are told of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dispatch.core.actions import Action, RenewEta
from dispatch.core.case import Case
from dispatch.core.distance import Point
from dispatch.core.free_trucks import Truck
from dispatch.core.lateness import OVERDUE_S, look_again, may_have_moved, moved, notice, worth_telling
from dispatch.core.messages import Messages
from dispatch.core.policy import Policy
from dispatch.core.timers import About, Alarms
from dispatch.core.transitions import HelpState
from dispatch.words import say
from gateway.finding import Place

_ROUNDED_S = 0.1
"""No drive is reckoned finer."""


class Promised:
    """Reckons arrivals anew. ``trucks`` are those of ``Tows``, by name."""

    def __init__(self, policy: Policy, alarms: Alarms, trucks: Mapping[str, Truck], messages: Messages) -> None:
        self._policy = policy
        self._messages = messages
        self._alarms = alarms
        self._trucks = trucks

    def said_yes(self, case: Case, now: float) -> Iterator[Action]:
        """The truck is on its way: from now on it is expected."""
        truck = self._trucks[case.truck or ""]
        offered, eta = case.eta, arrives_at(self._policy, truck, case.place, now)
        case.promised_eta = eta
        self.expect(case, eta, now)
        if offered is not None and moved(eta, offered, now):
            yield RenewEta(case.case, case.tow, truck.truck, case.eta_number, eta, case.finding.provenance)
        yield from self._tell_owner(case, eta, now, another=True)

    def on_the_way(self, case: Case, truck: Truck, now: float) -> Iterator[Action]:
        """The truck says where it is."""
        if case.truck != truck.truck or case.help is not HelpState.PROMISED or case.eta is None:
            return
        if _comes_as_told(self._policy, truck, case, now):
            return
        eta = arrives_at(self._policy, truck, case.place, now)
        if moved(eta, case.eta, now):
            yield from self.renew(case, eta, now)

    def overdue(self, case: Case, truck: Truck, now: float) -> Iterator[Action]:
        """The truck should be there, or has been silent for long: reckoned from where it was heard last, as if it set off now."""
        silent = now - truck.heard_at
        quiet = silent if silent >= self._policy.truck_silent_s else 0.0
        if quiet or now >= (case.eta or now) + OVERDUE_S:
            yield from self.renew(case, now + drive_s(self._policy, truck.point, case.place, now), now, quiet)
        else:  # it has spoken since
            self._look_again(case, now)

    def renew(self, case: Case, eta: float, now: float, silent_s: float = 0.0) -> Iterator[Action]:
        """The truck will be there at ``eta`` and not when it was told last."""
        self.expect(case, eta, now)
        late_s = max(0.0, round(eta - (case.promised_eta or eta), 1))
        told = (case.eta_number, eta, case.finding.provenance, late_s, round(silent_s, 1))
        yield RenewEta(case.case, case.tow, case.truck or "", *told)
        yield from self._tell_owner(case, eta, now)

    def expect(self, case: Case, eta: float, now: float) -> None:
        """Expect the truck at ``eta``, and look after it where it is not there by then or has gone silent."""
        case.eta = eta
        case.eta_number += 1
        self._look_again(case, now)

    def _look_again(self, case: Case, now: float) -> None:
        truck, eta = self._trucks[case.truck or ""], case.eta or now
        limits = (self._policy.truck_silent_s, self._policy.truck_lost_s)
        overdue = now >= (case.promised_eta or eta) + OVERDUE_S
        silences = [truck.heard_at + limit for limit in limits] if overdue else []
        self._alarms.set(look_again(eta, now, *silences), About.LATE, case.case, case.eta_number)

    def _tell_owner(self, case: Case, eta: float, now: float, *, another: bool = False) -> Iterator[Action]:
        """Tell who was told another arrival, of this truck or ``another``. Who was told none learns it from whoever rings.

        Whom nobody rings, since they know what they were written, is written this, too.
        """
        before = case.told_eta
        if case.informed and before is not None and not worth_telling(eta, before, case.promised_eta or eta):
            return
        case.told_eta = eta
        if case.informed and before is not None:
            yield from self._messages.write(case, notice(eta, before, now, case.language, another=another), now)
        elif case.in_writing:
            minutes = max(1, round((eta - now) / 60))
            yield from self._messages.write(case, say("ack_comes", case.language, minutes=minutes), now)


def arrives_at(policy: Policy, truck: Truck, place: Place | None, now: float) -> float:
    """Return when a truck that has just spoken is at ``place``: as its own navigation has it, or else as the house reckons it."""
    if truck.says_eta is not None:
        return max(now, truck.says_eta)
    return now + drive_s(policy, truck.point, place, now)


def _comes_as_told(policy: Policy, truck: Truck, case: Case, now: float) -> bool:
    """Tell whether a truck that has just spoken surely comes about when it was told to: nearly always, and cheaper to say."""
    if truck.says_eta is not None or case.place is None or case.eta is None:
        return False
    least, most = policy.travel.between(truck.point, (case.place.latitude, case.place.longitude), now)
    return not may_have_moved(now + least - _ROUNDED_S, now + most + _ROUNDED_S, case.eta, now)


def drive_s(policy: Policy, start: Point, place: Place | None, now: float) -> float:
    """Return how many seconds a truck drives from ``start`` to ``place``, setting out ``now``, as the house reckons it."""
    if place is None:
        return 0.0
    return round(policy.travel.leg(start, (place.latitude, place.longitude), now).seconds, 1)
