"""One app on one device: it takes somebody through a flow, checks what they enter, has its version's bugs, and tells each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from firmware_sim.apps.flows import PAGES, SAYS, Flaw
from firmware_sim.device.device import Device
from gateway.apps.messages import AppStep, AppStepEvent, Flow, InvitationReply, StepError, StepResult

BugSort = Literal["dead_button", "crashes", "rejects"]


@dataclass(frozen=True, slots=True)
class Bug:
    """What a version does wrong at one page, in such a share of all tries."""

    version: str
    flow: Flow
    page: str
    sort: BugSort
    share: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the app sees of who is at the device."""

    new_device: bool = False
    remote_control: bool = False
    on_call: bool = False


@dataclass(slots=True)
class App:
    """An app. ``dice`` decide on what it says and on its bugs."""

    device: Device
    version: str
    dice: np.random.Generator
    bugs: tuple[Bug, ...] = ()
    surroundings: Surroundings = Surroundings()
    session: str = ""
    flow: Flow = "log_in"
    at: int = 0
    """Which page is in front."""
    shown_at: float = 0.0
    done: bool = False
    """The flow came to its end."""
    keys: list[str] = field(default_factory=list)
    """Of the steps told in this session, ``vendor/device/boot-seq``."""

    @property
    def page(self) -> str:
        """The page in front."""
        return PAGES[self.flow][self.at]

    @property
    def is_last(self) -> bool:
        """Does the flow end with this page?"""
        return self.at + 1 == len(PAGES[self.flow])

    def begin(self, flow: Flow, now: float) -> str:
        """Open a flow. Returns the key of the step that tells so."""
        self.flow, self.at, self.keys, self.done = flow, 0, [], False
        self.session = f"s-{int(self.dice.integers(1 << 32)):08x}"
        self.show(now)
        return self.keys[0]

    def show(self, now: float) -> None:
        """The page comes up."""
        self.shown_at = now
        self._tell("shown", now)

    def submit(self, flaw: Flaw | None, now: float) -> StepError | Literal["nothing"] | None:
        """Somebody goes on. Returns the error they see; ``nothing``: the button is dead; ``None``: they came on."""
        bug = self._bug()
        if bug == "dead_button":
            return "nothing"
        error = {"crashes": "crashed", "rejects": "field_invalid"}.get(bug or "") or self._says(flaw)
        if error is not None:
            self._tell("failed", now, error=error)
            self.shown_at = now
            return error  # type: ignore[return-value] # of the contract's
        self._pass(now)
        return None

    def warn(self, verification: str, now: float) -> None:
        """The payee's bank knows another name: a warning is shown."""
        self._tell("warned", now, verification=verification)

    def ignore(self, verification: str, now: float) -> None:
        """They go on all the same."""
        self._tell("ignored", now, verification=verification)

    def tap(self, taps: int, now: float) -> None:
        """One element was tapped so often within two seconds; fewer than three times the app says nothing of it."""
        if taps >= 3:  # noqa: PLR2004 - the contract's
            self._tell("tapped", now, taps=taps)

    def back(self, now: float) -> None:
        """To the page before; on the first one it comes up anew."""
        self._tell("back", now)
        self.at = max(0, self.at - 1)
        self.show(now)

    def look_at(self, page: int, now: float) -> None:
        """A page is looked at without entering anything."""
        self.at = page
        self.show(now)

    def background(self, now: float) -> None:
        """The app is left."""
        self._tell("background", now)

    def foreground(self, now: float) -> None:
        """It comes back."""
        self._tell("foreground", now)

    def leave(self, now: float) -> None:
        """The flow is given up."""
        self._tell("left", now)

    def answer(self, invitation: str, reply: InvitationReply, now: float) -> None:
        """They answer an invitation."""
        self._tell("answered", now, invitation=invitation, reply=reply)

    def _pass(self, now: float) -> None:
        self._tell("passed", now)
        if self.is_last:
            self.done = True
            self._tell("done", now)
            return
        self.at += 1
        self.show(now)

    def _bug(self) -> BugSort | None:
        """Return which of the version's bugs strikes at this page."""
        for one in self.bugs:
            if (one.version, one.flow, one.page) == (self.version, self.flow, self.page):
                return one.sort if float(self.dice.random()) < one.share else None
        return None

    def _says(self, flaw: Flaw | None) -> StepError | None:
        if flaw is None:
            return None
        luck = float(self.dice.random())
        for error, share in SAYS[flaw]:
            luck -= share
            if luck < 0:
                return error
        return SAYS[flaw][0][0]

    def _tell(self, result: StepResult, now: float, **more: Any) -> None:
        around = self.surroundings
        step = AppStep(
            session=self.session,
            flow=self.flow,
            step=self.page,
            result=result,
            app_version=self.version,
            screen_s=round(max(0.0, now - self.shown_at), 1),
            new_device=around.new_device or None,
            remote_control=around.remote_control or None,
            on_call=around.on_call or None,
            **more,
        )
        self.keys.append(self.device.emit(AppStepEvent, step, now, perishable=False).key)
