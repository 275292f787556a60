"""A tow truck's tablet: where it is, whether it takes jobs, and how its job stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from firmware_sim.device.device import Device, Told
from firmware_sim.device.fix import Fix
from firmware_sim.device.moments import utc
from gateway.contract.commands import (
    Command,
    JobDestination,
    JobDestinationCommand,
    JobOffer,
    JobOfferCommand,
    JobScene,
    JobSceneCommand,
    JobWithdrawalCommand,
)
from gateway.kinds.truck.messages import TruckLoad

Duty = Literal["on", "off"]
JobState = Literal["accepted", "declined", "arrived", "finished"]
STATUS = "callahead.truck.status.v1"


class Truck(Device):
    """Is offered a job, answers, drives, arrives, finishes. A move without its job is no move and returns ``None``."""

    fix: Fix
    """The world sets it."""
    duty: Duty
    eta: float | None
    """When it will be with whom it drives to, by its navigation, POSIX seconds; the world sets it."""
    offer: JobOffer | None
    """The offer not answered yet."""
    job: JobOffer | None
    """The job accepted and not finished yet."""
    shift_end: float | None
    """When the crew goes home, POSIX seconds; ``None``: it does not say."""

    def __init__(
        self,
        name: str,
        fix: Fix,
        *,
        boot: int = 1,
        buffer_limit: int = 200,
        on_offer: Callable[[JobOffer, float], None] | None = None,
        on_withdrawal: Callable[[str, float], None] | None = None,
        on_scene: Callable[[str, float], None] | None = None,
    ) -> None:
        """Name is ``vendor/device``; the callbacks get the offer, or the job's id, and the time (POSIX seconds)."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.fix = fix
        self.duty = "on"
        self.eta = None
        self.offer = None
        self.job = None
        self.shift_end = None
        self.on_offer = on_offer
        self.on_withdrawal = on_withdrawal
        self.on_scene = on_scene

    def status(self, now: float) -> Told:
        """Report position and duty; may be dropped from a full store."""
        return self._say(now, perishable=True)

    def go_on_duty(self, now: float) -> Told:
        """Take jobs from now on."""
        self.duty = "on"
        return self._say(now)

    def go_off_duty(self, now: float) -> Told:
        """Take no more jobs; one under way is finished first."""
        self.duty = "off"
        return self._say(now)

    def accept(self, now: float) -> Told | None:
        """Take the offered job."""
        if self.offer is None:
            return None
        self.job, self.offer = self.offer, None
        return self._tell(self.job, "accepted", now)

    def decline(self, now: float, load: TruckLoad | None = None) -> Told | None:
        """Leave the offered job to another truck, or the one at hand that this one cannot do.

        ``load``: what its crew found that it takes, where that is why.
        """
        declined = self.offer or self.job
        if self.offer is None:
            self.job = None
        self.offer = None
        return self._tell(declined, "declined", now, load)

    def arrive(self, now: float) -> Told | None:
        """Be at the scene."""
        return self._tell(self.job, "arrived", now)

    def finish(self, now: float) -> Told | None:
        """Be done with the job and free for the next."""
        finished, self.job = self.job, None
        return self._tell(finished, "finished", now)

    def on_command(self, command: Command, now: float) -> None:
        """Take an offer or a withdrawal to mind, then ring the callback for it."""
        if isinstance(command, JobOfferCommand) and self.job and self.job.job == command.data.job:
            self.job = command.data  # asked again for what it is on its way to
            self._tell(self.job, "accepted", now)
        elif isinstance(command, JobOfferCommand):
            self.offer = command.data
            if self.on_offer:
                self.on_offer(command.data, now)
        elif isinstance(command, JobWithdrawalCommand):
            self._withdraw(command.data.job, now)
        elif isinstance(command, JobDestinationCommand):
            self._redirect(command.data)
        elif isinstance(command, JobSceneCommand):
            self._move(command.data, now)

    def _redirect(self, to: JobDestination) -> None:
        """Take the car to another workshop than the offer said."""
        self._update(to.job, {"tow_to_latitude": to.latitude, "tow_to_longitude": to.longitude})

    def _move(self, scene: JobScene, now: float) -> None:
        """The car stands elsewhere than the offer said, or something else is broken."""
        told = {name: value for name, value in scene.model_dump().items() if value is not None}
        if self._update(scene.job, told) and self.on_scene:
            self.on_scene(scene.job, now)

    def _update(self, job: str, told: dict[str, Any]) -> bool:
        """Put something new into the offer or the job; ``False``: it is neither."""
        known = False
        if self.offer and self.offer.job == job:
            self.offer, known = self.offer.model_copy(update=told), True
        if self.job and self.job.job == job:
            self.job, known = self.job.model_copy(update=told), True
        return known

    def _withdraw(self, job: str, now: float) -> None:
        if job not in {held.job for held in (self.offer, self.job) if held}:
            return
        self.offer = None if self.offer and self.offer.job == job else self.offer
        self.job = None if self.job and self.job.job == job else self.job
        if self.on_withdrawal:
            self.on_withdrawal(job, now)

    def _tell(self, job: JobOffer | None, state: JobState, now: float, load: TruckLoad | None = None) -> Told | None:
        if job is None:
            return None
        told: dict[str, object] = {"id": job.job, "state": state}
        if load is not None:
            told["load"] = load.model_dump(exclude_none=True)
        return self._say(now, told)

    def _say(self, now: float, job: dict[str, object] | None = None, *, perishable: bool = False) -> Told:
        told: dict[str, object] = {"position": self.fix.told(), "duty": self.duty}
        if job is not None:
            told["job"] = job
        if self.shift_end is not None and self.duty == "on":
            told["shift_end"] = utc(self.shift_end)
        if self.eta is not None and self.job:
            told["eta"] = utc(self.eta)
        return self.tell(STATUS, told, now, perishable=perishable)
