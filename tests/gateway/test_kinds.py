"""Kinds of devices: what is wrong with one is told by file and rule, and a toy one is added at run time, from bytes to a case."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from pydantic import TypeAdapter

from dispatch.core.actions import OpenCase, QueueCall
from dispatch.core.desk import Desk
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen
from dispatch.registers.customers import Customer, Customers
from dispatch.words.parts import broken_in, message, part_in
from gateway.conclude.concluder import Concluder, Surroundings
from gateway.conclude.report import diagnosed, finding
from gateway.contract.asyncapi import asyncapi
from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Messages, MessagesError, event_types
from gateway.contract.kind_folders import kind_folders
from gateway.contract.messages import parse_event, read_plain
from gateway.contract.refusals import Refused, Rule
from gateway.contract.values import Strict
from gateway.devices.liveness import Cadence
from gateway.devices.memory import Memory
from gateway.devices.plausible import Clash
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twin_text import read_twin, write_twin
from gateway.diagnosis.catalogue import CatalogueError, catalogue
from gateway.diagnosis.conditions import Seen
from gateway.diagnosis.explain import reasons_against
from gateway.diagnosis.knowledge import Knowledge
from gateway.diagnosis.ranking import Evidence, model
from gateway.finding import SOMEBODY_COMES, Conclusion, Domain, Finding, Help
from gateway.intake.conclude import Conclude
from gateway.intake.human_report import HumanReport, finding_of
from gateway.intake.intake import Intake
from gateway.kinds.kind import Kind
from gateway.kinds.registry import FILES, KindError, NoSuchKind, check_folder, kinds
from gateway.mapping.contract_paths import targets

NOW = 1_768_197_600.0
GATEWAY = Path(__file__).parents[2] / "gateway"
STATUS = "callahead.kettle.status.v1"


class KettleStatus(Strict):
    """How a kettle does."""

    boiled_dry: bool
    litres: float | None = None


class KettleStatusEvent(DeviceEvent):
    """Of a kettle."""

    type: Literal["callahead.kettle.status.v1"] = "callahead.kettle.status.v1"
    data: KettleStatus


@dataclass(slots=True)
class KettleMemory(Memory):
    """How often it boiled dry."""

    NAME: ClassVar[str] = "kettle"

    times: int = 0


KNOWN = """
leak = 0.001
pending_leak = 0.002
[conditions.dry]
says = "it boiled dry"
fails = "there was water in it"
false_alarm = 0.001
measure = "whether there is water in it"
all = [{ signal = "kettle.boiled_dry", is = true }]
"""
PART = """
[parts.{name}]
system = "heating"
prior = {prior}
severity = "high"
drive = "not_a_car"
help = "technician"
skill = "refrigeration"
on_scene_min = 30
workshop_min = 0
advice = "Please switch your kettle off."
names = {{ en = "{name}", uk = "чайник", ru = "чайник", lv = "tējkanna", fa = "کتری", zh = "水壶" }}
{shows}
"""
SHOWS = 'shows = [{ any = ["alarm:BoiledDry", "dry"], p = 0.95 }]'
MESSAGES = Messages(
    (EventType(KettleStatusEvent, "volta/kettle-1", "1-1", "2026-01-12T06:00:00Z", {"boiled_dry": True}),)
)


def knowledge(folder: Path, known: str = KNOWN, shows: str = SHOWS, skill: str = "refrigeration") -> Knowledge:
    """Write what is known of kettles, and return where it lies."""
    parts = [PART.format(name="thermostat", prior=0.8, shows=shows)]
    parts += [PART.format(name=name, prior=0.1, shows="") for name in ("nothing", "unknown")]
    text = known + "".join(parts)
    (folder / "kettle.toml").write_text(text.replace('"refrigeration"', f'"{skill}"'), "utf-8")
    return Knowledge("kettle", folder, signals={"kettle.boiled_dry"}, told={"alarm": {"BoiledDry"}})


def kettle(known: Knowledge) -> Kind:
    """Return the kind."""

    def concluder(around: Surroundings) -> Concluder:
        del around

        def status(
            event: KettleStatusEvent, record: DeviceRecord, twin: Twin, told: dict[str, Any], now: float
        ) -> Iterable[Conclusion]:
            del now
            if not event.data.boiled_dry:
                return
            twin.memory(KettleMemory).times += 1
            found = diagnosed(model(known), Evidence({"alarm:BoiledDry": True}, Seen(told)))
            episode = twin.episodes.tell("fault", event.key, event.time.timestamp(), found.judgement(None))
            if episode is not None:
                yield finding(event, record, episode, Domain.APPLIANCE, found, None, None)

        return Concluder({STATUS: status})

    return Kind(
        name="kettle",
        messages=MESSAGES,
        cadence=Cadence(600.0),
        concluder=concluder,
        readings={STATUS: lambda event: {"kettle.boiled_dry": event.data.boiled_dry}},  # type: ignore[attr-defined]
        domain=Domain.APPLIANCE,
        knowledge=known,
    )


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Kind]:
    """Add kettles for the length of a test."""
    kind = kettle(knowledge(tmp_path))
    kinds().add(kind)
    yield kind
    kinds().remove(kind)


def boiled(boot_seq: str = "1-1", *, dry: bool = True, device: str = "volta/kettle-1") -> bytes:
    """Return what a kettle sends."""
    sent = {
        "specversion": "1.0",
        "type": STATUS,
        "source": f"/{device}",
        "id": boot_seq,
        "time": "2026-01-12T06:00:00Z",
    }
    return json.dumps({**sent, "data": {"boiled_dry": dry}}).encode()


def of(name: str, kind: str) -> DeviceRecord:
    """Return a simulated customer's device."""
    return DeviceRecord(name, kind, "c-1", "simulated", home_latitude=56.95, home_longitude=24.1)


