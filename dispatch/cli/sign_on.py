"""Puts together the way to the house's OpenID Connect provider, where it has one."""

from __future__ import annotations

import ssl

from dispatch.service.log_in import LogIn
from dispatch.service.provider_file import ProviderSettings
from dispatch.service.settings import CannotStart
from dispatch.service.single_sign_on import SingleSignOn


def sign_on(said: ProviderSettings | None, log_in: LogIn) -> SingleSignOn | None:
    """Return the way; ``None``: there is no provider. It is not asked before somebody wants to go. Raises ``CannotStart``."""
    if said is None:
        return None
    from dispatch.delivery.openid_client import OpenIdClient  # noqa: PLC0415 - the service starts without Authlib

    provider = said.provider
    try:
        client = OpenIdClient(provider.issuer, provider.client_id, said.secret, ca=said.ca, now=log_in.now)
    except (OSError, ssl.SSLError) as error:
        raise CannotStart(f"--oidc: ca {said.ca}: the certificates cannot be used: {error}") from None
    return SingleSignOn(provider, client, log_in, said.redirect_uri)
