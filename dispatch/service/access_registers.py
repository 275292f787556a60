"""Accounts, keys, sessions and links: at hand in memory, and in the store before anybody is told of a change.

None is ever deleted but sessions and links that are over: a locked account and a key that holds no more stay, so that who once
needed a log-in always will, and rows of the ledger name somebody whom one can look up.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import replace
from string import ascii_letters, digits

from dispatch.access import totp
from dispatch.access.accounts import LONGEST_NAME, AccessLink, Account, ApiKey, BadAccess, WebSession, must_fit
from dispatch.access.permissions import Permission
from dispatch.access.provider import Person
from dispatch.access.roles import Role
from dispatch.store.journal import Journal

SHORT_SECRET = 22
"""Letters and digits of a short link, 131 bits: it stands in a text message, and nothing that a reader of links cuts off."""
KEY_PREFIX = "callahead_"
"""So that whoever finds a key somewhere, or looks for such, knows what it is."""
SECRET_BYTES = 32
DAY_S = 86_400.0
INVITATION_S = 7 * DAY_S
LINK_S = 2 * DAY_S


def draw() -> str:
    """Return a new secret, 256 bits."""
    return secrets.token_urlsafe(SECRET_BYTES)


def draw_short() -> str:
    """Return a new secret that is to stand in a short message, 131 bits."""
    return "".join(secrets.choice(ascii_letters + digits) for _ in range(SHORT_SECRET))


def new_authenticator() -> str:
    """Return the secret of a new authenticator app, base32."""
    return b32encode(secrets.token_bytes(totp.SECRET_BYTES)).decode()


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
        self._changing = asyncio.Lock()

    @property
    def empty(self) -> bool:
        """Was no account and no key ever made?"""
        return not (self.accounts or self.keys)

    @property
    def has_administrator(self) -> bool:
        """Is there somebody who can let others in?"""
        return any(one.role is Role.ADMINISTRATOR and one.can_log_in for one in self.accounts.values())

    def key_of(self, secret: str) -> ApiKey | None:
        """Return the key that this is, whether or not it still holds."""
        return self._by_hash.get(digest(secret))

    async def change(self, name: str, how: Callable[[Account], Account]) -> Account:
        """Change an account as it stands now: of two changes at once none undoes the other. Raises ``BadAccess``."""
        async with self._changing:
            account = how(self._named(name))
            await self._keep(account)
            return account

    async def invite(self, name: str, role: Role, owns: str | None, now: float) -> str:
        """Make an account, or change its role, and return what its owner opens once to choose a password."""
        must_fit(role, owns)
        async with self._changing:
            before = self.accounts.get(name)
            if before is not None and before.subject is not None:
                raise BadAccess(f"{name!r} comes by OpenID Connect: role and password are the provider's to say")
            made = replace(before, role=role, owns=owns) if before else Account(name, role, owns, now)
            await self._keep(made)
        await self.end_invitations_of(name)
        return await self.add_link(name, role, owns, now + INVITATION_S)

    async def make(self, account: Account) -> None:
        """Make an account. Raises ``BadAccess`` where there is one of that name."""
        async with self._changing:
            if account.name in self.accounts:
                raise BadAccess(f"there is an account {account.name!r}; choose another name")
            await self._keep(account)

    async def admit(self, person: Person, role: Role, now: float) -> Account:
        """Return the account of a person whom the provider vouches for, made where there is none yet, with this role."""
        async with self._changing:
            known = self.of_subject(person.subject)
            made = Account(self._free_name(person), role, None, now, subject=person.subject)
            account = replace(known, role=role) if known else made
            if account != known:
                await self._keep(account)
            return account

    def of_subject(self, subject: str) -> Account | None:
        """Return the account of somebody by who they are at the provider."""
        return next((one for one in self.accounts.values() if one.subject == subject), None)

    def _free_name(self, person: Person) -> str:
        """Return the name they are called by; where that is another's, with something of their own behind it."""
        if person.name not in self.accounts:
            return person.name
        return f"{person.name[: LONGEST_NAME - 9]}-{digest(person.subject)[:8]}"

    def _named(self, name: str) -> Account:
        if name not in self.accounts:
            raise BadAccess(f"nobody is called {name!r}")
        return self.accounts[name]

    async def _keep(self, account: Account) -> None:
        await asyncio.to_thread(self._journal.accounts.keep, [account])
        self.accounts[account.name] = account

    async def add_link(self, name: str, role: Role, owns: str | None, until: float, secret: str | None = None) -> str:
        """Return what somebody opens: to choose a password, or instead of one. ``secret``: drawn for it already."""
        must_fit(role, owns)
        secret = secret or draw()
        link = AccessLink(digest(secret), name, role, owns, until)
        await asyncio.to_thread(self._journal.access_links.keep, [link])
        self.links[link.hash] = link
        return secret

    async def end_invitations_of(self, name: str) -> None:
        """Have every invitation of an account lead nowhere any more: who has an older one chooses no password for it."""
        found = [one.hash for one in self.links.values() if one.name == name and one.is_invitation]
        for link in found:  # all at once: of two who open them, one is let in
            del self.links[link]
        for link in found:
            await asyncio.to_thread(self._journal.access_links.forget, link)

    def has_link(self, secret: str) -> bool:
        """Is there such a link, whether or not it still holds?"""
        return digest(secret) in self.links

    async def end_links_of(self, owns: str) -> int:
        """Have every link of a customer or a helper lead nowhere any more, and end what was begun by them; return how many."""
        links = [one.hash for one in self.links.values() if one.owns == owns and not one.is_invitation]
        for link in links:  # all at once: nobody comes in meanwhile
            del self.links[link]
        for session in [one.hash for one in self.sessions.values() if one.owns == owns and one.role is not None]:
            await self.end_session(session)
        for link in links:
            await asyncio.to_thread(self._journal.access_links.forget, link)
        return len(links)

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

    async def end_sessions_of(self, name: str, but: str | None = None) -> int:
        """End every session of an account, but one; return how many."""
        found = [one.hash for one in self.sessions_of(name) if one.hash != but]
        for session in found:
            await self.end_session(session)
        return len(found)

    def sessions_of(self, name: str) -> list[WebSession]:
        """Return where an account is logged in, the latest first. Links of the same name are no sessions of it."""
        found = [one for one in self.sessions.values() if one.name == name and one.role is None]
        return sorted(found, key=lambda one: -one.created_at)

    async def lock(self, name: str) -> None:
        """Shut an account, and log it out. Raises ``BadAccess``."""
        await self.change(name, lambda account: replace(account, locked=True))
        await self.end_sessions_of(name)

    async def unlock(self, name: str) -> None:
        """Open it again: password and authenticator are as they were. Raises ``BadAccess``."""
        await self.change(name, lambda account: replace(account, locked=False))

    async def forget_authenticator(self, name: str) -> None:
        """Ask for no code any more, and log the account out. Raises ``BadAccess``."""
        await self.change(name, lambda account: replace(account, totp=None))
        await self.end_sessions_of(name)


def new_key(
    name: str,
    now: float,
    *,
    scopes: tuple[Permission, ...] = (),
    role: Role | None = None,
    owns: str | None = None,
    days: float | None = None,
) -> tuple[ApiKey, str]:
    """Return what is kept of a new key, and the key itself, which is told once. Raises ``BadAccess``.

    ``days``: how long it holds; ``None``: until it is revoked.
    """
    if bool(scopes) is (role is not None):
        raise BadAccess("a key has scopes, or a role instead of them: name the ones or the other")
    if role is not None:
        must_fit(role, owns)
    secret = KEY_PREFIX + draw()
    until = None if days is None else now + days * DAY_S
    return ApiKey(name, digest(secret), scopes, owns, now, until, role), secret
