"""People who use the app: each use has a cause, or none, that the service never sees; they act by it and by their patience.

Nothing here knows what the service takes for a sign. Who is hindered tries, looks, taps, goes away and comes back until they see
through it, are helped, find a way or have had enough; the others only look like that now and then: they read slowly, look around,
copy a number from somewhere else, compare, slip once, or tap a page that is slow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import simpy

from dispatch.core.reasons.model import Reason
from dispatch.registers.customers import Customer
from firmware_sim.apps.app import App, Surroundings
from firmware_sim.apps.flows import PAGES, Flaw
from firmware_sim.kinds.phone.device import Phone
from gateway.apps.messages import Flow, InvitationReply
from gateway.contract.commands import InvitationCommand
from scenarios.story.apps import Apps
from scenarios.world.app_truth import AppUse
from scenarios.world.customers import hold_the_line
from scenarios.world.world import AppHelp, Life, Person, World

Hindrances = Mapping[str, tuple[tuple[str, Flaw, float], ...]]
HINDRANCES: Hindrances = {
    "new_payee": (
        ("account", "wrong_digit", 0.3),
        ("name", "other_name", 0.28),
        ("approve", "not_confirmed", 0.2),
        ("name", "bank_silent", 0.06),
        ("account", "known_payee", 0.05),
        ("confirm", "over_limit", 0.06),
        ("confirm", "no_answer", 0.05),
    ),
    "log_in": (
        ("credentials", "wrong_password", 0.5),
        ("credentials", "locked", 0.12),
        ("credentials", "finger", 0.12),
        ("approve", "not_confirmed", 0.2),
        ("credentials", "no_answer", 0.06),
    ),
    "password_reset": (
        ("link", "old_link", 0.4),
        ("password", "weak", 0.4),
        ("identify", "wrong_password", 0.12),
        ("link", "no_answer", 0.08),
    ),
    "card_in_wallet": (
        ("card", "prepaid", 0.35),
        ("card", "not_activated", 0.2),
        ("card", "no_screen_lock", 0.12),
        ("code", "old_code", 0.18),
        ("code", "mistyped_code", 0.1),
        ("terms", "no_right", 0.05),
    ),
    "mandate": (
        ("account", "wrong_digit", 0.35),
        ("limits", "over_limit", 0.25),
        ("approve", "not_confirmed", 0.3),
        ("limits", "no_right", 0.1),
    ),
}
"""Flow → page, what is wrong there, and how often of all that hinders people in it [fit]."""
NO_WAY_ROUND = frozenset({"locked", "prepaid", "known_payee", "no_right", "over_limit", "no_screen_lock"})
"""What no other try gets past, so that nobody sees through it by trying [fit: hardly anybody]."""
REACTS = {"again": 0.6, "back": 0.14, "away": 0.16, "tap": 0.1}
"""What somebody does whom the app said no [fit]."""
TYPES_S, READS_S = (18.0, 0.6), (7.0, 0.7)
"""To fill in a page, and to read what it says: median and sigma of a log-normal [fit]."""


def use_app(world: World, phone: Phone, customer: Customer, apps: Apps) -> Life:
    """Use the app now and then until the story settles."""
    dice = world.streams.keyed("app", phone.name)
    app = App(phone, _one_of(apps.versions, dice), dice)
    while True:
        yield world.env.timeout(apps.every.one(dice))
        if world.now >= world.story.quiet_s:
            return
        use = _Use(world, phone, app, dice, apps, world.person(customer.customer))
        yield from use.live(customer)


@dataclass(slots=True)
class _Use:
    """One use."""

    world: World
    phone: Phone
    app: App
    dice: np.random.Generator
    apps: Apps
    person: Person
    truth: AppUse = field(init=False)
    flaw: Flaw | None = None
    flawed: str = ""
    """The page at which something is wrong."""
    bears: int = 0
    """Failures that they bear yet."""
    gives_up: bool = False
    """They will, once they have borne enough."""
    over: bool = False
    wants_help: simpy.Event = field(init=False)
    """Triggered once they want to talk or to chat."""
    screen_at: float = 0.0
    """When the screen last changed for them."""

    def live(self, customer: Customer) -> Life:
        """Begin, and see it through."""
        sort, flow = _one_of(self.apps.people, self.dice), cast("Flow", _one_of(self.apps.flows, self.dice))
        if sort in {"fraud", "victim"}:
            flow = "new_payee"
        self.wants_help, self.app.bugs = self.world.env.event(), tuple(one.bug for one in self.apps.bugs)
        self.phone.on_invitation = self._sees
        self.app.surroundings = Surroundings()
        if sort == "hindered":
            self.flawed, self.flaw = self._hindrance(flow)
        key = self.app.begin(flow, self.world.now)
        version, agrees = self.app.version, customer.may_app_help
        self.truth = AppUse(key, customer.customer, flow, version, sort, self.flaw or "", agrees, self.world.now)
        self.world.plan.app_uses.append(self.truth)
        self.screen_at = self.world.now
        self.bears = 1 + int(self.dice.poisson(self.apps.bears))
        yield from _LIVES[sort](self)
        self.over = True

    # --- going through -----------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> Life:
        """Let time pass, unless they are about to be helped."""
        yield self.world.env.any_of([self.world.env.timeout(seconds), self.wants_help])

    def happens(self, share: float) -> bool:
        """Draw whether something does that does in such a share of cases."""
        return float(self.dice.random()) < share

    def takes(self, span: tuple[float, float], pace: float = 1.0) -> float:
        """Draw how long something takes them."""
        return pace * span[0] * float(self.dice.lognormal(0, span[1]))

    def go_through(self, pace: float = 1.0) -> Life:
        """Go on page by page until it is done, they gave up, or they are helped."""
        while self.truth.done_at is None and self.truth.gave_up_at is None:
            yield from self.wait(self.takes(READS_S, pace) + self.takes(TYPES_S, pace))
            if self.wants_help.triggered:
                yield from self.is_helped()
                continue
            yield from self.submit()

    def submit(self) -> Life:
        """Go on from a page, and see what comes."""
        said = self.app.submit(self.flaw if self.app.page == self.flawed else None, self.world.now)
        if said is None:
            self._came_on()
        elif said == "nothing":
            yield from self._dead()
        else:
            self.screen_at = self.world.now
            yield from self._refused()

    def _came_on(self) -> None:
        self.screen_at = self.world.now
        if self.app.done:
            self.truth.done_at = self.world.now

    def _refused(self) -> Life:
        """The app said no: read it, and decide what to do."""
        self._meets(self.flaw or "bug")
        yield from self.wait(self.takes(READS_S))
        if self.wants_help.triggered:
            return
        if self._sees_through():
            self.flaw = None
            return
        yield from self._reacts()

    def _dead(self) -> Life:
        """Nothing happens: tap again, wait, go to and fro."""
        self._meets("bug")
        self.app.tap(2 + int(self.dice.poisson(1.6)), self.world.now)
        yield from self.wait(2 + self.takes((4.0, 0.6)))
        if self.wants_help.triggered:
            return
        yield from self._reacts()

    def _meets(self, cause: str) -> None:
        self.truth.cause = self.truth.cause or cause
        if self.truth.met_at is None:
            self.truth.met_at = self.world.now
            return
        self._is_stuck()

    def _is_stuck(self) -> None:
        """They do not see through it. Whether they will give up is theirs, whatever the house does."""
        if self.truth.stuck_at is None:
            self.truth.stuck_at = self.world.now
            self.gives_up = self.happens(self.apps.gives_up)

    def _sees_through(self) -> bool:
        """Do they see what it is, by themselves?"""
        if self.flaw is None or self.gives_up:
            return False  # the app's own fault; or they never will
        hard = 0.1 if self.flaw in NO_WAY_ROUND else 1.0
        return self.happens(self.apps.sees_through * hard)

    def _reacts(self) -> Life:
        """Try again at once, go back, look it up elsewhere, or have had enough."""
        self.bears -= 1
        if self.bears < 0:
            yield from self._has_had_enough()
            return
        does = _one_of(REACTS, self.dice)
        if does == "back":
            self.app.back(self.world.now)
            self.screen_at = self.world.now
        elif does == "away":
            yield from self.away(25.0)
        elif does == "tap":
            self.app.tap(1 + int(self.dice.poisson(1.8)), self.world.now)

    def away(self, median_s: float) -> Life:
        """Leave the app for a while: to look something up, or to think."""
        self.app.background(self.world.now)
        yield from self.wait(self.takes((median_s, 0.7)))
        self.app.foreground(self.world.now)
        self.screen_at = self.world.now

    def _has_had_enough(self) -> Life:
        """Give up, or find a way in the end."""
        self._is_stuck()
        if self.gives_up:
            yield from self._gives_up()
            return
        self.app.background(self.world.now)
        yield from self.wait(self.apps.finds_a_way * float(self.dice.standard_exponential()))
        self.app.foreground(self.world.now)
        self.flaw, self.flawed, self.app.bugs = None, "", ()  # by another way round

    def _gives_up(self) -> Life:
        yield from self.wait(self.takes((4.0, 0.8)))
        if self.wants_help.triggered:
            return
        self.truth.gave_up_at = self.world.now
        if self.happens(0.5):  # closes the flow, or just the app
            self.app.leave(self.world.now)
        else:
            self.app.background(self.world.now)
        yield from self.phones()

    def phones(self) -> Life:
        """Who gave up may phone; or take the invitation that still stands there."""
        phones, after = self.happens(self.apps.phones), self.apps.phones_after.one(self.dice)
        yield from self.wait(after if phones else 60.0)
        if self.wants_help.triggered:
            yield from self.is_helped()
        elif phones:
            yield from self._rings_in()

    def _rings_in(self) -> Life:
        self.truth.phoned_at = self.world.now
        while self.person.busy:
            yield self.world.env.timeout(5.0)
        help_ = self._waits_for_help()
        patience = self.world.story.customers.patience.one(self.dice)
        ref = f"app-{self.truth.episode.replace('/', '-')}"
        served = yield from hold_the_line(self.world, self.person, ref, patience, about=Reason.APP)
        if served:
            yield help_.given
            self.truth.helped_at = self.truth.done_at = self.world.now
        self.person.app_help = None

    def _waits_for_help(self) -> AppHelp:
        self.person.app_help = AppHelp(self.world.env.event(), self.world.env.event())
        return self.person.app_help

    def is_helped(self) -> Life:
        """Wait for somebody, with the telephone in hand; go on as before where nobody comes in time."""
        help_ = self.person.app_help or self._waits_for_help()
        yield self.world.env.any_of([help_.begun, self.world.env.timeout(self.apps.waits.one(self.dice))])
        if help_.begun.triggered:
            yield help_.given
            self.truth.helped_at = self.world.now
            self.flaw, self.flawed, self.app.bugs = None, "", ()
            if self.truth.gave_up_at is not None:
                self.truth.done_at = self.world.now
        self.person.app_help, self.wants_help = None, self.world.env.event()

    # --- being invited -----------------------------------------------------------------------------------------------

    def _sees(self, command: InvitationCommand) -> None:
        self.truth.invited_at = self.truth.invited_at or self.world.now
        self.world.env.process(self._considers(command))

    def _considers(self, command: InvitationCommand) -> Life:
        """Look at an invitation, and take it or not; who reads what has just come up is the most annoyed by it."""
        reads_for = self.world.now - self.screen_at
        yield self.world.env.timeout(self.takes((4.0, 0.6)))
        accepts = self.apps.accepts * (0.5 if 10 <= reads_for < 30 else 1.0)  # noqa: PLR2004 - BoldChat
        luck = float(self.dice.random())
        if self.over or self.truth.done_at is not None or self.wants_help.triggered:
            return
        reply = self._chooses(luck, accepts)
        if reply is None:
            return
        self.truth.reply = reply
        if reply in {"talk", "chat"}:
            self._waits_for_help()  # from this moment on: the telephone may ring before they have put the app away
            self.wants_help.succeed()
        self.app.answer(command.data.invitation, reply, self.world.now)

    def _chooses(self, luck: float, accepts: float) -> InvitationReply | None:
        if luck < accepts:
            return "talk" if luck < accepts * self.apps.talks else "chat"
        if luck < accepts + self.apps.later:
            return "later"
        return "no" if luck < accepts + self.apps.later + self.apps.says_no else None

    def _hindrance(self, flow: Flow) -> tuple[str, Flaw | None]:
        """Draw what hinders them: what is wrong, and where."""
        may_be = HINDRANCES[flow]
        drawn = self.dice.choice(len(may_be), p=_shares([share for _, _, share in may_be]))
        page, flaw, _ = may_be[int(drawn)]
        return page, flaw


# --- what sort of use it is --------------------------------------------------------------------------------------------


def _smooth(use: _Use) -> Life:
    yield from use.go_through()


def _slow(use: _Use) -> Life:
    """Reads everything, and is called away."""
    yield from use.wait(use.takes((60.0, 0.6)))
    if use.happens(0.4):
        yield from use.away(60.0)
    yield from use.go_through(pace=4.0)


def _explorer(use: _Use) -> Life:
    """Looks around, to and fro, and leaves."""
    pages = len(PAGES[use.app.flow])
    for _ in range(2 + int(use.dice.poisson(4))):
        yield from use.wait(use.takes((6.0, 0.8)))
        use.app.look_at(int(use.dice.integers(pages)), use.world.now)
    yield from _leaves(use)


def _copier(use: _Use) -> Life:
    """Copies number and name from somewhere else, piece by piece."""
    for _ in range(1 + int(use.dice.poisson(1.5))):
        yield from use.wait(use.takes((5.0, 0.6)))
        yield from use.away(12.0)
    yield from use.go_through(pace=0.6)


def _comparer(use: _Use) -> Life:
    """Compares with another bank's app, and may leave it at that."""
    for _ in range(2 + int(use.dice.poisson(1))):
        yield from use.wait(use.takes((15.0, 0.6)))
        yield from use.away(40.0)
    yield from (_leaves(use) if use.happens(0.5) else use.go_through())


