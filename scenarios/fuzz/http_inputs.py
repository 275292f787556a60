"""Hostile HTTP requests: sound ones with a part spoilt, and bytes that are hardly HTTP."""

from __future__ import annotations

import json
import wave
from base64 import b64encode
from dataclasses import dataclass, replace
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import quote

from scenarios.fuzz.mutations import ODD, POISON, odd, poisoned, spoilt, written

PREFIX = "/api/v1"
_WHERE = {"latitude": 56.9, "longitude": 24.1, "provenance": "simulated"}
_DEVICE = {"device": "volta/car-1", "kind": "car", "customer": "c-1", "provenance": "simulated", "skills": ["tow"]}
_CUSTOMER = {"customer": "c-1", "name": "Anna", "phone": "+37120000001", "language": "lv", "provenance": "simulated"}
_NOTE = {"ref": "r-1", "case": "volta/car-1/1-1", "seen": 1, "reason": "a test", "dispatcher": "anna"}
_ACT = _NOTE | {"take_over": False}
_PLACE = {"latitude": 56.9, "longitude": 24.1, "accuracy_m": 50}
_THEIRS = "/customers/c-1"
_MANDATE = {
    "ref": "m-1", "device": "volta/car-1", "category": "parking", "currency": "EUR", "per_payment": "20.00", "zone": "Europe/Riga",
    "payees": [{"payee": "LV80BANK0000435195001", "name": "Parking"}], "valid_from": 1_795_000_000, "valid_to": 1_800_000_000,
    "limits": [{"period": "Month", "alignment": "Calendar", "amount": "50.00"}], "key": "",
}  # fmt: skip


def _recording() -> str:
    """Return a noise of 0.64 s as the page records it, in base64."""
    with BytesIO() as kept:
        with wave.open(kept, "wb") as sound:
            sound.setparams((1, 2, 8_000, 0, "NONE", ""))
            sound.writeframes(bytes(range(256)) * 40)
        return b64encode(kept.getvalue()).decode()


