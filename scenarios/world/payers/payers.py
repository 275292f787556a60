"""Payers set in motion: what their customers let them pay, what they pay, and what their customers say to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from dispatch.core.ids import mandate_id, payment_id
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from firmware_sim.device.device import Device
from firmware_sim.device.habit import PayingHabit
from firmware_sim.wallet.purse import DevicePurse
from gateway.contract.commands import Command, PaymentStatus, PaymentStatusCommand
from gateway.payments.device_key import thumbprint
from scenarios.story.payers import Payers
from scenarios.story.registry import platform
from scenarios.world import call_reasons
from scenarios.world.actor import Fleet
from scenarios.world.addresses import account_of
from scenarios.world.device_keys import key_of
from scenarios.world.homes import SIMULATED, Home
from scenarios.world.money_truth import Wrong
from scenarios.world.payers.answers import listen
from scenarios.world.payers.kind import PayerKind
from scenarios.world.payers.wishes import Draws, Pays
from scenarios.world.payers.wrongs import draw_wrongs, goes_wrong
from scenarios.world.world import Life, World

CURRENCY = "EUR"
TOO_LARGE, TOO_MUCH = 2.5, 3.0
"""Times what is usual a mandate lets be paid at once, and in a month [fit]."""
STRANGER = account_of("somebody else")
"""Whom no mandate names."""
SETS_ASIDE = 1.5
"""Times what one payment in twenty is larger than: so much is set aside while it charges or parks, and no more is used [fit]."""
TRIES = 3
SESSION_SHAPE = 3.0
"""Of the gamma of how long it charges or parks [fit]."""
"""How often a device asks for what there was not enough for."""


def start(world: World, fleet: Fleet) -> None:
    """Have the customers let their devices pay, and the devices pay."""
    story = world.story.payers
    if story is None:
        return
    draws = Draws(world, story)
    payers = [payer for home in world.plan.homes for payer in _payers(draws, fleet, home)]
    for home in world.plan.homes:
        if home.customer.may_payment:
            world.doors.lets_pay(_top_up(world, story, home))
    for payer in payers:
        payer.begin()
    by_device = {payer.device: payer for payer in payers}
    listen(world, payers)
    for wrong in draw_wrongs(world, story, payers):
        payer = by_device[wrong.device]
        payer.wrong = wrong
        world.plan.wrongs.append(wrong)
        world.env.process(goes_wrong(payer, wrong))


def _payers(draws: Draws, fleet: Fleet, home: Home) -> Iterator[Payer]:
    for kind, name in home.devices.items():
        known = platform(kind, "payer", "PAYER", PayerKind)
        if known is not None and name in fleet:
            purse = DevicePurse(fleet[name], key_of(name))
            yield Payer(draws.world, draws.story, home, known, purse, draws.of(home, known, name))


def _top_up(world: World, story: Payers, home: Home) -> Mandate:
    """Return what lets the house collect what the purse lacks."""
    amount = 100 * story.top_up
    limits = (PeriodicLimit(Period.MONTH, Alignment.CONSENT, 20 * amount),)
    customer = home.customer.customer
    return Mandate(
        mandate_id(customer, "top-up"), customer, "", (), "top_up", CURRENCY, amount, limits, world.story.start_s, None,
        zone_of(world), "", SIMULATED,
    )  # fmt: skip


def zone_of(world: World) -> str:
    """Return the clock of the story's place, IANA."""
    offset = world.story.start.utcoffset()
    hours = round(offset.total_seconds() / 3600) if offset else 0
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