def _hasty(use: _Use) -> Life:
    """Taps what is slow, and goes on."""
    for _ in range(1 + int(use.dice.poisson(0.4))):
        use.app.tap(1 + int(use.dice.poisson(1.5)), use.world.now)
        yield from use.wait(use.takes((6.0, 0.6)))
    yield from use.go_through(pace=0.5)


def _slip(use: _Use) -> Life:
    """Mistypes something once, now and then twice, and puts it right."""
    page = PAGES[use.app.flow][0]
    flaw: Flaw = {"account": "wrong_digit", "credentials": "wrong_password", "identify": "wrong_password"}.get(
        page, "mistyped_code"
    )  # type: ignore[assignment] # flaws
    for _ in range(1 + (use.happens(0.12))):
        yield from use.wait(use.takes(TYPES_S))
        use.app.submit(flaw, use.world.now)
        yield from use.wait(use.takes(READS_S))
        if use.happens(0.15):
            yield from use.away(20.0)
    yield from use.go_through()


def _distracted(use: _Use) -> Life:
    """Is called away in the middle; what waits for them has run out when they come back."""
    yield from use.wait(use.takes(TYPES_S))
    yield from use.away(400.0)
    use.app.submit("not_confirmed" if "approve" in PAGES[use.app.flow] else "old_code", use.world.now)
    yield from use.wait(use.takes(READS_S))
    yield from use.go_through()


