"""Holds what the shadow would have decided against what was: which truck, when, at what cost, which calls. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dispatch.core.actions import Action, QueueCall, ReassignTow, Replanned, SendTow
from dispatch.core.desk_state import Standing
from dispatch.core.plan.outlook import Expected, Outlook, outlook
from dispatch.core.policy import Policy
from dispatch.core.promised import drive_s
from dispatch.views.shadow.moments import Moment
from dispatch.views.shadow.report import CaseCompared, ComparedChoice, ShadowDifference, ShadowTotals

KEPT = 200
"""So many differences are told one by one; all are counted."""
REMEMBERED = 20_000
"""Of so many choices and actions it is known that they were counted."""


@dataclass(frozen=True, slots=True)
class SideDecided:
    """What one of the two decided, and how everything stands with it."""

    actions: Sequence[Action]
    stood: Standing

    def sends(self) -> dict[str, str]:
        """Return the truck that is sent, by case."""
        return {one.case: one.truck for one in self.actions if isinstance(one, SendTow | ReassignTow)}

    def others(self) -> dict[str, Action]:
        """Return by its key whatever else is decided; how a plan is recorded is no decision of its own."""
        apart = (SendTow, ReassignTow, Replanned)
        return {one.key: one for one in self.actions if not isinstance(one, apart)}


class Judge:
    """``judge`` each decision; ``totals`` and the last ``differences`` tell what they came to.

    ``ruler``: the policy that both are measured by, which is the one that decides.
    """

    def __init__(self, ruler: Policy) -> None:
        self.totals = ShadowTotals()
        self.differences: list[ShadowDifference] = []
        self._ruler = ruler
        self._counted: OrderedDict[tuple[str, str | int], None] = OrderedDict()

    def judge(self, moment: Moment, attempts: Mapping[str, int], live: SideDecided, shadow: SideDecided) -> None:
        """Take one decision. ``attempts``: how often a truck was asked for each case before it."""
        self.totals.moments += 1
        calls = self._others(live, shadow)
        sent, would = live.sends(), shadow.sends()
        new = [case for case in sorted({*sent, *would}) if self._is_new((case, attempts.get(case, 0)))]
        differing = [case for case in new if sent.get(case) != would.get(case)]
        self.totals.choices += len(new)
        self.totals.alike += len(new) - len(differing)
        outlooks = self._measured(moment, live, shadow) if differing else None
        compared = [] if outlooks is None else [_compared(case, sent, would, *outlooks) for case in differing]
        opened = {case.case: case.opened_at for case in live.stood.cases}
        for one in compared:
            self._count(one, opened.get(one.case))
        if compared or any(calls):
            self._keep(moment, compared, outlooks, calls)

    def _measured(self, moment: Moment, live: SideDecided, shadow: SideDecided) -> tuple[Outlook, Outlook]:
        """Measure both by one ruler: how long the shadow's trucks drive, too, is reckoned by the house's roads and pace."""
        ruler, now = self._ruler, moment.at
        routes = shadow.stood.routes or live.stood.routes
        return outlook(live.stood, ruler, now, routes), outlook(_reckoned(shadow, ruler, now), ruler, now, routes)

    def _is_new(self, name: tuple[str, str | int]) -> bool:
        """Is it not counted yet? It is from now on."""
        if name in self._counted:
            return False
        self._counted[name] = None
        if len(self._counted) > REMEMBERED:
            self._counted.popitem(last=False)
        return True

    def _count(self, one: CaseCompared, opened_at: float | None) -> None:
        totals = self.totals
        if one.live.goes and one.shadow.goes:
            totals.another_truck += one.live.truck != one.shadow.truck
        else:
            totals.shadow_waits += one.live.goes
            totals.shadow_sends += one.shadow.goes
        if one.sooner_s is None or opened_at is None:
            return
        totals.compared += 1
        for side, choice in ((totals.live, one.live), (totals.shadow, one.shadow)):
            waits_s = (choice.arrives or opened_at) - opened_at
            side.wait_s = round(side.wait_s + waits_s, 1)
            side.late += waits_s > self._ruler.due_s

    def _others(self, live: SideDecided, shadow: SideDecided) -> tuple[list[str], list[str]]:
        """Count what else only one of the two decides, each once; return the calls among it."""
        ours, its, totals = live.others(), shadow.others(), self.totals
        calls_live = list(self._only(ours, its, totals.others_live, "live"))
        calls_shadow = list(self._only(its, ours, totals.others_shadow, "shadow"))
        totals.live.calls += len(calls_live)
        totals.shadow.calls += len(calls_shadow)
        return calls_live, calls_shadow

    def _only(
        self, mine: Mapping[str, Action], theirs: Mapping[str, Action], count: dict[str, int], whose: str
    ) -> Iterator[str]:
        for key in [key for key in mine if key not in theirs and self._is_new((key, whose))]:
            action = mine[key]
            if isinstance(action, QueueCall) and action.direction == "outbound":
                yield action.call
            else:
                name = type(action).__name__
                count[name] = count.get(name, 0) + 1

    def _keep(
        self,
        moment: Moment,
        cases: list[CaseCompared],
        outlooks: tuple[Outlook, Outlook] | None,
        calls: tuple[list[str], list[str]],
    ) -> None:
        live, shadow = (None, None) if outlooks is None else (round(one.cost, 1) for one in outlooks)
        if live is not None and shadow is not None:
            self.totals.cost_s = round(self.totals.cost_s + shadow - live, 1)
        self.differences.append(ShadowDifference(moment.seq, moment.at, moment.trigger, cases, live, shadow, *calls))
        del self.differences[:-KEPT]


def _compared(
    case: str, sent: Mapping[str, str], would: Mapping[str, str], live: Outlook, shadow: Outlook
) -> CaseCompared:
    ours, its = _choice(live.expected.get(case), sent.get(case)), _choice(shadow.expected.get(case), would.get(case))
    known = ours.arrives is not None and its.arrives is not None
    sooner_s = round((ours.arrives or 0.0) - (its.arrives or 0.0), 1) if known else None
    return CaseCompared(case, ours, its, sooner_s)


def _choice(expected: Expected | None, sent: str | None) -> ComparedChoice:
    """Return what is to become of a case; ``sent``: the truck that goes by this decision."""
    if expected is None:
        return ComparedChoice(sent, sent is not None, None)
    return ComparedChoice(expected.truck, expected.goes, round(expected.arrives, 1))


def _reckoned(decided: SideDecided, ruler: Policy, now: float) -> Standing:
    """Return how everything stands, the arrivals that were just reckoned by another policy reckoned by the ruler."""
    stood, trucks = decided.stood, {truck.truck: truck for truck in decided.stood.trucks}
    for case in stood.cases:
        truck = trucks.get(decided.sends().get(case.case, ""))
        if truck is not None and case.truck == truck.truck:
            case.eta = now + ruler.setting_out_s + drive_s(ruler, truck.point, case.place, now)
    return stood
