"""What cannot be planned as it was asked for: told plainly, and nothing is lost."""

from __future__ import annotations

from gateway.errors import SenderError


class PinCannotBeKept(SenderError):  # noqa: N818 - says what is the matter
    """A person gave a truck a job that is gone, that it cannot do, or that another has: the message says which."""


class NotThisPlan(SenderError):  # noqa: N818 - says what is the matter
    """A plan that was proposed does not fit what stands now; the message says where."""