POSTS: dict[str, Any] = {
    "/vendors": [{"vendor": "volta", "provenance": "simulated", "contact": "a"}],
    "/devices": [_DEVICE],
    "/customers": [_CUSTOMER | {"time_zone": "Europe/Riga"}],
    "/workshops": [{"workshop": "w-1", "url": "https://w.example/", **_WHERE}],
    "/suppliers": [{"supplier": "s-1", "serves": ["supplies"], **_WHERE}],
    "/partners": [{"partner": "w-1", "url": "https://w.example/", "provenance": "simulated"}],
    "/agents/a-1/claim": {"languages": ["lv"], "provenance": "simulated", "skills": [], "wait_s": 0},
    "/calls/connected": {"call": "c/call", "attempt": 1, "agent": "a-1"},
    "/calls/ended": {"call": "c/call", "attempt": 1, "outcome": "informed", "place": {"latitude": 1, "longitude": 2}},
    "/calls/inbound": {"ref": "r-1", "customer": "c-1"},
    "/calls/questions": {"call": "c/call", "attempt": 1, "right": True},
    "/calls/confirmations": {"call": "c/call", "attempt": 1, "act": "dispute"},
    "/calls/confirmations/answers": {"call": "c/call", "attempt": 1, "act": "dispute", "code": "123456"},
    "/calls/voice-print": {"call": "c/call", "attempt": 1},
    "/cases/reported": {"ref": "r-1", "customer": "c-1", "words": "broken", "since": 1_768_197_600, "place": {
        "latitude": 56.9, "longitude": 24.1, "accuracy_m": 50}},
    "/bookings/answer": {"booking": "b", "attempt": 1, "accepted": True, "slot_at": 1_800_000_000},
    "/orders/answer": {"order": "o", "attempt": 1, "accepted": True, "arrives_at": 1_800_000_000},
    "/orders/fulfilled": {"order": "o"},
    "/requests/withdrawn": {"request": "r", "attempt": 1, "partner": "w-1", "too_late": True, "arrives_at": 1_800_000_000},
    "/dead-letters/retry": {"key": "k"},
    **{f"/cases/{act}": _ACT for act in ("acknowledge", "take", "let-go", "unpin", "cancel", "call-now")},
    "/cases/hand-over": _ACT | {"to": "bob"}, "/cases/pin": _ACT | {"truck": "t"}, "/cases/send": _ACT | {"truck": "t"},
    "/cases/call-contractor": _ACT | {"contractor": "s-1"}, "/cases/correct": _ACT | {"part": "alternator", "grade": "act"},
    "/cases/change-place": _ACT | {"place": {"latitude": 56.9, "longitude": 24.1, "accuracy_m": 50}, "near": "here"},
    "/cases/merge": _ACT | {"into": "v/d/1-2"}, "/cases/note": _NOTE | {"text": "a note"}, "/cases/undo": _ACT | {"act": "r-0"},
    "/cases/escalate": _NOTE | {"to": "supervisors"},
    "/devices/mute": {"ref": "r-1", "device": "volta/car-1", "for_s": 60, "reason": "a test"},
    "/devices/unmute": {"ref": "r-1", "device": "volta/car-1"},
    "/vendors/volta/credentials": {"certificate": False, "certificate_valid_s": 86_400},
    "/links": {"role": "customer", "owns": "c-1"},
    "/me/voice": {"ref": "v-1", "type": "audio/wav", "recording": _recording(), "text": "listen"},
    "/me/answers": {"ref": "a-1", "case": "v/d/1-1", "answer": "place", "place": _PLACE},
    "/me/messages": {"ref": "m-1", "text": "hello"},
    "/me/invitations": {"invitation": "inv/v/d/1-1", "reply": "talk"}, "/me/seen": {"keys": ["k"]},
    "/conversations/c-1/voice": {"message": "k", "agent": "a-1"},
    f"{_THEIRS}/mandates": _MANDATE | {"code": "123456"}, f"{_THEIRS}/mandates/stops": {"device": "volta/car-1", "reason": "r"},
    f"{_THEIRS}/mandates/changes": {"mandate": "mnd/c-1/m-1", "to": "suspended", "reason": "r"},
    f"{_THEIRS}/codes": {"payment": "pay/volta/car-1/p-1", "mandate": _MANDATE},
    f"{_THEIRS}/payments/answers": {"payment": "pay/volta/car-1/p-1", "agreed": True, "code": "123456"},
    f"{_THEIRS}/payments/disputes": {"payment": "pay/volta/car-1/p-1", "why": "wrong"},
    f"{_THEIRS}/payments/questions/answers": {"ref": "unused/pay/volta/car-1/p-1", "answer": "stop_and_dispute"},
    "/products": [{"customer": "c-1", "product": "s-1", "kind": "card", "rate": "0.5", "balance": "1.00", "currency": "EUR"}],
    "/calls/in/1/offer/ask": {"ref": "r-1", "attempt": 1, "agent": "a-1"},
    "/calls/in/1/offer": {"attempt": 1, "answer": "later", "agent": "a-1"},
    "/payments/disputes/decided": {"payment": "pay/volta/car-1/p-1", "decision": "refund", "why": "wrong"},
    "/payments/bank-said": {"name": "pay/volta/car-1/p-1", "status": "RJCT", "reason": "AC04", "why": "rung"},
}  # fmt: skip
GETS: dict[str, dict[str, Any]] = {
    "/cases": {"open": "true", "limit": 10}, "/cases/timeline": {"case": "c"}, "/queue": {"limit": 1}, "/totals": {},
    "/devices/positions": {}, "/vendors/volta/rejections": {"limit": 1}, "/ledger": {"after": 0, "limit": 10, "wait_s": 0},
    "/health": {}, "/requests": {"partner": "w-1", "after": 0, "wait_s": 0}, "/dead-letters": {"after": 0, "limit": 1},
    "/devices/volta/car-1": {}, "/devices/volta/car-1/diagnosis": {}, "/vendors/volta/devices": {"state": "online"},
    "/cases/candidates": {"case": "c", "limit": 3}, "/cases/why": {"case": "c"}, "/dispatchers": {}, "/capacity": {},
    "/devices/muted": {"limit": 1}, "/shift": {"dispatcher": "user/anna"},
    "/me": {}, "/me/voice": {"message": "k"}, f"{_THEIRS}/money": {}, f"{_THEIRS}/payments/questions": {},
    f"{_THEIRS}/conversation": {}, "/payments/to-see": {}, "/struggles": {"most": 10},
    f"{_THEIRS}/products": {}, "/calls/in/1/offer": {"language": "lv"}, "/offers/taken": {"limit": 5},
    "/partners": {}, "/vendors": {}, "/openapi.json": {}, "/docs": {}, "/nowhere": {},
}  # fmt: skip
_UNSEEN = "volta/credentials"
"""It has the broker told, which is nobody's input and takes its time."""


