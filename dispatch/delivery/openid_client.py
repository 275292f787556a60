"""Asks the house's OpenID Connect provider who somebody is: code with PKCE, its keys, its signed word. By Authlib and joserfc.

Both come with ``callahead[oidc]``; nothing here is imported where the house has no provider. Of Authlib we take the protocol
and not its clients: those want sessions of Starlette, read answers of any length, and take a word that names another audience.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dispatch.access.hosts import safe_url
from gateway.errors import LineError, SenderError

ANSWER_WITHIN_S = 10.0
LONGEST_ANSWER = 256 * 1024
"""Bytes."""
LEEWAY_S = 60
"""So far its clock and ours may be apart."""
KNOWN_FOR_S = 600.0
"""What it says of itself is asked anew after that; its keys with each log-in, so a key it draws or revokes counts at once."""
MOST_AT_ONCE = 20
"""Questions; whoever comes then waits."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures with a public key. Not the ones with our secret, nor none."""
_AUTHENTICATES = ("client_secret_basic", "client_secret_post")


class ProviderDown(LineError):  # noqa: N818 - says what happened
    """The provider cannot be reached, hangs, or says what is no OpenID Connect; the message says which."""


class NotVouchedFor(SenderError):  # noqa: N818 - likewise
    """The provider refused, or its word does not hold; the message says why."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the provider says of itself."""

    authorization: str
    token: str
    keys: str
    end_session: str | None
    authenticates: str
    tells_issuer: bool
    """It names itself where it sends browsers back (RFC 9207)."""