def test_a_toy_kind_goes_from_bytes_to_a_case(toy: Kind) -> None:
    """It is parsed, diagnosed from its own catalogue, named in its finding, and its customer is called."""
    customers = Customers([Customer("c-1", "Anna", "+37120000001", "lv", "simulated")])
    room = ControlRoom(Intake(Registry([of("volta/kettle-1", toy.name)])), Desk(), customers, Pen())
    turn = room.deliver("callahead/v1/volta/kettle-1/event", boiled(), NOW)
    assert turn.refusal is None
    (opened,) = [one for one in turn.actions if isinstance(one, OpenCase)]
    assert [one.case for one in turn.actions if isinstance(one, QueueCall)] == [opened.case]
    (found,) = [row for row in turn.rows if "thermostat" in row.body]
    assert json.loads(found.body)["finding"]["kind"] == "kettle"
    kept = read_twin(write_twin(turn.twins[0]))
    assert kept.memory(KettleMemory).times == 1


def test_a_toy_kind_is_spoken_of_drawn_published_and_mapped_to(toy: Kind) -> None:
    """Every table of the house is made from the registry."""
    intake = Intake(Registry([of("volta/kettle-1", toy.name)]))
    (found,) = intake.receive("callahead/v1/volta/kettle-1/event", boiled(), NOW).conclusions
    assert isinstance(found, Finding)
    assert part_in(found, "lv") == "tējkanna"
    assert broken_in(found, sure=True) == "fault_device"
    assert message(found, "lv", None).startswith("Jūsu ierīce ziņo par bojājumu: tējkanna.")
    assert kinds().of_finding(found) is toy
    assert STATUS in asyncapi()["components"]["messages"]
    assert targets(STATUS).keys() == {"/boiled_dry", "/litres"}
    told = finding_of(HumanReport("r-1", "customer", "thermostat", NOW), of("volta/kettle-1", toy.name))
    assert (told.kind, told.part, told.domain) == ("kettle", "thermostat", Domain.APPLIANCE)


def test_who_comes_for_a_device_that_its_owner_tells_of_can_mend_it(toy: Kind) -> None:
    """Nobody knows the part; a technician who mends such devices is asked for, where its catalogue says what that takes."""
    assert toy.knowledge is not None
    (toy.knowledge.folder / "other").mkdir()
    known = knowledge(toy.knowledge.folder / "other", skill="boiling")
    kinds().remove(toy)
    boiler = replace(toy, knowledge=known)
    kinds().add(boiler)
    try:
        told = finding_of(HumanReport("r-1", "customer", None, NOW), of("volta/kettle-1", "kettle"))
        assert (told.part, told.remedy.help, told.remedy.skill) == ("unknown", Help.TECHNICIAN, "boiling")
        fridge = finding_of(HumanReport("r-1", "customer", None, NOW), of("cool/fridge-1", "fridge"))
        assert fridge.remedy == SOMEBODY_COMES[Domain.APPLIANCE]
    finally:
        kinds().remove(boiler)
        kinds().add(toy)