@dataclass(frozen=True, slots=True)
class HostileRequest:
    """As bytes. ``refused``: it may not be answered with a 2xx; ``whole``: it has to be answered."""

    sent: bytes
    refused: bool
    whole: bool = True

    def __str__(self) -> str:
        return f"{self.sent[:120]!r} ({len(self.sent)} bytes)"


def hostile_request(dice: Random, session: str = "") -> HostileRequest:
    """Throw one. ``session``: the cookie of a customer, who does on their page what begins with ``/me``."""
    chosen = dice.random()
    if chosen < 0.5:  # noqa: PLR2004 - half of them have a body
        return _as_customer(_posted(dice), session)
    if chosen < 0.8:  # noqa: PLR2004 - a third ask
        return _as_customer(_asked(dice), session)
    return HostileRequest(spoilt(dice, _posted(dice).sent[:4_096]), refused=False, whole=False)


def _as_customer(request: HostileRequest, session: str) -> HostileRequest:
    head, line_end, rest = request.sent.partition(b"\r\n")
    if not session or f" {PREFIX}/me".encode() not in head:
        return request
    return replace(request, sent=head + line_end + f"cookie: {session}\r\n".encode() + rest)


def _posted(dice: Random) -> HostileRequest:
    path = dice.choice([one for one in POSTS if _UNSEEN not in one])
    sound = POSTS[path]
    if dice.random() < 0.3:  # noqa: PLR2004 - a third is to be refused for sure
        return _request("POST", path, json.dumps(poisoned(dice, sound)).encode(), refused=True)
    body = _hurried(path, odd(dice, sound))
    return _request(dice.choice(("POST", "POST", "POST", "PUT", "DELETE")), path, written(dice, body), refused=False)


def _hurried(path: str, body: Any) -> Any:  # noqa: ANN401 - any JSON
    """Have nobody wait for a call: a wait that is asked for, or left out, is no fault."""
    waits = path.endswith("/claim") and isinstance(body, dict) and isinstance(body.get("wait_s", 0), int | float)
    return body | {"wait_s": 0} if waits else body


def _asked(dice: Random) -> HostileRequest:
    path, query = dice.choice(list(GETS.items()))
    parts = path.split("/")
    if dice.random() < 0.3 and len(parts) > 2:  # noqa: PLR2004 - of some the path is spoilt
        parts[dice.randrange(1, len(parts))] = _text(dice)
        path = "/".join(quote(one, safe="", errors="surrogatepass") for one in parts)
    told = {key: _text(dice) if key != "wait_s" and dice.random() < 0.6 else str(value) for key, value in query.items()}  # noqa: PLR2004
    asked = "&".join(f"{key}={quote(value, safe='', errors='surrogatepass')}" for key, value in told.items())
    return _request(dice.choice(("GET", "GET", "GET", "HEAD", "OPTIONS")), f"{path}?{asked}", b"", refused=False)


def _text(dice: Random) -> str:
    return str(dice.choice((*POISON, *ODD)))


def _request(method: str, path: str, body: bytes, *, refused: bool) -> HostileRequest:
    head = [f"{method} {PREFIX}{path} HTTP/1.1", "host: 127.0.0.1", "connection: close"]
    if body:
        head += ["content-type: application/json", f"content-length: {len(body)}"]
    return HostileRequest("\r\n".join([*head, "", ""]).encode("ascii", "replace") + body, refused)
