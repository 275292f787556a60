"""Plays hostile events to the intake, in this process: any device's, on any topic, in either mode."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from dispatch.observe.garbage import collected_rarely
from gateway.contract.event_types import event_types
from gateway.devices.registry import DeviceRecord, Registry
from gateway.intake.intake import Intake, Verdict
from gateway.kinds.registry import kinds
from scenarios.fuzz import findings
from scenarios.fuzz.findings import CPU_S, Tally
from scenarios.fuzz.mutations import odd, poisoned, spoilt, written

NOW = 1_800_000_000.0
ANEW_AFTER = 2_000
"""So many inputs an intake hears before another one is made: what it remembers of devices is bounded otherwise."""
CARD = "4111 1111 1111 1111"
_TOPICS = (
    *("callahead/v1/x/y/event", "callahead/v1//event", "callahead/v1/a/b/c/d", "$SYS/x", "", "\x00", "x" * 60_000),
    "callahead/v1/acme/car-1/command",
)
_GROUPS = ("4000 ", "4000 4000 4000 4001 ", "3782 822463 1000 ", "1-", "9", "4000\u00a0", "\\u0034")
_TEXTS = (
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents+avro",
    "text/plain",
    "",
    "\x00",
    "x" * 5_000,
)


@dataclass(frozen=True, slots=True)
class HostileEvent:
    """One input."""

    topic: str
    payload: bytes
    content_type: str | None = None
    properties: tuple[tuple[str, str], ...] = ()
    must_be_told: bool = False
    """Something in it fits nowhere: it is refused, or the sender is told of what was left out."""

    @property
    def what(self) -> str:
        """What it is, in short."""
        return f"{self.topic[:60]} {len(self.payload)} bytes {self.payload[:100]!r}"


def play_events(dice: Random, count: int, progress: Callable[[float], None]) -> Tally:
    """Have an intake hear ``count`` hostile events."""
    tally, intake = Tally("events"), _intake()
    for sound in _sound():  # catalogues are read once, at the first fault
        _heard(tally, intake, HostileEvent(f"callahead/v1{sound['source']}/event", json.dumps(sound).encode()))
    with collected_rarely():  # as the service does: another's garbage is no cost of an input
        for number in range(count):
            if number % ANEW_AFTER == 0:
                intake = _intake()
                progress(number / count)
            _play(tally, intake, hostile_event(dice))
    return tally


def hostile_event(dice: Random) -> HostileEvent:
    """Return an event that is not as it should be."""
    sound = dice.choice(_sound()) | {"id": f"5-{dice.randrange(1_000_000)}"}  # no repeat, of which little is looked at
    topic = f"callahead/v1{sound['source']}/{'state' if dice.random() < RARELY else 'event'}"
    return dice.choice(_SORTS)(dice, sound, dice.choice(_TOPICS) if dice.random() < RARELY else topic)


RARELY = 0.05


def _intake() -> Intake:
    records = [
        DeviceRecord(example["source"][1:], _kind_of(example["type"]), "c-1", "simulated")
        for example in _sound()
        if kinds().hears_strangers(example["type"])
    ]
    return Intake(Registry(records), open_demo=True)


def _sound() -> list[dict[str, Any]]:
    return list(event_types().examples.values())


def _kind_of(event_type: str) -> str:
    return kinds().of_stranger(event_type).name


def _play(tally: Tally, intake: Intake, hostile: HostileEvent) -> None:
    tally.inputs += 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    verdict, cpu_s = _heard(tally, intake, hostile)
    if cpu_s > CPU_S:  # a machine that is busy makes anything slow once, and what costs too much does so each time
        cpu_s = min(cpu_s, *(_heard(tally, _intake(), hostile)[1] for _ in range(3)))
    tally.judge_cost(hostile.what, cpu_s, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
    if verdict is None:
        return
    tally.refused += verdict.refusal is not None
    if hostile.must_be_told and verdict.refusal is None:
        tally.note(findings.Verdict.TAKEN, hostile.what, "neither refused nor told")


def _heard(tally: Tally, intake: Intake, hostile: HostileEvent) -> tuple[Verdict | None, float]:
    began = time.process_time()
    try:
        verdict = intake.receive(
            hostile.topic, hostile.payload, NOW, content_type=hostile.content_type, properties=hostile.properties
        )
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        tally.note(findings.Verdict.CRASH, hostile.what, repr(error))
        return None, 0.0
    _ = verdict.refusal and verdict.refusal.excerpt  # as it is kept
    return verdict, time.process_time() - began


def _with_poison(dice: Random, sound: dict[str, Any], topic: str) -> HostileEvent:
    whole = sound | {"data": poisoned(dice, sound["data"])}
    payload = json.dumps(whole, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")  # noqa: PLR2004 - either
    return HostileEvent(topic, payload, must_be_told=True)


def _with_a_card(dice: Random, sound: dict[str, Any], topic: str) -> HostileEvent:
    key = dice.choice(("note", "subject", "dataschema", "x"))
    text = f"{dice.choice(('', 'paid by ', '12 '))}{dice.choice((CARD, CARD.replace(' ', '-'), CARD.replace(' ', '')))}"
    return HostileEvent(
        topic, json.dumps(sound | {key: dice.choice((text, [text], {"a": text}))}).encode(), must_be_told=True
    )


def _anothers(dice: Random, sound: dict[str, Any], _topic: str) -> HostileEvent:
    other = dice.choice([one for one in _sound() if one["source"] != sound["source"]])
    whole = sound | ({"via": other["source"]} if dice.random() < 0.5 else {})  # noqa: PLR2004 - either
    return HostileEvent(f"callahead/v1{other['source']}/event", json.dumps(whole).encode(), must_be_told=True)


def _large(dice: Random, sound: dict[str, Any], topic: str) -> HostileEvent:
    unit = dice.choice(_GROUPS)
    text = unit * (_size(dice) // len(unit))
    in_data = {"data": sound["data"] | {"x": text}}
    whole = sound | dice.choice(({"x": text}, {text[:20_000]: 1}, in_data, {"type": text}, {"x": [[text]]}))
    return HostileEvent(topic, json.dumps(whole, ensure_ascii=False).encode().replace(b"\\\\u", b"\\u"))


def _listed(dice: Random, sound: dict[str, Any], topic: str) -> HostileEvent:
    key = dice.choice(list(sound["data"]) or ["x"])
    item: Any = dice.choice((1, "x", {}, [], None, {"a": 1}, "4000 4000 4000 4000"))
    data = sound["data"] | {key: [item] * (_size(dice) // 10)}
    return HostileEvent(topic, json.dumps(sound | {"data": data}).encode())


def _size(dice: Random) -> int:
    """Return a number of bytes: mostly some thousands, now and then more than anything may have."""
    return dice.randrange(dice.choice((2_000, 16_000, 16_000, 130_000, 300_000)))


def _changed(dice: Random, sound: dict[str, Any], topic: str) -> HostileEvent:
    return HostileEvent(topic, written(dice, odd(dice, sound)))


def _broken(dice: Random, sound: dict[str, Any], topic: str) -> HostileEvent:
    return HostileEvent(topic, spoilt(dice, json.dumps(sound).encode()))


def _noise(dice: Random, _sound: dict[str, Any], topic: str) -> HostileEvent:
    return HostileEvent(topic, dice.randbytes(dice.randrange(2_000)))


def _binary(dice: Random, sound: dict[str, Any], topic: str) -> HostileEvent:
    told = [(name, str(value)) for name, value in sound.items() if name != "data" and dice.random() > RARELY]
    told += [(dice.choice((*sound, "x", "\x00", "data")), dice.choice(_TEXTS)) for _ in range(dice.randrange(4))]
    dice.shuffle(told)
    return HostileEvent(topic, written(dice, odd(dice, sound["data"])), dice.choice((None, *_TEXTS)), tuple(told))


_SORTS: tuple[Callable[[Random, dict[str, Any], str], HostileEvent], ...] = (
    *(
        _changed,
        _changed,
        _changed,
        _broken,
        _broken,
        _with_poison,
        _with_poison,
        _with_a_card,
        _anothers,
        _binary,
        _binary,
    ),
    *(_noise, _listed, _large),
)
