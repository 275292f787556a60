"""Logging in and being known: a password and perhaps a code, a key, a link; then a session, which is looked up in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from dispatch.access import totp
from dispatch.access.accounts import AccessLink, Account, BadAccess, WebSession, must_be_a_password
from dispatch.access.lockout import Lockout
from dispatch.access.principal import DEMO, STRANGER, KnownBy, Principal
from dispatch.access.roles import GRANTS, Role
from dispatch.service.access_registers import AccessRegisters, digest, draw
from dispatch.service.passwords import PasswordHasher
from dispatch.store.journal import Journal
from gateway.errors import SenderError

SESSION_S = 12 * 3_600.0
"""A shift: whoever stays longer logs in again."""
IDLE_S = 2 * 3_600.0
"""Nothing asked for so long: logged out."""
WRONG_FROM_ONE_ADDRESS = 20
"""So many wrong ones are forgiven from an address, behind which a whole office may sit."""
_WRONG = "name, password or code is wrong"


class NotLoggedIn(SenderError):  # noqa: N818 - says what happened
    """The asker is not let in. ``wait_s``: how long until they may try again; 0: at once."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Attempted:
    """What somebody logs in with. ``address``: of whoever asks."""

    name: str
    password: str
    code: str
    address: str


class LogIn:
    """``may_be_open``: only this machine reaches us, so nobody need log in before the first account or key is made.

    ``now`` is the machine's time, POSIX seconds, whatever the pace of the service's own clock.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        may_be_open: bool = True,
        now: Callable[[], float] = time.time,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self.registers = AccessRegisters(journal)
        self.may_be_open = may_be_open
        self.now = now
        self._hasher = hasher or PasswordHasher()
        self._names, self._addresses = Lockout(), Lockout(WRONG_FROM_ONE_ADDRESS)
        self._steps: dict[str, int] = {}
        self._seen: dict[str, float] = {}
        self._started_at = now()
        self._first = ""

    @property
    def open(self) -> bool:
        """May everybody on this machine do everything, because nobody ever made an account or a key?"""
        return self.may_be_open and self.registers.empty

    def by_key(self, secret: str) -> Principal:
        """Return whom a key is of; a stranger where it holds no more or never did."""
        key = self.registers.key_of(secret)
        if key is None or (key.until is not None and key.until <= self.now()):
            return STRANGER
        return Principal(KnownBy.KEY, key.name, key.grants(), key.role, key.owns)

    def by_session(self, secret: str) -> Principal:
        """Return whom a session is of; a stranger where it is over. It counts as being asked."""
        return self._of_session(digest(secret), touch=True)

    def without_any(self) -> Principal:
        """Return who asks without key and session."""
        return DEMO if self.open else STRANGER

    def still(self, principal: Principal) -> bool:
        """Is somebody who was let in let in still? A page that stays open asks again and again."""
        match principal.known_by:
            case KnownBy.USER | KnownBy.LINK:
                return self._of_session(principal.session or "", touch=False).known
            case KnownBy.DEMO:
                return self.open
            case KnownBy.KEY:
                key = self.registers.keys.get(principal.name)
                return key is not None and (key.until is None or key.until > self.now())
            case KnownBy.NOBODY:
                return False

    def _of_session(self, name: str, *, touch: bool) -> Principal:
        session, now = self.registers.sessions.get(name), self.now()
        if session is None or session.until <= now or self._seen_at(session) + IDLE_S <= now:
            return STRANGER
        found = _by_link(session) if session.role is not None else self._of_account(session)
        if touch and found.known:
            self._seen[name] = now
        return found

    def _seen_at(self, session: WebSession) -> float:
        return self._seen.get(session.hash, max(session.created_at, self._started_at))

    def _of_account(self, session: WebSession) -> Principal:
        account = self.registers.accounts.get(session.name)
        if account is None or account.locked:
            return STRANGER
        return Principal(KnownBy.USER, account.name, GRANTS[account.role], account.role, account.owns, session.hash)

    async def log_in(self, tried: Attempted) -> str:
        """Return a session's secret. Raises ``NotLoggedIn`` and ``TooManyLogIns``."""
        self._must_not_wait(tried)
        account = self.registers.accounts.get(tried.name)
        fits = await self._hasher.fits(tried.password, account.password if account else None)
        if account is None or not fits or account.locked or not self._code_fits(account, tried.code):
            self._names.failed(tried.name, self.now())
            self._addresses.failed(tried.address, self.now())
            raise NotLoggedIn(_WRONG)
        self._names.passed(tried.name)
        return await self._begin(account.name, SESSION_S)

    def _must_not_wait(self, tried: Attempted) -> None:
        now = self.now()
        wait = max(self._names.wait_s(tried.name, now), self._addresses.wait_s(tried.address, now))
        if wait > 0:
            raise NotLoggedIn(f"too many wrong passwords: try again in {wait:.0f} s", wait)

    def _code_fits(self, account: Account, code: str) -> bool:
        if account.totp is None:
            return True
        step = totp.step_of(account.totp, code, self.now(), self._steps.get(account.name, -1))
        if step is not None:
            self._steps[account.name] = step
        return step is not None

    async def _begin(self, name: str, for_s: float, link: AccessLink | None = None) -> str:
        secret, now = draw(), self.now()
        role, owns = (link.role, link.owns) if link else (None, None)
        await self.registers.begin_session(WebSession(digest(secret), name, now, now + for_s, role, owns))
        self._seen = {one: at for one, at in self._seen.items() if one in self.registers.sessions}
        return secret

    async def log_out(self, principal: Principal) -> None:
        """End the session that somebody is here by."""
        if principal.session is not None:
            await self.registers.end_session(principal.session)

    async def end_sessions_of(self, name: str) -> int:
        """End every session of an account; return how many."""
        found = [one.hash for one in self.registers.sessions.values() if one.name == name]
        for session in found:
            await self.registers.end_session(session)
        return len(found)

    # --- links -------------------------------------------------------------------------------------------------------

    def first_secret(self) -> str | None:
        """Return what the first administrator opens, new with each start; ``None``: there is an administrator."""
        if self.registers.has_administrator:
            return None
        self._first = self._first or draw()
        return self._first

    def link_of(self, secret: str) -> AccessLink:
        """Return the link that this is. Raises ``NotLoggedIn`` where it is used up, has expired or never was."""
        hashed = digest(secret)
        if self._first and hashed == digest(self._first) and not self.registers.has_administrator:
            return AccessLink(hashed, "", Role.ADMINISTRATOR, None, self.now() + SESSION_S)
        found = self.registers.links.get(hashed)
        if found is None or found.until <= self.now():
            raise NotLoggedIn("this link was used, has expired or never was; ask for a new one")
        return found

    async def enter(self, link: AccessLink) -> str:
        """Return a session's secret for a customer's or helper's link, which holds as long as the link does."""
        if link.is_invitation:
            raise NotLoggedIn("this link is to choose a password")
        return await self._begin(link.name, min(link.until - self.now(), SESSION_S), link)

    async def choose_password(self, secret: str, name: str, password: str) -> str:
        """Have an invitation's account, or the first administrator ``name``, log in with it from now on.

        Returns a session's secret. Raises ``NotLoggedIn``, ``BadAccess`` and ``TooManyLogIns``.
        """
        must_be_a_password(password)
        hashed = await self._hasher.hashed(password)
        link = self.link_of(secret)  # behind the hashing: of two who open it at once, one is let in
        if not link.is_invitation:
            raise BadAccess("this link needs no password")
        self._first = ""
        await self.registers.use_up(link)
        known = self.registers.accounts.get(link.name)
        account = known or Account(link.name or name, link.role, link.owns, self.now())
        await self.end_sessions_of(account.name)
        await self.registers.keep(replace(account, password=hashed))
        return await self._begin(account.name, SESSION_S)


def _by_link(session: WebSession) -> Principal:
    assert session.role is not None  # noqa: S101 - asked for
    name = f"{session.role}/{session.name}"
    return Principal(KnownBy.LINK, name, GRANTS[session.role], session.role, session.owns, session.hash)
