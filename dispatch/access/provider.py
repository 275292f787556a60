"""The house's OpenID Connect provider: who somebody is there, and which role its groups give them here. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dispatch.access.accounts import LONGEST_NAME, NAME_PATTERN
from dispatch.access.roles import Role

NAMES_FROM = ("preferred_username", "email", "sub")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._@\-]+")
_SEPARATOR = " "
"""Between issuer and subject: no issuer's address has one."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider vouches for."""

    subject: str
    """Issuer and subject: theirs alone, and for ever, whatever they are called."""
    name: str
    """What they would be called here, if nobody else is."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What the operator says of it."""

    issuer: str
    client_id: str
    label: str
    """What people call it."""
    name_claim: str = NAMES_FROM[0]
    roles_claim: str = "groups"
    """Where groups stand; dots lead into what stands in one another."""
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Of each group; of several, the first that stands here."""
    default_role: Role | None = None
    """Of whoever is in none of them; ``None``: they are not let in."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")

    def person(self, claims: Mapping[str, Any]) -> Person:
        """Return who it is that claims, which were checked, are about."""
        subject = f"{self.issuer}{_SEPARATOR}{claims['sub']}"
        names = (_fitting(_name_in(claims, claim)) for claim in dict.fromkeys((self.name_claim, *NAMES_FROM)))
        drawn = f"person-{hashlib.sha256(subject.encode()).hexdigest()[:8]}"
        return Person(subject, next(filter(None, names), drawn))

    def role(self, claims: Mapping[str, Any]) -> Role | None:
        """Return what they are to the house; ``None``: nothing."""
        groups = set(_texts(_found(claims, self.roles_claim)))
        return next((role for group, role in self.roles.items() if group in groups), self.default_role)


def _name_in(claims: Mapping[str, Any], claim: str) -> str:
    """Return a name; an address that the provider says it did not check is none."""
    told = _found(claims, claim)
    unsure = claim == "email" and claims.get("email_verified", True) is not True
    return told if isinstance(told, str) and not unsure else ""


def _fitting(name: str) -> str:
    """Return a name as accounts are named; empty where nothing of it is left."""
    fitting = _NOT_IN_NAMES.sub("-", name).strip("._-@")[:LONGEST_NAME]
    return fitting if re.fullmatch(NAME_PATTERN, fitting) else ""


def _found(claims: Mapping[str, Any], claim: str) -> object:
    """Return a claim by its name as it stands, or by its path."""
    if claim in claims:
        return claims[claim]
    found: object = claims
    for part in claim.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(told: object) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, list):
        yield from (one for one in told if isinstance(one, str))
