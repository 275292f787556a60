"""What is kept of those who may log in: accounts, keys, sessions and links. Never a secret, only its hash. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.access.permissions import FOR_ALL, Permission
from dispatch.access.roles import BY_LINK, GRANTS, OWNERS, Grants, Reach, Role
from gateway.errors import SenderError

LONGEST_NAME = 64
NAME_PATTERN = rf"^[A-Za-z0-9][A-Za-z0-9._@\-]{{0,{LONGEST_NAME - 1}}}$"
"""Of accounts and keys: it stands in every row of the ledger that they cause."""
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
MOST_PLACES = 20
"""So many addresses are remembered where somebody logged in."""


class BadAccess(SenderError, ValueError):  # noqa: N818 - says what is wrong
    """The asker's fault: an account, key or link of that kind there cannot be."""


@dataclass(frozen=True, slots=True)
class LogInRecord:
    """What an account remembers of how it was tried: it must hold beyond a restart."""

    wrong: int = 0
    """Wrong ones since the last right one, from where it never logged in."""
    wrong_at: float = 0.0
    code_step: int = -1
    """Of the last code of its authenticator that counted: none counts twice."""
    places: tuple[str, ...] = ()
    """Where it logged in, as ``lockout.place_of`` has them, the latest first."""

    def right(self, place: str, code_step: int) -> LogInRecord:
        """Return the record after they logged in from there."""
        places = (place, *(one for one in self.places if one != place))[:MOST_PLACES]
        return LogInRecord(code_step=max(code_step, self.code_step), places=places)


@dataclass(frozen=True, slots=True)
class Account:
    """A person."""

    name: str
    role: Role
    owns: str | None
    """A vendor's or partner's name, where the role reaches only its own."""
    created_at: float
    """POSIX seconds, as all times here."""
    password: str | None = None
    """Its hash; ``None``: they have not chosen one yet, or come by OpenID Connect."""
    totp: str | None = None
    """The shared secret of their authenticator, base32; ``None``: they have none."""
    locked: bool = False
    """An administrator has shut it."""
    subject: str | None = None
    """Who they are at the house's provider, issuer and subject: of those who come by OpenID Connect."""
    record: LogInRecord = LogInRecord()

    @property
    def can_log_in(self) -> bool:
        """Have they chosen a password, or come by OpenID Connect, and are not shut out?"""
        return bool(self.password or self.subject) and not self.locked


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A machine."""

    name: str
    hash: str
    """SHA-256 of the key, hexadecimal: it is drawn here, 256 bits, so nobody guesses it from that."""
    scopes: tuple[Permission, ...]
    owns: str | None
    """Whose things it reaches; ``None``: everybody's."""
    created_at: float
    until: float | None = None
    role: Role | None = None
    """Instead of scopes: all that this role may do."""

    def grants(self) -> Grants:
        """Return what it may do."""
        if self.role is not None:
            return GRANTS[self.role]
        reach = Reach.ALL if self.owns is None else Reach.OWN
        return dict.fromkeys(self.scopes, reach) | dict.fromkeys(FOR_ALL, Reach.ALL)


@dataclass(frozen=True, slots=True)
class WebSession:
    """Somebody is logged in."""

    hash: str
    """SHA-256 of what the cookie holds."""
    name: str
    """The account's; of a link, whose it is."""
    created_at: float
    until: float
    role: Role | None = None
    """Of a link; an account's role is looked up, for it may change."""
    owns: str | None = None
    address: str = ""
    """From where they logged in."""
    browser: str = ""
    """As it calls itself."""


@dataclass(frozen=True, slots=True)
class AccessLink:
    """A link that is to be opened: once, to choose a password; or until it expires, by a customer or a helper."""

    hash: str
    name: str
    role: Role
    owns: str | None
    until: float

    @property
    def is_invitation(self) -> bool:
        """Does it lead to a password?"""
        return self.role not in BY_LINK


def must_fit(role: Role, owns: str | None) -> None:
    """Raise ``BadAccess`` where a role that reaches only its own does not say whose, or another one does."""
    if role in OWNERS and not owns:
        raise BadAccess(f"a {role} reaches only its own: say whose, as in --of acme")
    if role not in OWNERS and owns:
        raise BadAccess(f"a role that reaches everything, as {role} does, is nobody's own; leave out {owns!r}")
    if role is Role.HELPER and "/" not in (owns or ""):
        raise BadAccess(f"a helper's own is a truck, as in --of tow/truck-1; {owns!r} would be all that a vendor has")


def must_be_a_password(text: str) -> None:
    """Raise ``BadAccess`` where it is too short to be one, or too long."""
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise BadAccess(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; several words will do")