class OpenIdClient:
    """``secret``: ``None`` for a public client; ``ca``: trusted instead of the usual certificates; ``now``: POSIX seconds."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        secret: str | None,
        *,
        ca: Path | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuer, self._client_id, self._secret = issuer, client_id, secret
        self._now = now
        self._tls = ssl.create_default_context(cafile=ca) if ca else True
        self._known: tuple[float, Endpoints] | None = None
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def authorization_url(
        self, *, state: str, nonce: str, verifier: str, redirect_uri: str, scopes: tuple[str, ...]
    ) -> str:
        """Return where the browser is sent. Raises ``ProviderDown``."""
        found = await self.endpoints()
        asked = {
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        return str(
            prepare_grant_uri(
                found.authorization, self._client_id, "code", redirect_uri, " ".join(scopes), state, **asked
            )
        )

    async def claims(self, *, code: str, nonce: str, verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        """Return what the provider says of whom it gave a code. Raises ``ProviderDown`` and ``NotVouchedFor``."""
        found = await self.endpoints()
        told = await self._token(found, code, verifier, redirect_uri)
        word, access = told.get("id_token"), told.get("access_token")
        if not isinstance(word, str):
            raise NotVouchedFor("the provider gave no id_token: is 'openid' among the scopes?")
        keys = await self._ask("GET", found.keys)
        try:
            return self._checked(word, KeySet.import_key_set(keys), nonce, access)  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise NotVouchedFor(f"the provider's word does not hold: {error}") from None

    async def left_url(self, back: str) -> str | None:
        """Return where one logs out of the provider, too; ``None``: it has no such place, or cannot be asked now."""
        try:
            found = (await self.endpoints()).end_session
        except ProviderDown:
            return None
        return (
            f"{found}?{urlencode({'client_id': self._client_id, 'post_logout_redirect_uri': back})}" if found else None
        )

    async def tells_issuer(self) -> bool:
        """Does it name itself where it sends browsers back?"""
        return (await self.endpoints()).tells_issuer

    async def endpoints(self) -> Endpoints:
        """Return what the provider says of itself, asked lately or now. Raises ``ProviderDown``."""
        if self._known is None or self._now() - self._known[0] > KNOWN_FOR_S:
            told = await self._ask("GET", get_well_known_url(self._issuer, external=True))
            self._known = self._now(), self._read(told)
        return self._known[1]

    def _read(self, told: Mapping[str, Any]) -> Endpoints:
        if told.get("issuer") != self._issuer:
            raise ProviderDown(
                f"what is at {self._issuer} calls itself {told.get('issuer')!r}: is the issuer's address right?"
            )
        end = told.get("end_session_endpoint")
        methods = told.get("token_endpoint_auth_methods_supported") or _AUTHENTICATES[:1]
        return Endpoints(
            self._address(told, "authorization_endpoint"),
            self._address(told, "token_endpoint"),
            self._address(told, "jwks_uri"),
            self._address(told, "end_session_endpoint") if end else None,
            next((one for one in _AUTHENTICATES if one in methods), _AUTHENTICATES[0]) if self._secret else "none",
            told.get("authorization_response_iss_parameter_supported") is True,
        )

    def _address(self, told: Mapping[str, Any], name: str) -> str:
        try:
            url = safe_url(told[name])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProviderDown(f"{self._issuer} says what cannot be asked: {name} {error}") from None
        if urlsplit(self._issuer).scheme != urlsplit(url).scheme:
            raise ProviderDown(f"{self._issuer} says what cannot be asked: {name} is not as safe as itself")
        return url

    async def _token(self, found: Endpoints, code: str, verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        asked = prepare_token_request("authorization_code", "", redirect_uri, code=code, code_verifier=verifier)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        client = ClientAuth(self._client_id, self._secret, found.authenticates)
        url, headers, body = client.prepare("POST", found.token, headers, asked)
        return await self._ask("POST", url, headers, body)

    def _checked(self, word: str, keys: KeySet, nonce: str, access_token: object) -> Mapping[str, Any]:
        """Return what a signed word says, after signature, issuer, audience, times, nonce, and what it was given with."""
        token = jwt.decode(word, keys, algorithms=list(ALGORITHMS))
        options = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client_id},
            "sub": {"essential": True, "allow_blank": False},
        }
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": access_token}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(now=int(self._now()), leeway=LEEWAY_S)
        if not isinstance(claims["sub"], str):
            raise TypeError("sub is no text")
        return dict(claims)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> Mapping[str, Any]:
        """Return the JSON object that is answered. Raises ``ProviderDown``, and ``NotVouchedFor`` where it refuses."""
        try:
            async with self._turns, asyncio.timeout(ANSWER_WITHIN_S):
                status, text = await self._answer(method, url, headers or {}, body)
                told = json.loads(text)
        except TimeoutError:
            raise ProviderDown(f"{self._issuer} did not answer within {ANSWER_WITHIN_S:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ProviderDown(f"{self._issuer} cannot be reached: {str(error) or type(error).__name__}") from None
        except (ValueError, RecursionError):
            raise ProviderDown(f"{self._issuer} answered what is no JSON, or too long") from None
        if method == "POST" and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NotVouchedFor(f"the provider refused the code: {_shortly(told)}")
        if status != HTTPStatus.OK or not isinstance(told, dict):
            raise ProviderDown(f"{self._issuer} answered {status}")
        return told

    async def _answer(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> tuple[int, bytes]:
        plain = {"accept": "application/json", "accept-encoding": "identity", **headers}
        client = httpx.AsyncClient(verify=self._tls, timeout=ANSWER_WITHIN_S, trust_env=False, follow_redirects=False)
        async with client, client.stream(method, url, headers=plain, content=body) as answer:
            found = bytearray()
            async for piece in answer.aiter_raw():
                found += piece
                if len(found) > LONGEST_ANSWER:
                    raise ValueError("too long")
            return answer.status_code, bytes(found)


def _shortly(told: object) -> str:
    """Return an error's code as RFC 6749 has it: what else a provider says may be anything."""
    code = told.get("error") if isinstance(told, dict) else None
    return code[:60] if isinstance(code, str) and code.isascii() and code.isprintable() else "it says not why"
