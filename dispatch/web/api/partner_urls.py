"""Which addresses a partner may give for its webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import httpx
from pydantic import Field

from dispatch.delivery.partner_networks import HINT, PartnerNetworks
from dispatch.web.problems import ApiProblem
from gateway.contract.bounds import PRINTABLE
from gateway.finding import Provenance

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
Url = Annotated[
    str,
    Field(
        max_length=2_000,
        pattern=PRINTABLE,
        examples=["https://garage.example/callahead"],
        description="Where it is told what it is asked, signed; without one it fetches that (``GET /requests``).",
    ),
]


def check_urls(told: Iterable[tuple[str | None, Provenance]], networks: PartnerNetworks) -> None:
    """Raise ``ApiProblem`` (422) for the first address, of those told with their provenance, that cannot be used."""
    for number, (url, provenance) in enumerate(told):
        objection = None if url is None else _objection(url, provenance, networks)
        if objection is not None:
            raise ApiProblem(422, "bad-url", "The address cannot be used", f"/{number}/url: {objection}")


def _objection(text: str, provenance: Provenance, networks: PartnerNetworks) -> str | None:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        return f"{text!r} is no URL: {error}"
    if url.scheme not in {"http", "https"} or not url.host:
        return f"{text!r} must be https://HOST/PATH"
    if url.userinfo or url.fragment:
        return f"{url.host}: neither a user nor a '#' belongs there; every webhook is signed"
    if networks.refuses(url.host):
        return f"{url.host} {HINT}"
    if url.scheme == "http" and provenance == "real" and url.host not in LOOPBACK:
        return f"{text!r}: a real partner is told over https alone"
    return None
