"""Quality by group of agents: repeats and first contacts are read from a ledger, noise is no difference, nobody is singled out."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.core.actions import AssignCall, QueueCall
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, CustomerPhoned, Outcome
from dispatch.core.routing.events import AgentWrappedUp, CallTransferred
from scenarios.score.check_facts import CheckFacts, SpokenCheck
from scenarios.score.contact_facts import DAY_S, AgentContacts, ContactFacts
from scenarios.score.hint_facts import HintFacts
from scenarios.score.quality import FEW, GroupSample, Quality, _compared, differing, quality

HOUSES = 400


def _house(rng: np.random.Generator, *, better: float = 1.0, agents: int = 5, calls: int = 120) -> AgentContacts:
    """Return the day of four groups, the first of which handles a call in ``better`` of the time and has fewer repeats."""
    contacts = AgentContacts(last_at=3 * DAY_S)
    for group in range(4):
        pace = better if group == 0 else 1.0
        for number in range(calls):
            call, customer, at = f"in/{group}-{number}", f"c-{group}-{number}", float(rng.random() * DAY_S)
            one = ContactFacts(call, 1, customer, "phone", "en", inbound=True, queued_at=at)
            one.agent, one.group = f"agent-{group}-{number % agents}", f"group {group}"
            one.connected_at, one.settled = at + 30, True
            one.ended_at = at + 30 + pace * float(rng.lognormal(5.5, 0.8))
            contacts.of[call, 1] = one
            contacts.turned[customer] = [at]
            if rng.random() < 0.3 * pace**2:
                contacts.turned[customer].append(one.ended_at + 3_600)
    return contacts


def test_equal_agents_are_said_to_differ_in_no_more_than_one_house_of_twenty() -> None:
    """Eighteen comparisons in each of four hundred houses in which nothing differs: claims in 5% of them at most."""
    rng = np.random.default_rng(7)
    found = [quality(_house(rng), ()) for _ in range(HOUSES)]
    assert {one.compared for one in found} == {18}
    claims = sum(bool(one.differences) for one in found)
    assert claims / HOUSES <= 0.05 + 3 * (0.05 * 0.95 / HOUSES) ** 0.5
    naive = sum(any(pair.chance < 0.05 for pair in _pairs(rng)) for _ in range(60))
    assert naive / 60 > 0.3  # what would be claimed without the correction


def _pairs(rng: np.random.Generator) -> list:
    groups: dict[str, GroupSample] = {}
    for number in range(4):
        groups[str(number)] = group = GroupSample(str(number), {"a", "b", "c"})
        group.handled_s = list(rng.lognormal(5.5, 0.8, 120))
        group.repeated = list(rng.random(120) < 0.3)
        group.first = list(rng.random(120) < 0.7)
    return list(_compared(list(groups.values())))


def test_a_group_that_is_better_is_said_to_be() -> None:
    """Half of the time and a quarter of the repeats: each pair with it, and with an interval that excludes nothing."""
    found = quality(_house(np.random.default_rng(1), better=0.5), ())
    told = {(one.figure, one.one, one.other) for one in found.differences}
    assert {("handling_s", "group 0", f"group {n}") for n in (1, 2, 3)} <= told
    assert {("repeat_share", "group 0", f"group {n}") for n in (1, 2, 3)} <= told
    assert all("group 0" in (one.one, one.other) for one in found.differences)
    ratio = next(one for one in found.differences if one.figure == "handling_s")
    assert ratio.low < 0.5 < ratio.high < 1.0


@pytest.mark.parametrize("changes", [{"agents": 2}, {"calls": FEW - 1}])
def test_of_few_calls_and_of_two_agents_nothing_is_said(changes: dict[str, int]) -> None:
    """Counts alone: neither a figure nor a difference."""
    found = quality(_house(np.random.default_rng(1), better=0.2, **changes), ())
    assert {one.handling_s.value for one in found.groups} == {None}
    assert {one.repeat_share.value for one in found.groups} == {None}
    assert (found.differences, found.compared) == ((), 0)


def test_intervals_hold_what_they_say() -> None:
    """Of 200 groups whose typical time and repeats are known, 95% of the intervals hold them."""
    rng, held = np.random.default_rng(3), np.zeros(2)
    houses = 50
    for _ in range(houses):
        for one in quality(_house(rng, calls=60), ()).groups:
            assert one.handling_s.low is not None
            assert one.handling_s.high is not None
            assert one.repeat_share.low is not None
            assert one.repeat_share.high is not None
            held += (
                one.handling_s.low <= np.exp(5.5) <= one.handling_s.high,
                one.repeat_share.low <= 0.3 <= one.repeat_share.high,
            )
    room = 3 * (0.95 * 0.05 / (4 * houses)) ** 0.5
    assert (held / (4 * houses) >= 0.95 - room).all()


def test_a_ledger_tells_time_repeats_and_first_contact() -> None:
    """Whoever rings again within a day was not helped; who is handed on, neither; of the last day nobody knows."""
    contacts = AgentContacts()
    group = AgentBecameFree("anna", ("lv", "en"), "simulated", ("roadside",))  # type: ignore[arg-type] # a StrEnum

    def rings(ref: str, customer: str, at: float) -> tuple[str, int]:
        call = f"in/{ref}"
        contacts.feed(group, at)
        contacts.feed(CustomerPhoned(call, customer, "lv", "simulated"), at)
        contacts.feed(QueueCall(call, None, customer, "inbound", 1, 0, at, at, "lv", "simulated"), at)
        contacts.feed(AssignCall(call, None, 1, "anna"), at + 30)
        contacts.feed(CallConnected(call, 1, "anna"), at + 40)
        return call, 1

    helped = rings("1", "c-1", 0.0)
    contacts.feed(CallEnded(*helped, Outcome.INFORMED, agent="anna"), 100.0)
    contacts.feed(AgentWrappedUp("anna"), 130.0)
    again = rings("2", "c-2", 200.0)
    contacts.feed(CallEnded(*again, Outcome.INFORMED, agent="anna"), 300.0)
    handed_on = rings("3", "c-2", 400.0)
    contacts.feed(CallTransferred(*handed_on, "anna", "juris"), 500.0)
    last = rings("4", "c-3", 2 * DAY_S)
    contacts.feed(CallEnded(*last, Outcome.INFORMED, agent="anna"), 2 * DAY_S + 60)
    contacts.last_at = 2 * DAY_S + 60
    of = contacts.of
    assert {one.group for one in of.values()} == {"roadside (en, lv)"}
    assert (of[helped].handled_s, of[helped].waited_s) == (90.0, 40.0)
    assert [contacts.turned_again(of[one]) for one in (helped, again, handed_on, last)] == [False, True, False, None]
    assert [contacts.turned_before(of[one]) for one in (helped, again, handed_on, last)] == [False, False, True, False]
    found: Quality = quality(contacts, ())
    assert (found.groups[0].conversations, found.groups[0].repeat_share.count) == (4, 3)
    assert list(differing([])) == []


def test_how_long_it_took_to_know_who_speaks_and_what_was_spoken_from_stand_where_they_are_told() -> None:
    """Columns of a house that makes sure, and that has articles; none of one that does not."""
    contacts = _house(np.random.default_rng(5))
    plain = quality(contacts, ())
    assert {(one.check_s, one.hinted_share) for one in plain.groups} == {(None, None)}
    checks, hints = CheckFacts(), HintFacts(shown=1)
    for number, one in enumerate(contacts.held()):
        talk = one.call, one.attempt
        checks.of_talk[talk] = SpokenCheck(*talk, one.customer, 0.0, 12.0 if number % 2 else 13.0, passed=True)
        if number % 4 == 0:
            hints.used.add((one.call, "car-battery"))
    found = quality(contacts, (), checks, hints)
    for group in found.groups:
        assert group.check_s is not None
        assert group.check_s.low is not None
        assert group.check_s.high is not None
        assert 12.0 < group.check_s.low < group.check_s.high < 13.0
        assert group.hinted_share is not None
        assert group.hinted_share.value == pytest.approx(0.25, abs=0.02)
