"""The outbox's state machine: whatever fails, crashes or is withdrawn, a partner that knows a key does each thing once."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dispatch.outgoing.outbox import AT_ONCE, Errand, ErrandOutcome, Failed, Outbox, Refused, Taken

PATIENCE_S, WITHDRAWAL_S = 300.0, 86_400.0
PARTNERS = ("w-1", "w-2")


def request(number: int, partner: str = "w-1", at: float = 0.0) -> Errand:
    """A booking that was decided ``at``."""
    return Errand(f"b/{number}", number, partner, f"b/{number}", withdraws=False, until=at + PATIENCE_S, next_at=at)


def withdrawal(asked: Errand, seq: int, at: float = 0.0) -> Errand:
    """What takes it back."""
    key = f"{asked.key}/withdraw"
    return Errand(key, seq, asked.partner, asked.request, withdraws=True, until=at + WITHDRAWAL_S, next_at=at)


def message(number: int, at: float = 0.0) -> Errand:
    """One of several messages to a customer, which go out one after the other."""
    return Errand(f"m/{number}", number, "sms", "sms/c-1", withdraws=False, until=at + PATIENCE_S, next_at=at)


def test_a_message_waits_for_the_one_before_it_and_goes_whatever_became_of_that() -> None:
    """It is no withdrawal: what was refused, or expired, takes nothing else with it."""
    for result, ends in ((Refused("no"), "refused"), (Taken(), "sent"), (Failed("away", PATIENCE_S + 1), "expired")):
        outbox = Outbox(lambda _attempts: 1.0)
        assert [outbox.take(message(number)) for number in range(3)] == [[], [], []]
        (first,), _ = outbox.begin(0.0, lambda _errand: None)
        assert outbox.begin(0.0, lambda _errand: None) == ([], [])
        (ended,) = outbox.end(first, result, 0.0)
        assert (ended.key, ended.outcome) == ("m/0", ends)
        (second,), _ = outbox.begin(0.0, lambda _errand: None)
        assert (second.key, outbox.waiting_for("sms")) == ("m/1", 2)
        (again,) = outbox.end(second, Failed("away"), 0.0)
        assert again.outcome is None  # and the third waits for it
        assert outbox.begin(0.0, lambda _errand: None) == ([], [])


class Partner:
    """Knows a key it has heard, and so does each thing once."""

    def __init__(self) -> None:
        self.heard: list[Errand] = []

    def hear(self, errand: Errand) -> None:
        """Take it, unless it is known."""
        if errand.key not in {one.key for one in self.heard}:
            self.heard.append(errand)

    def holds(self, asked: str) -> bool:
        """Does a request stand here?"""
        mine = [one.withdraws for one in self.heard if one.request == asked]
        return bool(mine) and not mine[-1]


class Deliveries(RuleBasedStateMachine):
    """Decide, send, fail, crash and withdraw in any order. ``stored`` is what a crash leaves."""

    @initialize()
    def begin(self) -> None:
        """Nothing was decided yet."""
        self.now, self.seq = 0.0, 0
        self.partner = Partner()
        self.stored: dict[str, Errand] = {}
        self.withdrawn: set[str] = set()
        self.tried: list[tuple[Errand, float]] = []
        self.refused: set[str] = set()
        self._restart()

    @rule(partner=st.sampled_from(PARTNERS))
    def decide(self, partner: str) -> None:
        """The desk asks for something."""
        self.seq += 1
        self._take(request(self.seq, partner, self.now))

    @rule(dice=st.randoms(use_true_random=False))
    def withdraw(self, dice: object) -> None:
        """The desk wants it no more; once each."""
        open_ = [one for one in self.stored.values() if not one.withdraws and one.request not in self.withdrawn]
        if open_:
            asked = dice.choice(sorted(open_, key=lambda one: one.seq))  # type: ignore[attr-defined]
            self.seq += 1
            self.withdrawn.add(asked.request)
            self._take(withdrawal(asked, self.seq, self.now))

    @rule(seconds=st.sampled_from([0.5, 3.0, 40.0, 301.0, 90_000.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    @rule()
    def send(self) -> None:
        """What is due goes out."""
        tried, ended = self.outbox.begin(self.now, lambda _errand: None)
        self._store([*ended, *tried])
        for errand in tried:
            self.under_way[errand.key] = errand
            self.tried.append((errand, self.now))

    @precondition(lambda self: self.under_way)
    @rule(
        arrived=st.booleans(),
        result=st.sampled_from([Taken(), Failed("500"), Failed("503", 100.0), Refused("422")]),
        dice=st.randoms(use_true_random=False),
    )
    def hear_back(self, arrived: bool, result: object, dice: object) -> None:  # noqa: FBT001
        """An attempt ends: it may have arrived although it failed; a partner that refuses has not taken it now."""
        errand = self.under_way.pop(dice.choice(sorted(self.under_way)))  # type: ignore[attr-defined]
        if isinstance(result, Refused):
            self.refused.add(errand.key)
        elif arrived or isinstance(result, Taken):
            self.partner.hear(errand)
        self._store(self.outbox.end(errand, result, self.now))  # type: ignore[arg-type]

    @rule(arrived=st.booleans())
    def crash(self, arrived: bool) -> None:  # noqa: FBT001
        """Nothing is left but the store; what was under way may have arrived."""
        for errand in self.under_way.values():
            if arrived:
                self.partner.hear(errand)
        self._restart()

    @invariant()
    def nothing_overtakes_and_nothing_is_late(self) -> None:
        """A withdrawal is heard behind its request, if at all; nobody is told what nobody waits for."""
        assert all(at <= errand.until for errand, at in self.tried)
        tried: dict[str, list[bool]] = {}
        for errand, _ in self.tried:
            tried.setdefault(errand.request, []).append(errand.withdraws)
        for order in tried.values():
            assert order == sorted(order)
            assert order[0] is False, "what never went out was withdrawn outside"

    @invariant()
    def nobody_is_flooded(self) -> None:
        """So many to one partner at once, and no more."""
        for partner in PARTNERS:
            assert sum(one.partner == partner for one in self.under_way.values()) <= AT_ONCE

    def teardown(self) -> None:
        """With a partner that works again everything ends, and nothing stands there that was withdrawn."""
        if not hasattr(self, "outbox"):
            return
        self.crash(arrived=True)
        while (due := self.outbox.next_due()) is not None:
            self.now = max(self.now, due)
            self.send()
            for errand in list(self.under_way.values()):
                self.partner.hear(errand)
                self._store(self.outbox.end(self.under_way.pop(errand.key), Taken(), self.now))
        self.nothing_overtakes_and_nothing_is_late()
        for errand in self.stored.values():
            assert errand.outcome is not None, f"lost: {errand}"
            gave_up = self.stored.get(f"{errand.key}/withdraw", errand).outcome in {
                ErrandOutcome.REFUSED,
                ErrandOutcome.EXPIRED,
            }
            if not errand.withdraws and errand.request in self.withdrawn and not gave_up:
                assert not self.partner.holds(errand.request), f"stands although it was withdrawn: {errand}"
            if errand.outcome is ErrandOutcome.SENT:
                assert errand.key in {one.key for one in self.partner.heard}

    def _take(self, errand: Errand) -> None:
        self.stored[errand.key] = errand
        self._store(self.outbox.take(errand))

    def _store(self, changed: list[Errand]) -> None:
        for errand in changed:
            self.stored[errand.key] = errand

    def _restart(self) -> None:
        self.outbox, self.under_way = Outbox(lambda attempts: 2.0**attempts), {}
        for errand in sorted(self.stored.values(), key=lambda one: one.seq):
            if errand.outcome is None or errand.outcome.dead:
                self._store(self.outbox.take(errand))


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=150, stateful_step_count=30, suppress_health_check=list(HealthCheck))


def _nothing(_errand: Errand) -> None:
    return None


def test_what_is_withdrawn_before_it_was_tried_goes_nowhere() -> None:
    """Neither the request nor the withdrawal."""
    outbox, asked = Outbox(lambda _: 1.0), request(1)
    assert outbox.take(asked) == []
    changed = outbox.take(withdrawal(asked, 2))
    assert [one.outcome for one in changed] == [ErrandOutcome.WITHDRAWN, ErrandOutcome.WITHDRAWN]
    assert outbox.begin(1.0, _nothing) == ([], [])
    assert len(outbox) == 0


def test_a_partner_that_hangs_holds_up_itself_alone() -> None:
    """Ten errands to one, of which as many hang as may: the other's goes out at once."""
    outbox = Outbox(lambda _: 1.0)
    for number in range(1, 11):
        outbox.take(request(number))
    tried, _ = outbox.begin(0.0, _nothing)
    assert len(tried) == AT_ONCE
    outbox.take(request(11, "w-2"))
    assert [one.partner for one in outbox.begin(0.0, _nothing)[0]] == ["w-2"]


def test_retry_after_is_honoured() -> None:
    """Not before the partner said, and not at all where nobody would wait so long."""
    outbox = Outbox(lambda _: 1.0)
    outbox.take(request(1))
    ((first,), _) = outbox.begin(0.0, _nothing)
    outbox.end(first, Failed("503", 100.0), 0.0)
    assert outbox.next_due() == 100.0
    ((second,), _) = outbox.begin(100.0, _nothing)
    (dead,) = outbox.end(second, Failed("503", 1_000.0), 100.0)
    assert (dead.outcome, dead.attempts) == (ErrandOutcome.EXPIRED, 2)
    assert "2 attempts" in str(dead.trouble)


def test_a_dead_letter_is_sent_again_when_asked() -> None:
    """With its key, and counted on."""
    outbox = Outbox(lambda _: 1.0)
    outbox.take(request(1))
    ((first,), _) = outbox.begin(0.0, _nothing)
    outbox.end(first, Refused("422"), 0.0)
    outbox.revive("b/1", 10.0, 60.0)
    ((again,), _) = outbox.begin(10.0, _nothing)
    assert again == replace(first, attempts=2, next_at=10.0, until=60.0, trouble="422")