def test_a_part_of_which_no_sign_is_known_can_be_explained(toy: Kind) -> None:
    """What is left where nothing else fits may show nothing: a finding of it says what it does not explain."""
    assert toy.knowledge is not None
    ranking = model(toy.knowledge).rank(Evidence({"alarm:BoiledDry": True}, Seen({})))
    assert reasons_against(model(toy.knowledge), ranking, "unknown") == ("not explained by it: the alarm BoiledDry",)


def test_a_toy_kind_is_gone_when_it_is_taken_away(tmp_path: Path) -> None:
    """The reader is built anew each time the types change."""
    kind = kettle(knowledge(tmp_path))
    with pytest.raises(Refused, match="none of"):
        parse_event(boiled())
    kinds().add(kind)
    assert parse_event(boiled()).type == STATUS
    assert read_plain(boiled()) is not None
    kinds().remove(kind)
    with pytest.raises(Refused, match="none of"):
        parse_event(boiled())
    with pytest.raises(NoSuchKind, match="'kettle' is no kind of device; there are car, "):
        kinds().named("kettle")


def test_only_its_own_kind_sends_what_a_kind_brings(toy: Kind) -> None:
    """A stranger is taken for one of it, where strangers are let in; what is registered as another kind is refused."""
    topic = "callahead/v1/volta/phone-1/event"
    refused = Intake(Registry([of("volta/phone-1", "phone")])).receive(topic, boiled(device="volta/phone-1"), NOW)
    assert refused.refusal is not None
    assert refused.refusal.rule is Rule.WRONG_KIND
    assert "comes from a kettle" in (refused.refusal.problem.detail or "")
    open_to_all = Intake(Registry(), open_demo=True)
    assert open_to_all.receive("callahead/v1/volta/kettle-1/event", boiled(), NOW).refusal is None
    record = open_to_all.registry.get("volta/kettle-1")
    assert record is not None
    assert record.kind == toy.name


@pytest.mark.parametrize("kind", ["car", "phone", "truck"])
def test_every_kind_of_device_can_pay(kind: str) -> None:
    """Paying is no kind; what refusals say is no code of the device."""
    intake = Intake(Registry([of("volta/one", kind)]))
    attempt = {"end_to_end_id": "bill-1", "amount": "40.00", "currency": "EUR", "processor": "baltpay"}
    sent = {
        "specversion": "1.0",
        "type": "callahead.payment.attempt.v1",
        "source": "/volta/one",
        "time": "2026-01-12T06:00:00Z",
    }
    heard: list[Conclusion] = []
    for seq in (1, 2):
        event = {**sent, "id": f"1-{seq}", "data": {**attempt, "status": "RJCT", "reason": "AM04"}}
        verdict = intake.receive("callahead/v1/volta/one/event", json.dumps(event).encode(), NOW + seq)
        assert verdict.refusal is None
        heard += verdict.conclusions
    (found,) = heard
    assert isinstance(found, Finding)
    assert (found.domain, found.kind) == (Domain.PAYMENT, "")
    assert part_in(found, "en") == found.name
    assert intake.twin("volta/one").told == {}


def test_findings_of_the_first_kinds_are_written_as_they_were() -> None:
    """A ledger of before there were several kinds of a domain names none; a reader of it finds the kind all the same."""
    told = finding_of(HumanReport("r-1", "customer", None, NOW), of("volta/car-1", "car"))
    assert "kind" not in json.loads(TypeAdapter(Finding).dump_json(told))
    assert {str(domain): kinds().of_domain(domain).name for domain in Domain} == {
        "vehicle": "car",
        "appliance": "fridge",
        "payment": "phone",
    }


# --- what is wrong with a kind ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", FILES)
def test_a_folder_with_a_missing_file_is_told(tmp_path: Path, missing: str) -> None:
    """By folder and file."""
    folder = tmp_path / "toaster"
    folder.mkdir()
    for name in FILES:
        if name != missing:
            (folder / name).touch()
    with pytest.raises(KindError, match=rf"^toaster/{missing}: is missing; every kind has "):
        check_folder(folder)


