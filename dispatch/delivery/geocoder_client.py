"""Asks a geocoder on the net by geopy: its Nominatim and Photon, its rate limiter, its errors; over httpx, which we have.

geopy comes with ``callahead[geocoder]``; nothing here is imported where nobody chose a geocoder.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Self

import httpx
from geopy.adapters import AdapterHTTPError, BaseAsyncAdapter
from geopy.exc import (
    GeocoderParseError,
    GeocoderRateLimited,
    GeocoderServiceError,
    GeocoderTimedOut,
    GeocoderUnavailable,
    GeopyError,
)
from geopy.extra.rate_limiter import AsyncRateLimiter
from geopy.geocoders import Nominatim, Photon

from dispatch.delivery.geocoder import Geocoder
from dispatch.delivery.retry_after import retry_after_s

LIMIT_S = 2.0
"""So long an answer is waited for, from the request to its last byte."""
PAUSE_S, LONGEST_PAUSE_S = 60.0, 3_600.0
"""After a server said that it is asked too often, where it does not say for how long; and where it says too long."""
LONGEST = 120
"""Letters of an address."""
USER_AGENT = "callahead-serve/0.1"
_NOWHERE = "Unable to geocode"
"""What Nominatim says of a position without an address."""

Answer = Mapping[str, Any]


class GeocoderClient:
    """A geocoder that is asked for one address after the other, ``every_s`` seconds apart; a context."""

    def __init__(self, geocoder: Geocoder, every_s: float) -> None:
        self._geocoder = _of_geopy(geocoder)
        self._reverse = AsyncRateLimiter(
            self._geocoder.reverse,
            min_delay_seconds=every_s,
            max_retries=0,
            error_wait_seconds=every_s,
            swallow_exceptions=False,
        )

    async def __aenter__(self) -> Self:
        await self._geocoder.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._geocoder.__aexit__(*error)

    async def address(self, position: tuple[float, float]) -> str:
        """Return the address at a latitude and longitude (degrees); empty where there is none. Raises ``GeopyError``."""
        try:
            location = await self._reverse(position)
        except GeopyError:
            raise
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise GeocoderParseError("nobody can read an address in the answer") from error
        return "" if location is None else _said(location.raw, location.address)

    @staticmethod
    def pause_after(error: Exception) -> float:
        """Return for how many seconds a server that failed is left in peace."""
        if isinstance(error, GeocoderRateLimited):
            return min(error.retry_after or PAUSE_S, LONGEST_PAUSE_S)
        return 0.0


class HttpxAdapter(BaseAsyncAdapter):  # type: ignore[misc] # geopy is not typed
    """geopy's way to the net, by httpx; the system's proxies are found by httpx itself.

    ``checked``: takes an answer as it came, returns it as geopy reads it. Raises ``GeocoderParseError``.
    """

    def __init__(
        self, *, proxies: object, ssl_context: ssl.SSLContext | None, checked: Callable[[Answer], Answer]
    ) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        self._client = httpx.AsyncClient(verify=ssl_context or True, follow_redirects=True)
        self._checked = checked

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()

    async def get_text(self, url: str, *, timeout: float | None, headers: Mapping[str, str]) -> str:  # noqa: ASYNC109
        """Return what comes within ``timeout`` seconds. Raises ``AdapterHTTPError`` and ``GeocoderServiceError``."""
        return (await self._get(url, timeout, headers)).text

    async def get_json(self, url: str, *, timeout: float | None, headers: Mapping[str, str]) -> Answer:  # noqa: ASYNC109
        """Return the JSON object that comes. Raises ``AdapterHTTPError`` and ``GeocoderServiceError``."""
        answer = await self._get(url, timeout, headers)
        try:
            found = answer.json()
        except ValueError as error:
            raise GeocoderParseError("the geocoder answered with no JSON") from error
        if not isinstance(found, Mapping):
            raise GeocoderParseError("the geocoder answered with no object")
        return self._checked(found)

    async def _get(self, url: str, limit_s: float | None, headers: Mapping[str, str]) -> httpx.Response:
        with _in_words_of_geopy():
            async with asyncio.timeout(limit_s):
                answer = await self._client.get(url, headers=dict(headers), timeout=limit_s)
        said = f"the geocoder answered {answer.status_code}"
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:  # geopy stumbles over hours that are none
            raise GeocoderRateLimited(said, retry_after=retry_after_s(answer.headers.get("retry-after")))
        if not answer.is_success:  # without its text, which geopy would log: it may repeat the customer's position
            raise AdapterHTTPError(said, status_code=answer.status_code, headers=answer.headers, text="")
        return answer


@contextmanager
def _in_words_of_geopy() -> Iterator[None]:
    try:
        yield
    except (TimeoutError, httpx.TimeoutException) as error:
        raise GeocoderTimedOut("the geocoder takes too long") from error
    except httpx.TransportError as error:
        raise GeocoderUnavailable("the geocoder is away") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise GeocoderServiceError("the geocoder cannot be asked") from error


def _of_geopy(geocoder: Geocoder) -> Nominatim | Photon:
    settings: dict[str, Any] = {"user_agent": USER_AGENT, "timeout": LIMIT_S, "scheme": geocoder.scheme}
    if not geocoder.public:
        settings["domain"] = geocoder.netloc
    if geocoder.name == "nominatim":
        return Nominatim(adapter_factory=partial(HttpxAdapter, checked=_of_nominatim), **settings)
    return Photon(adapter_factory=partial(HttpxAdapter, checked=_of_photon), **settings)


def _of_nominatim(answer: Answer) -> Answer:
    """Have it said in one way that there is no address: geopy takes an object with a code and a message for an error."""
    return {"error": _NOWHERE} if _NOWHERE in str(answer.get("error")) else answer


def _of_photon(answer: Answer) -> Answer:
    """Refuse an answer without a list of features: geopy takes whatever is empty for a place without an address."""
    if not isinstance(answer.get("features"), list):
        raise GeocoderParseError("photon answered without features")
    return answer


def _said(raw: Answer, otherwise: object) -> str:
    """Return street, number and town, or else the whole text there is, fit to be shown in a line."""
    fields = raw.get("address") or raw.get("properties")
    told = _street(fields) if isinstance(fields, Mapping) else ""
    text = told or (otherwise if isinstance(otherwise, str) else "")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:LONGEST]


def _street(fields: Answer) -> str:
    """Return street, number and town in the words of Nominatim (``address``) or Photon (``properties``)."""
    street = _first(fields, "road", "street", "pedestrian", "footway", "cycleway")
    if not street and fields.get("osm_key") == "highway":
        street = _first(fields, "name")
    town = _first(fields, "city", "town", "village", "municipality", "hamlet", "county")
    number = _first(fields, "house_number", "housenumber")
    return ", ".join(filter(None, (f"{street} {number}".strip(), town))) if street else ""


def _first(fields: Answer, *names: str) -> str:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), "")
