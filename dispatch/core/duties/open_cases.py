"""The open cases, found by customer, episode or device, and how those that were closed ended. Pure."""

from __future__ import annotations

from dataclasses import replace

from dispatch.core.actions import CloseReason
from dispatch.core.case import Call, Case
from dispatch.core.desk_state import Standing
from dispatch.core.ended import Endings
from dispatch.core.transitions import HelpState
from gateway.finding import Domain, Finding, Help

_HELP_IS_OVER = {HelpState.DONE, HelpState.CANCELLED, HelpState.TOO_LATE}
"""Nobody goes to where the device is any more: it drives home, or stands in the workshop."""


class OpenCases:
    """``add``, ``join`` and ``remove`` cases; what is not open is not here."""

    def __init__(self) -> None:
        self.by_name: dict[str, Case] = {}
        self.of_episode: dict[str, Case] = {}
        """Episode → the open case it belongs to."""
        self.endings = Endings()
        self._of_customer: dict[str, dict[str, Case]] = {}
        """Customer → their open cases, oldest first."""
        self._episodes: dict[str, list[str]] = {}
        """Open case → the episodes that belong to it."""
        self._of_device: dict[tuple[str, str], Case] = {}
        """Device and customer → the open case of what is broken in it."""

    def add(self, case: Case) -> None:
        """A case was opened."""
        finding = case.finding
        self.by_name[case.case], self._episodes[case.case] = case, []
        self.join(case, finding.episode)
        if _shares_a_case(finding):
            self._of_device[finding.device, finding.customer] = case
        self._of_customer.setdefault(finding.customer, {})[case.case] = case

    def hand_over(self, stranger: str, customer: str, language: str, *, may_call: bool) -> None:
        """It turned out whose the cases of somebody are whom nobody knew."""
        for case in self._of_customer.pop(stranger, {}).values():
            case.is_of(customer, language, may_call=may_call)
            self._of_customer.setdefault(customer, {})[case.case] = case
            device = case.finding.device
            if self._of_device.get((device, stranger)) is case:
                self._of_device[device, customer] = self._of_device.pop((device, stranger))

    def named(self, case: str) -> Case | None:
        """Return the open case of a name."""
        return self.by_name.get(case)

    def join(self, case: Case, episode: str) -> None:
        """Note that an episode belongs to a case."""
        self.of_episode[episode] = case
        if episode not in self._episodes[case.case]:
            self._episodes[case.case].append(episode)

    def remove(self, case: Case, reason: CloseReason, now: float) -> None:
        """A case was closed."""
        del self.by_name[case.case]
        found = {finding.episode: finding for finding in (case.finding, *case.others.values())}
        for episode in self._episodes.pop(case.case):
            self.of_episode.pop(episode, None)
            found.setdefault(episode, replace(case.finding, episode=episode, relapse=0))
        self.endings.note(case, found.values(), reason, now)
        device = (case.finding.device, case.finding.customer)
        if self._of_device.get(device) is case:
            del self._of_device[device]
        mine = self._of_customer[case.finding.customer]
        del mine[case.case]
        if not mine:
            del self._of_customer[case.finding.customer]

    def sharing(self, finding: Finding) -> Case | None:
        """Return the device's open case that something else that is broken in it joins."""
        return self._of_device.get((finding.device, finding.customer)) if _shares_a_case(finding) else None

    def of_customer(self, customer: str) -> list[Case]:
        """Return a customer's open cases, oldest first."""
        return list(self._of_customer.get(customer, {}).values())

    def to_talk_about(self, customer: str) -> Case | None:
        """Return the customer's open case: the newest of which they do not know yet, else the newest."""
        mine = self.of_customer(customer)
        untold = [case for case in mine if not case.informed]
        found = untold or mine
        return found[-1] if found else None

    def of_call(self, call: Call) -> Case | None:
        """Return the open case that a call is about."""
        if call.case is not None:
            return self.by_name.get(call.case)
        return self.to_talk_about(call.customer) if call.is_about_anything else None

    def ended_about(self, call: Call) -> Case | None:
        """Return the open case that a call was about. What was written before a case was opened was about something else."""
        return self.of_call(call) if call.is_spoken or call.case is not None else None

    def follows(self, episode: str) -> bool:
        """Tell whether it matters where the device of a fault episode is: its case is open, and help may still go there."""
        case = self.of_episode.get(episode)
        return case is not None and case.help not in _HELP_IS_OVER

    # --- written down ------------------------------------------------------------------------------------------------

    def customers(self) -> dict[str, list[str]]:
        """Return the names of each customer's open cases, oldest first."""
        return {customer: list(cases) for customer, cases in self._of_customer.items()}

    def episodes(self) -> dict[str, str]:
        """Return the name of the case that each episode belongs to."""
        return {episode: case.case for episode, case in self.of_episode.items()}

    def devices(self) -> list[tuple[str, str, str]]:
        """Return device, customer and case of what is broken."""
        return [(*device, case.case) for device, case in self._of_device.items()]

    def stand(self, standing: Standing) -> None:
        """Take up an earlier standing."""
        self.by_name = {case.case: case for case in standing.cases}
        self._of_customer = {
            who: {name: self.by_name[name] for name in names} for who, names in standing.of_customer.items()
        }
        self.of_episode = {episode: self.by_name[case] for episode, case in standing.of_episode.items()}
        self._episodes = {case.case: [] for case in standing.cases}
        for episode, name in standing.of_episode.items():
            self._episodes[name].append(episode)
        self._of_device = {(device, who): self.by_name[case] for device, who, case in standing.of_device}
        self.endings = Endings(standing.ended.items())


def _shares_a_case(finding: Finding) -> bool:
    """Tell whether what is broken joins the device's open case: one truck takes the car, one technician the appliance."""
    broken = finding.remedy.help not in {Help.NOTICE, Help.SUPPLIES}
    return finding.domain is Domain.VEHICLE or (finding.domain is Domain.APPLIANCE and broken)
