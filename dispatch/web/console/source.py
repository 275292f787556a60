"""What the console's pages of accounts look at: who is let in."""

from __future__ import annotations

from typing import Protocol

from dispatch.service.log_in import LogIn
from dispatch.service.single_sign_on import SingleSignOn


class ConsoleSource(Protocol):
    """Read in the loop's thread."""

    log_in: LogIn
    sign_on: SingleSignOn | None
