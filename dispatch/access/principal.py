"""Who asks: a person, a machine with a key, somebody with a link, the demo, or nobody known. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dispatch.access import roles
from dispatch.access.permissions import Permission
from dispatch.access.roles import Grants, Reach, Role


class KnownBy(StrEnum):
    """How somebody is known."""

    USER = "user"
    KEY = "key"
    LINK = "link"
    DEMO = "demo"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a request is from, and what they may do."""

    known_by: KnownBy
    name: str
    grants: Grants
    role: Role | None = None
    owns: str | None = None
    """Whose things theirs are, where they reach only their own."""
    session: str | None = None
    """Of a person: the session, by which it is seen whether they are still logged in."""

    @property
    def actor(self) -> str:
        """Who did it, as it stands in the ledger's rows."""
        return self.name if self.known_by is KnownBy.DEMO else f"{self.known_by}/{self.name}"

    @property
    def known(self) -> bool:
        """Is it somebody?"""
        return self.known_by is not KnownBy.NOBODY

    def may(self, permission: Permission) -> Reach | None:
        """Return with whose things this may be done; ``None``: not at all."""
        return self.grants.get(permission)

    @property
    def speaks_for_all(self) -> bool:
        """Does it speak for all agents, as a machine does? A person is themselves."""
        return self.known_by is not KnownBy.USER

    def acts_as(self, agent: str) -> bool:
        """May this one speak as an agent of that name?"""
        return self.speaks_for_all or agent == self.name

    def actor_as(self, agent: str | None) -> str:
        """Who did it, where an agent is named: in the demo, the agents are as made up as everything else."""
        return f"demo-{agent.removeprefix('demo-')}" if agent and self.known_by is KnownBy.DEMO else self.actor

    def owns_it(self, name: str, permission: Permission) -> bool:
        """Is it their own, or may they do this with everybody's?"""
        return self.may(permission) is Reach.ALL or (self.owns is not None and name == self.owns)

    def owns_device(self, device: str, permission: Permission) -> bool:
        """The same for a device, ``vendor/device``, which its vendor owns, too."""
        return self.owns_it(device, permission) or self.owns_it(device.partition("/")[0], permission)


STRANGER = Principal(KnownBy.NOBODY, "nobody", roles.NOBODY)
DEMO = Principal(KnownBy.DEMO, "demo-dispatcher", roles.EVERYTHING)
"""Whoever asks where no log-in is needed."""
