"""Accounts, keys, sessions and links: at hand in memory, and in the store before anybody is told of a change.

None is ever deleted but sessions and links that are over: a locked account and a key that holds no more stay, so that who once
needed a log-in always will, and rows of the ledger name somebody whom one can look up.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace

from dispatch.access.accounts import AccessLink, Account, ApiKey, BadAccess, WebSession, must_fit
from dispatch.access.permissions import Permission
from dispatch.access.roles import Role
from dispatch.store.journal import Journal

KEY_PREFIX = "callahead_"
"""So that whoever finds a key somewhere, or looks for such, knows what it is."""
SECRET_BYTES = 32
INVITATION_S = 7 * 86_400.0
LINK_S = 2 * 86_400.0


def draw() -> str:
    """Return a new secret, 256 bits."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """Return what is kept of a secret that was drawn: nobody guesses 256 bits, so a fast hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()


class AccessRegisters:
    """Read in the event loop's thread. What changes something raises ``JournalFailed`` and ``BadAccess``."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.accounts = {one.name: one for one in journal.accounts.all()}
        self.keys = {one.name: one for one in journal.api_keys.all()}
        self.sessions = {one.hash: one for one in journal.sessions.all()}
        self.links = {one.hash: one for one in journal.access_links.all()}
        self._by_hash = {one.hash: one for one in self.keys.values()}

    @property
    def empty(self) -> bool:
        """Was no account and no key ever made?"""
        return not (self.accounts or self.keys)

    @property
    def has_administrator(self) -> bool:
        """Is there somebody who can let others in?"""
        return any(one.role is Role.ADMINISTRATOR and one.password for one in self.accounts.values())

    def key_of(self, secret: str) -> ApiKey | None:
        """Return the key that this is, whether or not it still holds."""
        return self._by_hash.get(digest(secret))

    async def keep(self, account: Account) -> None:
        """Keep an account, new or changed."""
        await asyncio.to_thread(self._journal.accounts.keep, [account])
        self.accounts[account.name] = account

    async def invite(self, name: str, role: Role, owns: str | None, now: float) -> str:
        """Make an account, or change its role, and return what its owner opens once to choose a password."""
        must_fit(role, owns)
        before = self.accounts.get(name)
        made = replace(before, role=role, owns=owns) if before else Account(name, role, owns, now)
        await self.keep(made)
        return await self.add_link(name, role, owns, now + INVITATION_S)

    async def add_link(self, name: str, role: Role, owns: str | None, until: float) -> str:
        """Return what somebody opens: to choose a password, or instead of one."""
        must_fit(role, owns)
        secret = draw()
        link = AccessLink(digest(secret), name, role, owns, until)
        await asyncio.to_thread(self._journal.access_links.keep, [link])
        self.links[link.hash] = link
        return secret

    async def use_up(self, link: AccessLink) -> None:
        """Have a link lead nowhere any more."""
        self.links.pop(link.hash, None)
        await asyncio.to_thread(self._journal.access_links.forget, link.hash)

    async def add_key(self, made: ApiKey) -> None:
        """Keep a key. Raises ``BadAccess`` where one of that name holds."""
        before = self.keys.get(made.name)
        if before is not None and (before.until is None or before.until > made.created_at):
            raise BadAccess(f"there is a key {made.name!r} that holds; revoke it first, or choose another name")
        await self._replace_key(made)

    async def revoke_key(self, name: str, now: float) -> bool:
        """Have a key hold no more; ``False``: there is none of that name."""
        known = self.keys.get(name)
        if known is not None:
            await self._replace_key(replace(known, until=min(known.until or now, now)))
        return known is not None

    async def _replace_key(self, made: ApiKey) -> None:
        await asyncio.to_thread(self._journal.api_keys.keep, [made])
        before = self.keys.get(made.name)
        if before is not None:
            self._by_hash.pop(before.hash, None)
        self.keys[made.name] = self._by_hash[made.hash] = made

    def forget(self, is_gone: Callable[[WebSession | AccessLink], bool]) -> None:
        """Know sessions and links no more that the store has forgotten."""
        self.sessions = {name: one for name, one in self.sessions.items() if not is_gone(one)}
        self.links = {name: one for name, one in self.links.items() if not is_gone(one)}

    async def begin_session(self, session: WebSession) -> None:
        """Keep a session, and those no more that are over."""
        for over in [one for one in self.sessions.values() if one.until <= session.created_at]:
            await self.end_session(over.hash)
        await asyncio.to_thread(self._journal.sessions.keep, [session])
        self.sessions[session.hash] = session

    async def end_session(self, name: str) -> None:
        """Keep a session no more."""
        self.sessions.pop(name, None)
        await asyncio.to_thread(self._journal.sessions.forget, name)


def new_key(
    name: str, now: float, *, scopes: tuple[Permission, ...] = (), role: Role | None = None, owns: str | None = None
) -> tuple[ApiKey, str]:
    """Return what is kept of a new key, and the key itself, which is told once. Raises ``BadAccess``."""
    if bool(scopes) is (role is not None):
        raise BadAccess("a key has scopes, or a role instead of them: name the ones or the other")
    if role is not None:
        must_fit(role, owns)
    secret = KEY_PREFIX + draw()
    return ApiKey(name, digest(secret), scopes, owns, now, role=role), secret