def test_two_kinds_that_bring_one_event_type_are_told(toy: Kind) -> None:
    """By both files; the second is not there afterwards."""
    with pytest.raises(MessagesError, match=rf"^pot/messages.py: {STATUS}: stands in kettle/messages.py already$"):
        kinds().add(replace(toy, name="pot"))
    assert "pot" not in kinds()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "car"}, "car/kind.py: name: there is a kind of that name already"),
        ({"overtaken": frozenset({"callahead.pot.v1"})}, "kind.py: callahead.pot.v1: is no event type of messages.py"),
        ({"readings": {"callahead.pot.v1": dict}}, "kind.py: callahead.pot.v1: is no event type of messages.py"),
        (
            {"named_in_findings": False},
            "kind.py: named_in_findings: findings of appliance that name no kind are about fridge",
        ),
        ({"meant_unsaid": True}, "kind.py: meant_unsaid: so is car"),
        ({"domain": None}, "kind.py: domain and knowledge"),
        (
            {"strangers_send": frozenset({STATUS})},
            f"strangers_send: {STATUS}: is no event type that every kind may send",
        ),
        ({"strangers_send": frozenset({"callahead.payment.attempt.v1"})}, "makes a stranger one of phone already"),
    ],
)
def test_what_is_wrong_with_a_kind_is_told(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    """By file and rule, and nothing of it stays."""
    before = (kinds().names, event_types().names)
    with pytest.raises(KindError, match=re.escape(told)):
        kinds().add(replace(kettle(knowledge(tmp_path)), **changes))
    assert (kinds().names, event_types().names) == before


def test_a_type_that_nothing_takes_is_told(tmp_path: Path) -> None:
    """Before anything is heard."""
    kind = replace(kettle(knowledge(tmp_path)), concluder=lambda _: Concluder({}))
    kinds().add(kind)
    try:
        with pytest.raises(KindError, match=rf"^kettle/conclude.py: {STATUS}: nothing takes this type"):
            Intake(Registry())
    finally:
        kinds().remove(kind)


@pytest.mark.parametrize(
    ("known", "shows", "told"),
    [
        (
            KNOWN,
            SHOWS.replace('"dry"', '"wet"'),
            "kettle.toml: parts.thermostat.shows.0: condition 'wet' is not in the catalogue",
        ),
        (KNOWN, SHOWS.replace("BoiledDry", "Whistles"), "parts.thermostat.shows.0: 'alarm:Whistles' is told by nobody"),
        (KNOWN.replace("kettle.boiled_dry", "kettle.litres"), SHOWS, "conditions.dry: 'kettle.litres' is no signal"),
    ],
)
def test_a_catalogue_that_speaks_of_what_is_not_there_is_told(
    tmp_path: Path, known: str, shows: str, told: str
) -> None:
    """By file, entry and rule; the vocabulary is the kind's own."""
    with pytest.raises(CatalogueError, match=re.escape(told)):
        catalogue(knowledge(tmp_path, known, shows))


def test_a_device_of_a_kind_that_is_no_more_is_told_at_start() -> None:
    """A store may come from where there was one kind more."""
    with pytest.raises(
        NoSuchKind,
        match=r"^volta/boat-1 is registered as a boat; there are car, fridge, home, phone, truck, tv, washer",
    ):
        Intake(Registry([of("volta/boat-1", "boat")]))


# --- the house ----------------------------------------------------------------------------------------------------------


def test_every_kind_has_the_same_file_names() -> None:
    """Whoever has read one has read all."""
    allowed = {*FILES, "features.py", "memory.py", "knowledge", "__pycache__"}
    for folder in kind_folders():
        check_folder(folder)
        assert {path.name for path in folder.iterdir()} <= allowed, folder.name


@pytest.mark.parametrize("package", ["gateway", "dispatch"])
def test_nothing_outside_the_folders_of_kinds_names_one(package: str) -> None:
    """Tables that translate kinds are fields of ``Kind``."""
    paths = [
        path
        for path in (GATEWAY.parent / package).rglob("*.py")
        if "kinds" not in path.relative_to(GATEWAY.parent).parts
    ]
    assert [str(path) for path in paths if re.search("fridge", path.read_text("utf-8"), re.IGNORECASE)] == []


def test_a_contradiction_of_one_kind_is_none_of_another(toy: Kind) -> None:
    """Each kind's readings are held against its own rules."""
    clash = Clash("kettle.boiled_dry", "kettle.litres", lambda dry, litres: dry and litres > 0, "dry, and full")
    kinds().remove(toy)
    kind = replace(
        toy, contradictions=(clash,), readings={STATUS: lambda _: {"kettle.boiled_dry": True, "kettle.litres": 1.0}}
    )
    kinds().add(kind)
    try:
        conclude = Conclude(Intake(Registry()).twins, lambda _: None)
        event = parse_event(boiled())
        assert conclude.from_event(
            event, of("volta/kettle-1", "kettle"), Twin("volta/kettle-1"), NOW
        ).contradictions == (clash,)
    finally:
        kinds().remove(kind)
        kinds().add(toy)
