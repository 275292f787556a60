"""Where partners are told what they are asked, and the secret that both sides sign with. ``delivery`` draws it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.finding import Provenance

OLD_SECRET_S = 86_400.0
"""So long a secret that was replaced still verifies, so that a partner can change over without losing a webhook."""


@dataclass(frozen=True, slots=True)
class PartnerRecord:
    """A partner's address. Both sides need the secret in the clear: it signs, so that it cannot be kept as a hash."""

    partner: str
    """The workshop or the supplier."""
    url: str
    provenance: Provenance
    secret: str
    previous: str | None = None
    previous_until: float = 0.0
    """POSIX seconds."""
    iban: str = ""
    """The account it is paid on; empty: it is not paid through us."""

    def secrets(self, now: float) -> list[str]:
        """Return the secrets that hold at ``now``, the newest first."""
        old = [self.previous] if self.previous and now < self.previous_until else []
        return [self.secret, *old]

    def with_secret(self, secret: str, now: float) -> PartnerRecord:
        """Return the partner with a new secret; the old one verifies for another day. ``now``: POSIX seconds."""
        return replace(self, secret=secret, previous=self.secret, previous_until=now + OLD_SECRET_S)