def _fraud(use: _Use) -> Life:
    """Somebody else with the customer's access, on a new device: the name does not fit, and they do not care."""
    use.app.surroundings = Surroundings(new_device=True)
    yield from _ignores(use)


def _victim(use: _Use) -> Life:
    """Told on the telephone what to do, step by step, while the cheat watches the screen."""
    use.app.surroundings = Surroundings(remote_control=use.happens(0.7), on_call=True)
    yield from _ignores(use)


def _ignores(use: _Use) -> Life:
    """Go past the warning, after some failures, and on."""
    use.app.show(use.world.now)
    yield from use.wait(use.takes(TYPES_S))
    use.app.warn("NMTC", use.world.now)
    yield from use.wait(use.takes((3.0, 0.5)))
    use.app.ignore("NMTC", use.world.now)
    for _ in range(int(use.dice.poisson(1.5))):
        use.app.submit("wrong_digit", use.world.now)
        yield from use.wait(use.takes(TYPES_S))
    yield from use.go_through(pace=0.7)


def _leaves(use: _Use) -> Life:
    yield from use.wait(use.takes((5.0, 0.6)))
    if use.happens(0.6):
        use.app.leave(use.world.now)
    else:
        use.app.background(use.world.now)


_LIVES = {
    "hindered": _smooth,
    "smooth": _smooth,
    "slip": _slip,
    "slow": _slow,
    "explorer": _explorer,
    "copier": _copier,
    "comparer": _comparer,
    "hasty": _hasty,
    "distracted": _distracted,
    "fraud": _fraud,
    "victim": _victim,
}


def _one_of(weights: Mapping[str, float], dice: np.random.Generator) -> str:
    words = list(weights)
    return words[int(dice.choice(len(words), p=_shares(list(weights.values()))))]


def _shares(weights: list[float]) -> list[float]:
    whole = sum(weights)
    return [one / whole for one in weights]
