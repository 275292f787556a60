"""Logging in at the house's OpenID Connect provider: there and back, with what one needs on the way sealed in a cookie.

Nothing of it is kept here: a stranger who begins a million times fills no memory, and the browser that comes back is the one that
went.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from cryptography.fernet import Fernet, InvalidToken

from dispatch.access.provider import Provider
from dispatch.service.access_registers import draw
from dispatch.service.log_in import LogIn, NotLoggedIn, Where

BACK_WITHIN_S = 600
"""So long one may take at the provider."""


class OpenId(Protocol):
    """Speaks with the provider. Raises errors of the line, and of the sender's where the provider does not vouch."""

    async def authorization_url(
        self, *, state: str, nonce: str, verifier: str, redirect_uri: str, scopes: tuple[str, ...]
    ) -> str:
        """Return where the browser is sent."""

    async def claims(self, *, code: str, nonce: str, verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        """Return what the provider says of whom it gave a code."""

    async def tells_issuer(self) -> bool:
        """Does it name itself where it sends browsers back?"""

    async def left_url(self, back: str) -> str | None:
        """Return where one logs out of the provider, too."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """What the browser brings back."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    then: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """What the provider sends back with the browser; empty where it is left out."""

    code: str = ""
    state: str = ""
    error: str = ""
    issuer: str = ""


class SingleSignOn:
    """``redirect_uri``: where browsers come back to; ``None``: to the address under which they asked."""

    def __init__(self, provider: Provider, client: OpenId, log_in: LogIn, redirect_uri: str | None = None) -> None:
        self.provider = provider
        self._client, self._log_in, self._redirect_uri = client, log_in, redirect_uri
        self._seal = Fernet(Fernet.generate_key())  # of this start: who is under way while we restart begins again

    async def begin(self, back: str, then: str) -> tuple[str, str]:
        """Return where the browser is sent, and the cookie it takes along.

        ``back``: our path's address as the browser knows it; ``then``: where one wants to be, a path of ours.
        """
        way = _UnderWay(draw(), draw(), draw(), self._redirect_uri or back, then)
        url = await self._client.authorization_url(
            state=way.state,
            nonce=way.nonce,
            verifier=way.verifier,
            redirect_uri=way.redirect_uri,
            scopes=self.provider.scopes,
        )
        return url, self._seal.encrypt_at_time(json.dumps(asdict(way)).encode(), int(self._log_in.now())).decode()

    async def finish(self, came: CameBack, cookie: str, where: Where) -> tuple[str, str]:
        """Return a session's secret, and where one wanted to be. Raises ``NotLoggedIn``, and as the client does."""
        way = self._opened(cookie)
        if not hmac.compare_digest(came.state.encode(), way.state.encode()):
            raise NotLoggedIn("this is not where you began to log in: begin again")
        await self._must_be_of_the_provider(came)
        if came.error or not came.code:
            raise NotLoggedIn(f"{self.provider.label} let you go no further: begin again")
        claims = await self._client.claims(
            code=came.code, nonce=way.nonce, verifier=way.verifier, redirect_uri=way.redirect_uri
        )
        secret = await self._log_in.log_in_as(self.provider.person(claims), self.provider.role(claims), where)
        return secret, way.then

    async def left_url(self, back: str) -> str | None:
        """Return where one logs out of the provider, too, and comes back from; ``None``: it has no such place."""
        return await self._client.left_url(back)

    def _opened(self, cookie: str) -> _UnderWay:
        try:
            found = self._seal.decrypt_at_time(cookie.encode(), BACK_WITHIN_S, int(self._log_in.now()))
        except (InvalidToken, UnicodeError):
            raise NotLoggedIn("this took too long, or was begun in another browser: begin again") from None
        return _UnderWay(**json.loads(found))

    async def _must_be_of_the_provider(self, came: CameBack) -> None:
        """See that it is the provider who answers, and not another that somebody mixed in (RFC 9207)."""
        if (came.issuer or await self._client.tells_issuer()) and came.issuer != self.provider.issuer:
            raise NotLoggedIn("another provider answered: begin again")
