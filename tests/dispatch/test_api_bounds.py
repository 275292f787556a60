"""Every value that comes in by the API has its bounds: in what is published, and in what is taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from dispatch.core.events import BookingAnswered
from dispatch.outgoing.partner_messages import UnreadableAnswer, hook_in

MILLISECONDS = 1_795_954_887_000
JSON = {"content-type": "application/json"}
WHERE = {"latitude": 56.9, "longitude": 24.1, "provenance": "simulated"}
HOSTILE_IDS = ("n\u0000x", "a\nb", "x\u202egnp", "a\u2028b", "\ud800", "", "x" * 201)
ODD_IDS = ("ā/ö:1", 'say "hi"', "<img src=x onerror=alert(1)>", "a b", "💥", "../../etc")


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what each operation takes: its parameters and its body, as schemas."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for one in operation.get("parameters", []):
                yield f"{method} {path} {one['name']}", one["schema"]
            for form in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{method} {path}", form["schema"]


def unbounded(where: str, schema: dict[str, Any], defs: dict[str, Any]) -> Iterator[str]:
    """Yield every value of a schema that may be of any length or size."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from unbounded(f"{where} {name}", defs[name], defs)
        return
    for branch in schema.get("anyOf", []):
        yield from unbounded(where, branch, defs)
    for name, member in schema.get("properties", {}).items():
        yield from unbounded(f"{where}.{name}", member, defs)
    kind, keys = schema.get("type"), schema.keys()
    if "enum" in keys or "const" in keys:
        return
    if kind == "string" and not ("pattern" in keys and ("maxLength" in keys or ends(schema["pattern"]))):
        yield where
    if kind in {"integer", "number"} and not ({"minimum", "exclusiveMinimum"} & keys and "maximum" in keys):
        yield where
    if kind == "array":
        yield from unbounded(f"{where}[]", schema["items"], defs)
        if "maxItems" not in keys:
            yield where


def ends(pattern: str) -> bool:
    """Tell whether what fits a pattern has a largest length."""
    return "*" not in pattern and "+" not in pattern.replace(r"\+", "")


@pytest.fixture
def http(serve: Callable[..., Any]) -> str:
    """The API of a running service."""
    url: str = serve().http + "/api/v1"
    return url


def test_everything_that_comes_in_has_a_published_bound(http: str) -> None:
    """No string without a pattern and a length, no number without least and most, no list without an end."""
    document = httpx.get(f"{http}/openapi.json").json()
    defs = document["components"]["schemas"]
    taken = [one for one in bodies(document) if "webhook" not in one[0]]
    assert len(taken) > 40
    assert [found for where, schema in taken for found in unbounded(where, schema, defs)] == []


def test_an_id_that_can_be_seen_is_taken_and_no_other(http: str) -> None:
    """Beyond ASCII, with quotes, with markup: an id. With what cannot be stored or seen, in a body or a list: none."""
    for odd in ODD_IDS:
        assert httpx.post(f"{http}/workshops", json=[{"workshop": odd, **WHERE}]).status_code == 200
        assert httpx.get(f"{http}/requests", params={"partner": odd}).json()["requests"] == []
    for wrong in HOSTILE_IDS:
        for path, body in {
            "/workshops": [{"workshop": wrong, **WHERE}],
            "/calls/inbound": {"ref": wrong, "customer": "c"},
        }.items():
            assert httpx.post(f"{http}{path}", content=json.dumps(body), headers=JSON).status_code == 422
        written = wrong.encode("utf-8", "surrogatepass")
        assert httpx.get(f"{http}/cases/timeline", params={"case": written}).status_code in {404, 422}


def test_numbers_and_times_beyond_what_there_is_are_refused(http: str) -> None:
    """Milliseconds, 2^63, four thousand digits, infinity: 422 or 400, and the pages are there afterwards."""
    told = [
        httpx.get(f"{http}/ledger?after={2**63}"),
        httpx.get(f"{http}/dead-letters?after={2**63}"),
        httpx.get(f"{http}/requests?partner=x&after={2**63}"),
        *(
            httpx.post(f"{http}{path}", content=body, headers=JSON)
            for path, body in {
                "/orders/answer": f'{{"order":"o","attempt":1,"accepted":true,"arrives_at":{MILLISECONDS}}}',
                "/bookings/answer": f'{{"booking":"b","attempt":1,"accepted":true,"slot_at":{MILLISECONDS}}}',
                "/requests/withdrawn": f'{{"request":"r","attempt":1,"partner":"p","arrives_at":{MILLISECONDS}}}',
                "/cases/reported": '{"ref":"r","customer":"c","since":1e308}',
                "/calls/connected": f'{{"call":"c","attempt":{"9" * 4_000}}}',
                "/calls/ended": '{"call":"c","attempt":1e400,"outcome":"informed"}',
                "/workshops": '[{"workshop":"w","latitude":NaN,"longitude":1,"provenance":"simulated"}]',
                "/vendors": "[" * 100_000,
            }.items()
        ),
    ]
    assert {answer.status_code for answer in told} <= {400, 422}, [answer.text for answer in told]
    assert all(answer.headers["content-type"] == "application/problem+json" for answer in told)
    assert httpx.get(http.removesuffix("/api/v1")).status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {"slot_at": MILLISECONDS},
        {"booking": "b\u0000"},
        {"attempt": 10**30},
    ],
)
def test_a_partners_webhook_has_the_same_bounds(data: dict[str, Any]) -> None:
    """A signature says who it is, not that it makes sense."""
    whole = {"booking": "b", "attempt": 1, "accepted": True, "slot_at": 1_800_000_000}
    sound = {"type": "booking.answered", "data": whole}
    assert isinstance(hook_in(json.dumps(sound).encode(), "p"), BookingAnswered)
    with pytest.raises(UnreadableAnswer):
        hook_in(json.dumps(sound | {"data": whole | data}).encode(), "p")
