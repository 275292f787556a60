"""Who wrote from an address that is no one customer's: the address, so that they can be answered. In no row of the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.core.conversation.channels import Channel
from gateway.finding import Provenance


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody at an address."""

    stranger: str
    """``stranger/{digest}``: says nothing of the address."""
    channel: Channel
    address: str
    provenance: Provenance
    candidates: tuple[str, ...]
    """Customers who have that address."""
    heard_at: float
    """When they wrote last, POSIX seconds."""
    number: int = 0
    """How often it was found out who wrote from a shared address, before: each time it may be somebody else."""
    customer: str = ""
    """Who it turned out to be."""
    name: str = ""
    """As they said it to an agent; nobody vouches for it."""
    phone: str = ""
    """Where they can be rung, as they said it."""

    @property
    def rung_at(self) -> str:
        """Where they can be rung: as they said, else from where they rang; empty: nobody knows."""
        return self.phone or (self.address if self.channel is Channel.PHONE else "")

    @property
    def is_settled(self) -> bool:
        """Is it known who writes from there, from now on? Not where several do, or whose word nobody vouches for."""
        return bool(self.customer) and not self.candidates