@dataclass(slots=True)
class Payer:
    """One device that pays, and its customer as far as they see to that."""

    world: World
    story: Payers
    home: Home
    kind: PayerKind
    purse: DevicePurse
    pays: tuple[Pays, ...]
    """What it pays for."""
    wrong: Wrong | None = None
    """What goes wrong with it."""
    _of_wrong: set[str] = field(default_factory=set)
    """Payments that it asks for because of that."""
    _seen: set[str] = field(default_factory=set)
    """What its customer was asked about, and what is not asked again."""
    _tries: dict[str, tuple[Pays, int, int]] = field(default_factory=dict)
    """End-to-end id → what for, how much, how often before."""
    _used: dict[str, int] = field(default_factory=dict)
    """End-to-end id of what it set aside at most → cents that it will have used when it ends."""

    @property
    def device(self) -> str:
        """Its name."""
        return self.purse.device.name

    @property
    def customer(self) -> str:
        """Whose it is."""
        return self.home.customer.customer

    def begin(self) -> None:
        """Have the customer let it pay, and have it pay for each of its things."""
        self.purse.device.listeners.append(self.hears)
        for one in self.pays:
            if self.home.customer.may_payment:
                self.world.doors.lets_pay(self.mandate(one))
            self.world.env.process(self._lives(one))
        if self.kind.tells_use is not None and self.story.goes_wrong.unused:
            self.world.env.process(self._is_used(self.kind.tells_use))

    def _is_used(self, tells: Callable[[World, Device], None]) -> Life:
        """Somebody uses it now and then, which it tells, until nobody does."""
        dice = self.world.streams.keyed("uses", self.device)
        while True:
            yield self.world.env.timeout(self.story.used_every * float(dice.standard_exponential()))
            if self.world.now >= self.world.story.quiet_s or self._is_left_alone():
                return
            tells(self.world, self.purse.device)

    def _is_left_alone(self, but_for: Pays | None = None) -> bool:
        """Does nobody use it any more? Then it pays for nothing that somebody would choose, but for its subscription."""
        if self.wrong is None or self.wrong.kind != "unused" or self.wrong.begins_at > self.world.now:
            return False
        return but_for is None or but_for.habit.category != self.kind.befalls.get("unused")

    def mandate(self, one: Pays) -> Mandate:
        """Return what lets it pay for one thing."""
        habit, most = one.habit, round(100 * one.habit.most * TOO_LARGE)
        month = round(100 * TOO_MUCH * habit.a_month * self.story.often * habit.most)
        limits = (PeriodicLimit(Period.MONTH, Alignment.CONSENT, max(2 * most, month)),)
        payees = tuple(Payee(payee, habit.name) for payee in one.payees)
        return Mandate(
            mandate_id(self.customer, f"{self.device.replace('/', '-')}-{habit.category}"), self.customer, self.device,
            payees, habit.category, CURRENCY, most, limits, self.world.story.start_s, None, zone_of(self.world),
            thumbprint(self.purse.payment_key), SIMULATED,
        )  # fmt: skip

    def _lives(self, one: Pays) -> Life:
        for wish in one.moments(self.world.story.start_s, self.world.story.quiet_s):
            yield self.world.until(wish.at)
            amount, wrong = wish.amount, self.wrong
            if self.is_cancelled(one) or self._is_left_alone(but_for=one):
                continue
            if wrong is not None and wrong.kind == "wrong_tariff" and self._is_wrong(one):
                amount = round(amount * one.times)
            if wish.site is not None:
                self.kind.tells_place(self.world, self.purse.device, wish.site)
            payee = STRANGER if wish.elsewhere else wish.payee
            for_nothing = wrong is not None and wrong.kind == "unused" and self._is_wrong(one)
            name = self.ask(one, payee, amount, by_wrong=for_nothing or amount != wish.amount)
            if wish.twice:
                self.purse.repeat(name, self.world.now)

    def is_cancelled(self, one: Pays) -> bool:
        """Was it for nothing, and has its customer ended it?"""
        wrong = self.wrong
        is_about = wrong is not None and wrong.kind == "unused" and wrong.stopped_at is not None
        return is_about and one.habit.category == self.kind.befalls.get("unused")

    def _is_wrong(self, one: Pays) -> bool:
        """Is what it pays for wrong by now, and nobody saw to it?"""
        wrong = self.wrong
        if wrong is None or one.habit.category != self.kind.befalls.get(wrong.kind):
            return False
        return wrong.begins_at <= self.world.now and wrong.stopped_at is None

    def ask(self, one: Pays, payee: str, amount: int, *, by_wrong: bool = False, before: int = 0) -> str:
        """Ask the house to pay ``amount`` cents; return the payment's end-to-end id."""
        name = self.purse.next_id
        if by_wrong and self.wrong is not None:
            self.wrong.payments.append(payment_id(self.device, name))
            self._of_wrong.add(name)
        self._tries[name] = (replace(one, payees=(payee,)), amount, before)
        habit: PayingHabit = one.habit
        asked = amount
        if habit.session_min:
            asked = round(100 * SETS_ASIDE * habit.most)
            self._used[name] = min(amount, asked)
        self.purse.ask(
            self.world.now, amount=_euros(asked), currency=CURRENCY, creditor=payee, category=habit.category,
            words=habit.words, creditor_name=habit.name, at_most=name in self._used,
        )  # fmt: skip
        return name

    def hears(self, command: Command, now: float) -> None:
        """The device is told how a payment stands, and shows it."""
        if not isinstance(command, PaymentStatusCommand) or command.data.event_id is not None:
            return
        del now
        said = command.data
        if (key := f"{said.end_to_end_id}/{said.status}") in self._seen:
            return
        self._seen.add(key)
        if said.status == "PDNG":
            self.world.env.process(self._considers(said))
        elif said.status == "ACSP" and said.end_to_end_id in self._used:
            self.world.env.process(self._uses(said.end_to_end_id))
        elif said.status == "RJCT":
            self._used.pop(said.end_to_end_id, None)
            self._refused(said)
        elif said.status == "ACSC":
            self._paid(said)

    def _uses(self, name: str) -> Life:
        """Charge or park; then tell what is paid of what was set aside."""
        minutes = self._tries[name][0].habit.session_min
        dice, used = self.world.streams.hashed("session", self.device, name), self._used.pop(name)
        yield self.world.env.timeout(60 * minutes * float(dice.gamma(SESSION_SHAPE)) / SESSION_SHAPE)
        self.purse.capture(name, _euros(used), self.world.now)

    def _considers(self, said: PaymentStatus) -> Life:
        """The customer sees the question, and says what is true of it; or does not see it in time."""
        dice = self.world.streams.hashed("confirms", self.device, said.end_to_end_id)
        answers, after = float(dice.random()) < self.story.answers, self.story.answers_after.one(dice)
        yield self.world.env.timeout(after)
        if not answers:
            if (about := self.world.story.calls.about) is not None:
                payment = payment_id(self.device, said.end_to_end_id)
                yield from call_reasons.asked(self.world, about, self.customer, payment)
            return
        wrong = said.end_to_end_id in self._of_wrong
        self.world.doors.wants(self.customer, payment_id(self.device, said.end_to_end_id), agreed=not wrong)
        if wrong and self.wrong is not None and self.wrong.stopped_at is None:
            self.wrong.stopped_at = self.world.now

    def _refused(self, said: PaymentStatus) -> None:
        """Where there was not enough, it asks again in a while, for another payment."""
        one, amount, before = self._tries.pop(said.end_to_end_id)
        if (about := self.world.story.calls.about) is not None:
            turned_down = call_reasons.TurnedDown(payment_id(self.device, said.end_to_end_id), said.reason or "")
            self.world.env.process(call_reasons.refused(self.world, about, self.customer, turned_down))
        if said.reason == "AM04" and before + 1 < TRIES:
            self.world.env.process(self._asks_later(one, amount, before + 1, said.end_to_end_id in self._of_wrong))

    def _asks_later(self, one: Pays, amount: int, before: int, by_wrong: bool) -> Life:  # noqa: FBT001 - as it was
        yield self.world.env.timeout(self.story.asks_again_after)
        self.ask(one, one.payees[0], amount, by_wrong=by_wrong, before=before)

    def _paid(self, said: PaymentStatus) -> None:
        self._tries.pop(said.end_to_end_id, None)
        if (about := self.world.story.calls.about) is not None:
            payment = payment_id(self.device, said.end_to_end_id)
            self.world.env.process(call_reasons.paid(self.world, about, self.customer, payment))
        dice = self.world.streams.hashed("disputes", self.device, said.end_to_end_id)
        if float(dice.random()) < self.story.disputed:
            after, decided = self.story.disputed_after.one(dice), self.story.decided_after.one(dice)
            refunded = float(dice.random()) < self.story.refunded
            self.world.env.process(self._disputes(said.end_to_end_id, after, decided, refunded))

    def _disputes(self, name: str, after: float, decided: float, refunded: bool) -> Life:  # noqa: FBT001 - as it was drawn
        payment = payment_id(self.device, name)
        yield self.world.env.timeout(after)
        self.world.doors.disputes(self.customer, payment, "I did not order this")
        yield self.world.env.timeout(decided)
        self.world.doors.decides(payment, "looked at with the payee", refunded=refunded)
