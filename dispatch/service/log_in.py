"""Logging in and being known: a password and perhaps a code, a key, a link; then a session, which is looked up in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from dispatch.access import totp
from dispatch.access.accounts import AccessLink, Account, BadAccess, WebSession, must_be_a_password
from dispatch.access.lockout import Guess, Guesses, network_of, place_of
from dispatch.access.principal import DEMO, STRANGER, KnownBy, Principal
from dispatch.access.provider import Person
from dispatch.access.roles import GRANTS, Role
from dispatch.service.access_registers import AccessRegisters, digest, draw
from dispatch.service.passwords import PasswordHasher, TooManyLogIns
from dispatch.store.journal import Journal
from gateway.errors import SenderError

SESSION_S = 12 * 3_600.0
"""A shift: whoever stays longer logs in again."""
IDLE_S = 2 * 3_600.0
"""Nothing asked for so long: logged out."""
LONGEST_BROWSER = 120
"""Letters that are kept of what a browser calls itself."""
_WRONG = "name, password or code is wrong"


class NotLoggedIn(SenderError):  # noqa: N818 - says what happened
    """The asker is not let in. ``wait_s``: how long until they may try again; 0: at once."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Where:
    """From where somebody logs in."""

    address: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Attempted:
    """What somebody logs in with."""

    name: str
    password: str
    code: str = ""
    where: Where = Where()


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
        self._guesses = Guesses()
        for account in self.registers.accounts.values():
            self._guesses.restore(account.name, account.record.wrong, account.record.wrong_at)
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

    def touch(self, principal: Principal) -> None:
        """A page that stays open was used: that counts as being asked."""
        self._of_session(principal.session or "", touch=True)

    def still(self, principal: Principal) -> bool:
        """Is somebody who was let in let in still, and as what they were? A page that stays open asks again and again."""
        match principal.known_by:
            case KnownBy.USER | KnownBy.LINK:
                return self._of_session(principal.session or "", touch=False) == principal
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
        await self.must_know(tried)
        return await self._begin(tried.name, SESSION_S, tried.where)

    async def must_know(self, tried: Attempted) -> None:
        """See that password and code are an account's. It is counted before it is looked at: a burst is no way round.

        Raises ``NotLoggedIn`` and ``TooManyLogIns``.
        """
        known = self.registers.accounts.get(tried.name)
        guess = self._guess(tried, known)
        wait = self._guesses.begin(guess, self.now())
        if wait > 0:
            raise NotLoggedIn(f"too many wrong passwords: try again in {wait:.0f} s", wait)
        kept = known.password if known else None
        try:
            fits, _ = await asyncio.gather(self._hasher.fits(tried.password, kept), self._write_down(guess))
        except TooManyLogIns:
            self._guesses.take_back(guess)
            raise
        account = self.registers.accounts.get(tried.name)  # as it is now: it may have been locked meanwhile
        if account is None or not fits or account.password != kept or account.locked:
            raise NotLoggedIn(_WRONG)
        if not self._code_fits(account, tried.code):
            raise NotLoggedIn(_WRONG)
        self._guesses.was_right(guess)
        await self._remember(account.name, tried.where)

    def _guess(self, tried: Attempted, known: Account | None) -> Guess:
        network = network_of(tried.where.address)
        familiar = known is not None and place_of(tried.name, network) in known.record.places
        return Guess(tried.name, network, known is not None, familiar)

    async def _write_down(self, guess: Guess) -> None:
        """Keep what strangers tried with an account: another start of the service is no new beginning for them."""
        if guess.has_account and not guess.familiar:
            now = self.now()
            await self.registers.change(
                guess.name,
                lambda one: replace(one, record=replace(one.record, wrong=one.record.wrong + 1, wrong_at=now)),
            )

    async def _remember(self, name: str, where: Where) -> None:
        place, step = place_of(name, network_of(where.address)), self._steps.get(name, -1)
        await self.registers.change(name, lambda one: replace(one, record=one.record.right(place, step)))

    def _code_fits(self, account: Account, code: str) -> bool:
        if account.totp is None:
            return True
        after = max(self._steps.get(account.name, -1), account.record.code_step)
        step = totp.step_of(account.totp, code, self.now(), after)
        if step is not None:
            self._steps[account.name] = step
        return step is not None

    async def log_in_as(self, person: Person, role: Role | None, where: Where) -> str:
        """Return a session's secret for somebody whom the provider vouches for. Raises ``NotLoggedIn``."""
        known = self.registers.of_subject(person.subject)
        if role is None:
            if known is not None:
                await self.registers.end_sessions_of(known.name)
            raise NotLoggedIn("none of your groups has a role here: ask who administers this service")
        account = await self.registers.admit(person, role, self.now())
        if account.locked:
            raise NotLoggedIn("this account was locked: ask who administers this service")
        return await self._begin(account.name, SESSION_S, where)

    async def _begin(self, name: str, for_s: float, where: Where, link: AccessLink | None = None) -> str:
        secret, now = draw(), self.now()
        role, owns = (link.role, link.owns) if link else (None, None)
        from_where = (where.address, where.browser[:LONGEST_BROWSER])
        await self.registers.begin_session(WebSession(digest(secret), name, now, now + for_s, role, owns, *from_where))
        self._seen = {one: at for one, at in self._seen.items() if one in self.registers.sessions}
        return secret

    async def log_out(self, principal: Principal) -> None:
        """End the session that somebody is here by."""
        if principal.session is not None:
            await self.registers.end_session(principal.session)

    # --- one's own ---------------------------------------------------------------------------------------------------

    async def change_password(self, principal: Principal, tried: Attempted, new: str) -> None:
        """Have another password count from now on, and end all other sessions.

        Raises ``NotLoggedIn`` where the old one is wrong, ``BadAccess`` where the new one will not do, ``TooManyLogIns``.
        """
        must_be_a_password(new)
        await self.must_know(tried)
        hashed = await self._hasher.hashed(new)
        await self.registers.change(tried.name, lambda one: replace(one, password=hashed))
        await self.registers.end_invitations_of(tried.name)
        await self.registers.end_sessions_of(tried.name, but=principal.session)

    async def add_authenticator(self, name: str, secret: str, code: str) -> None:
        """Ask for a code with the password from now on; one is given. Raises ``BadAccess``."""
        step = totp.step_of(secret, code, self.now())
        if step is None:
            raise BadAccess("the code is wrong: it is another app's, or the clock of one is off")

        def added(account: Account) -> Account:
            if account.totp is not None:
                raise BadAccess("there is an authenticator already: take it away first")
            return replace(account, totp=secret, record=replace(account.record, code_step=-1))

        self._steps.pop(name, None)
        await self.registers.change(name, added)

    async def remove_authenticator(self, tried: Attempted) -> None:
        """Ask for no code any more; password and code are asked for once more. Raises as ``must_know`` does."""
        await self.must_know(tried)
        await self.registers.change(tried.name, lambda one: replace(one, totp=None))

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

    def former_link(self, secret: str) -> AccessLink | None:
        """Return a link that has expired and is remembered still; ``None``: it holds, or nobody knows of it."""
        found = self.registers.links.get(digest(secret))
        return found if found is not None and found.until <= self.now() else None

    async def enter(self, link: AccessLink, where: Where) -> str:
        """Return a session's secret for a customer's or helper's link, which holds as long as the link does."""
        if link.is_invitation:
            raise NotLoggedIn("this link is to choose a password")
        return await self._begin(link.name, min(link.until - self.now(), SESSION_S), where, link)

    async def choose_password(self, secret: str, name: str, password: str, where: Where) -> str:
        """Have an invitation's account, or the first administrator ``name``, log in with it from now on.

        Returns a session's secret. Raises ``NotLoggedIn``, ``BadAccess`` and ``TooManyLogIns``.
        """
        must_be_a_password(password)
        hashed = await self._hasher.hashed(password)
        link = self.link_of(secret)  # behind the hashing: of two who open it at once, one is let in
        if not link.is_invitation:
            raise BadAccess("this link needs no password")
        if link.name:
            self._must_be_invited(link.name)
            await self.registers.end_invitations_of(link.name)
            await self.registers.end_sessions_of(link.name)
            await self.registers.change(link.name, lambda one: replace(one, password=hashed))
        else:
            await self._make_first(Account(name, link.role, link.owns, self.now(), hashed))
        await self._remember(link.name or name, where)
        return await self._begin(link.name or name, SESSION_S, where)

    async def _make_first(self, account: Account) -> None:
        first, self._first = self._first, ""  # at once: of two who open it, one is let in
        try:
            await self.registers.make(account)
        except BadAccess:
            self._first = first
            raise

    def _must_be_invited(self, name: str) -> None:
        account = self.registers.accounts.get(name)
        if account is None or account.locked or account.subject is not None:
            raise BadAccess("this account was locked, or comes by OpenID Connect")


def _by_link(session: WebSession) -> Principal:
    assert session.role is not None  # noqa: S101 - asked for
    name = f"{session.role}/{session.name}"
    return Principal(KnownBy.LINK, name, GRANTS[session.role], session.role, session.owns, session.hash)
