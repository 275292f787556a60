"""What the console looks at: the service, as far as it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from dispatch.service.log_in import LogIn
from dispatch.service.single_sign_on import SingleSignOn
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook
from dispatch.views.health import Condition
from dispatch.web.console.dead_letters import Letters
from gateway.devices.twin import Twin


class ConsoleSource(Letters, Protocol):
    """Read in the loop's thread; nothing is changed by looking."""

    casebook: Casebook
    log_in: LogIn
    sign_on: SingleSignOn | None

    def now(self) -> float:
        """Return the service's time, POSIX seconds."""

    def twins(self) -> Mapping[str, Twin]:
        """Return the devices' twins by name."""

    def name_of(self, customer: str) -> str:
        """Return the customer's name; the id where it is not known."""

    def script_of(self, case: CaseView) -> list[tuple[str, str]]:
        """Return what the customer of a case is told, line by line, in their language and in English."""

    def link(self) -> str:
        """Say how the connection to the broker stands."""

    def condition(self) -> Condition:
        """Say in what condition the service is."""
