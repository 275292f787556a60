"""Cars: the codes that are stored, what the readings say now and over time, what the driver tells, where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, cached_property, partial

from gateway.conclude.concluder import Concluder, OwnCodes, Surroundings
from gateway.conclude.last_looked import LastLooked
from gateway.conclude.readings import Lasting, place_of, take_place, take_readings
from gateway.conclude.report import Diagnosed, diagnosed, finding, lapsed, recovered, remember
from gateway.contract.values import Position, Readings
from gateway.devices.episodes import Episode
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import ToldSign, Twin
from gateway.diagnosis.catalogue import NOTHING, UNKNOWN
from gateway.diagnosis.conditions import Condition, Seen
from gateway.diagnosis.ranking import Evidence, Model, model
from gateway.diagnosis.screen import Screen
from gateway.finding import Conclusion, Domain, Drive, Grade, Place, PlaceReport
from gateway.kinds.car.features import ELECTRIC, KNOWLEDGE, derived_from, powertrain
from gateway.kinds.car.messages import VehicleFaultEvent, VehicleSignals, VehicleStatusEvent
from gateway.places import location
from gateway.places.location import APART_M, Sighting, apart, is_news
from gateway.places.place_names import gazetteer

FAULT = "fault"
"""The subject of a car's first fault; a second one that the first does not explain is ``fault/{system}``."""
CODES_TAKE_S = 600.0
"""Most control units have stored what they will store within ten minutes [fit]: two trips of a monitor are rarer."""
FIRST_MATURITY = 0.35
CRAWLS_KMH = 10
"""A car that is faster is driven, not pushed."""
STANDS_KMH = 2.0
"""Receivers and wheels that stand still tell a little more than nothing."""
SYMPTOM_LASTS_S = 7_200.0
SECOND_AFTER_S = 120.0
"""What comes sooner after the first sign belongs to the same fault until it proves otherwise."""
SURE = 0.7
"""A first fault that is less sure is not taken as the explanation of its codes, nor a less sure second one as a second."""
MOST_TOLD = 64
"""Codes and symptoms that are remembered of a car: those told last."""
VOLTAGES = ("Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.OBD.ControlModuleVoltage")
NOMINAL = "Vehicle.LowVoltageBattery.NominalVoltage"
RUNNING, RPM = "Vehicle.Powertrain.CombustionEngine.IsRunning", "Vehicle.Powertrain.CombustionEngine.Speed"
LORRY_IDLES_RPM = 900.0
NO_12_V = 18.0
"""A voltage or nominal voltage that no system of 12 V has: it is a lorry's, of 24 V."""
GRACE_S = 30 * 60.0
"""After a repair: codes that nobody cleared are told once more, and a battery that was jump-started is charged first."""
LASTING = Lasting(
    lasts=frozenset({
        "Vehicle.TraveledDistance", "Vehicle.OBD.FuelLevel",
        "Vehicle.VehicleIdentification.VIN",
    }),
    states=frozenset({
        "Vehicle.Powertrain.CombustionEngine.IsRunning", "Vehicle.LowVoltageSystemState",
        "Vehicle.Powertrain.CombustionEngine.Speed",
    }),
    momentary=frozenset({
        "Vehicle.Powertrain.CombustionEngine.Speed", "Vehicle.OBD.EngineSpeed",
        "Vehicle.OBD.EngineLoad", "Vehicle.OBD.ShortTermFuelTrim1",
        "Vehicle.OBD.LongTermFuelTrim1", "Vehicle.OBD.MAP",
        "Vehicle.OBD.MAF", "Vehicle.OBD.FuelPressure",
        "Vehicle.OBD.FuelRailPressureDirect", "Vehicle.OBD.ControlModuleVoltage",
        "Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.LowVoltageBattery.CurrentCurrent",
        "Vehicle.Speed", "Vehicle.OBD.Speed",
        "Vehicle.Powertrain.CombustionEngine.EOP", "Vehicle.Powertrain.CombustionEngine.IsRunning",
        "Vehicle.Powertrain.CombustionEngine.EngineOil.PressureStatus", "Vehicle.LowVoltageSystemState",
        "Vehicle.Powertrain.CombustionEngine.DieselParticulateFilter.DeltaPressure",
    }),
)  # fmt: skip
"""An engine speed of a minute ago and the voltage of a parked car make no sense beside what the car is doing now."""
ALARMING, SHOWS_OFTEN = 0.02, 0.4
"""A condition with fewer false alarms than the one, shown by some part more often than the other, is looked at in every status."""


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from what cars send."""
    cars = Vehicles(around)
    return Concluder(
        {"callahead.vehicle.status.v1": cars.status, "callahead.vehicle.fault.v1": cars.fault},
        cars.explain,
        cars.repaired,
    )


class Vehicles:
    """Concludes from what cars send."""

    def __init__(self, around: Surroundings) -> None:
        self._twins = around.twins
        self._read_codes = around.own_codes
        self._explained_to = around.explained
        self._looked = LastLooked()

    @cached_property
    def _model(self) -> Model:
        return model(KNOWLEDGE)

    @cached_property
    def _own_codes(self) -> OwnCodes:
        return self._read_codes()

    @cached_property
    def _watched(self) -> frozenset[str]:
        return watched()

    def status(
        self, event: VehicleStatusEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterable[Conclusion]:
        """Take a status: readings may alarm without any code, and codes that are gone end an episode."""
        signals, at = event.data.signals, event.time.timestamp()
        if twin.before_repair(at):
            take_place(twin, event.data.fix)
            return
        newest = at >= twin.read_at
        readings = take_readings(twin, told, at, self._watched, LASTING)
        before, believed = _last(twin), True
        if newest:
            _sync_codes(twin, signals, at)
            believed = take_place(twin, event.data.fix)
            twin.moving = bool(signals.speed)
        seen = _seen(twin, readings, at)
        alarms = self._alarms(seen, twin)
        if newest and (alarms or _codes(twin)):
            twin.episodes.interrupt(FAULT)
        if alarms or (twin.told and twin.episodes.open):
            place = partial(self._place, event.data.fix if believed else None, record, twin, now, before)
            yield from self._assess(event, record, twin, seen, place, fresh=False, alarms=alarms)
        if twin.episodes.open and newest and _stands(signals, before, twin):
            yield from self._moved(event, record, twin, now, before, believed=believed)
        if newest and not alarms and not _codes(twin):
            for subject in [name for name, one in twin.episodes.open.items() if _is_well(name, one, signals)]:
                yield from recovered(event, twin, subject, at)

    def _alarms(self, seen: Seen, twin: Twin) -> tuple[str, ...]:
        """Return which of the conditions that may hold though the car does not complain do: nearly always none.

        What follows from readings and stored codes (an electric car, silent control units) counts as readings do.
        """
        if twin.told:
            told, _ = _told(twin, seen.at)
            seen = seen._replace(readings={**seen.readings, **derived_from(told, None, None, None)})
        possible = screen().possible(seen)
        if not possible:
            return ()
        train = powertrain(seen.readings)
        if train is not None:
            seen = seen._replace(readings={**seen.readings, ELECTRIC: train == "electric"})
        return tuple(sorted({name for name in possible if self._model.tests[name](seen)}))

    def fault(
        self, event: VehicleFaultEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterable[Conclusion]:
        """Take a fault: codes with their freeze frame, symptoms."""
        at = event.time.timestamp()
        if twin.before_repair(at):
            take_place(twin, event.data.fix)
            return
        newest = at >= twin.read_at
        readings = take_readings(twin, told, at, self._watched, LASTING)
        for subject in [name for name in twin.episodes.open if name.startswith(FAULT)]:
            yield from lapsed(event, twin, subject, at)
        for dtc in event.data.codes:
            _note(twin, dtc.code, at, confirmed=dtc.status != "pending")
        for name in [name for name, one in twin.told.items() if _is_stale_symptom(name, one, at)]:
            del twin.told[name]
        for symptom in event.data.symptoms:
            _note(twin, f"symptom:{symptom}", at, confirmed=True)
        _forget_oldest(twin)
        before, believed = _last(twin), take_place(twin, event.data.fix)
        frame = event.data.freeze_frame
        if newest and frame.speed is not None:
            twin.moving = bool(frame.speed)
        place = partial(self._place, event.data.fix if believed else None, record, twin, now, before)
        yield from self._assess(event, record, twin, _seen(twin, readings, at), place, fresh=True)
        if newest and _stands(frame, before, twin):
            yield from self._moved(event, record, twin, now, before, believed=believed)

    @staticmethod
    def repaired(twin: Twin, at: float) -> None:
        """Note that a crew is through with a car: whatever was broken in it, they had it before them."""
        twin.repaired(FAULT, at, GRACE_S, LASTING.lasts)

    def explain(self, record: DeviceRecord, twin: Twin) -> Diagnosed:
        """Diagnose a car as it stands, and change nothing."""
        at = max([twin.read_at, *(one.last_at for one in twin.told.values())])
        seen = _seen(twin, twin.readings, at)
        return diagnosed(self._model, self._evidence(record, twin, seen, *_told(twin, at)))

    def _assess(
        self,
        event: VehicleFaultEvent | VehicleStatusEvent,
        record: DeviceRecord,
        twin: Twin,
        seen: Seen,
        where: Callable[[], Place | None],
        *,
        fresh: bool,
        alarms: tuple[str, ...] = (),
    ) -> Iterator[Conclusion]:
        """Diagnose, and tell dispatch what is news. ``where`` it is, is only asked then."""
        told, maturity = _told(twin, seen.at)
        rests = twin.rests(seen.at)
        looked = (tuple(told.items()), alarms, round(maturity, 1), rests, twin.repair and twin.repair.at)
        if not self._looked.is_news(twin.device, looked) and not fresh:
            return
        evidence = self._evidence(record, twin, seen, told, maturity)
        for subject, found in self._faults(twin, evidence):
            self._explained_to(twin.device, subject, found)
            if rests and not told and not _endangers(twin, found):
                continue  # readings alone may be left over
            key = event.key + subject.removeprefix(FAULT)
            episode = twin.episodes.tell(
                subject, key, seen.at, found.judgement(twin.episodes.open.get(subject)), fresh=fresh
            )
            if subject == FAULT:  # of a second fault nobody asks what held
                remember(found, twin.episodes.open.get(subject))
            if episode is None:
                continue
            episode.claims = self._explained(found, evidence)
            place = where()
            episode.place = place or episode.place
            yield replace(finding(event, record, episode, Domain.VEHICLE, found, place, record.paired_phone), key=key)

    def _faults(self, twin: Twin, evidence: Evidence) -> Iterator[tuple[str, Diagnosed]]:
        """Yield each fault there seems to be, by its subject: usually one."""
        others = {name: one for name, one in twin.episodes.open.items() if name.startswith(f"{FAULT}/")}
        claimed = {code for one in others.values() for code in one.claims}
        mine = _without(evidence, claimed)
        first = diagnosed(self._model, mine)
        second = self._second(twin, first, mine)
        if second is None:
            yield FAULT, first
            return
        system = self._model.known.parts[second.decision.part].system
        yield FAULT, diagnosed(self._model, _without(mine, set(second.ranking.evidence.told)))
        yield f"{FAULT}/{system}", second

    def _second(self, twin: Twin, first: Diagnosed, evidence: Evidence) -> Diagnosed | None:
        """Return a second fault: what the one that is open does not explain, told later, and sure by itself."""
        episode = twin.episodes.open.get(FAULT)
        if episode is None or episode.part in {UNKNOWN, NOTHING}:
            return None
        late = episode.opened_at + SECOND_AFTER_S
        explained = self._explains(episode.part)
        rest = {
            code: confirmed
            for code, confirmed in evidence.told.items()
            if confirmed and twin.told[code].first_at > late and not explained(code) and code not in episode.claims
        }
        if not rest or len(rest) == len(evidence.told):
            return None
        kept = diagnosed(self._model, _without(evidence, set(rest)))
        alone = diagnosed(self._model, _only(evidence, rest))
        sure = kept.ranking.probability(episode.part) >= SURE and alone.decision.probability >= SURE
        other = alone.decision.part not in {episode.part, first.decision.part, UNKNOWN}
        if first.decision.part != episode.part:
            other = alone.decision.part not in {episode.part, UNKNOWN}
        return alone if sure and other and alone.decision.grade is not Grade.WATCH else None

    def _explains(self, part: str) -> _Explains:
        return _Explains(self._model, part)

    def _explained(self, found: Diagnosed, evidence: Evidence) -> set[str]:
        explains = self._explains(found.decision.part)
        return {item for item in evidence.told if explains(item) and item in found.ranking.evidence.told}

    def _evidence(
        self, record: DeviceRecord, twin: Twin, seen: Seen, told: dict[str, bool], maturity: float
    ) -> Evidence:
        km = seen.readings.get("Vehicle.TraveledDistance")
        year = datetime.fromtimestamp(seen.at, UTC).year
        age = None if record.model_year is None else max(0.0, year - record.model_year + 0.5)
        mileage = float(km) / 1000 if isinstance(km, int | float) else None
        train = powertrain(seen.readings)
        derived = derived_from(told, train, age, mileage)
        derived["codes.unrelated"] = self._model.unrelated(code for code in told if _tells_of_a_circuit(code))
        return Evidence(
            told,
            Seen({**seen.readings, **derived}, seen.samples, seen.at),
            maturity,
            train,
            age,
            mileage,
            self._own_codes.get(record.device.partition("/")[0], {}),
            *_remembered(twin),
            device=twin.device,
        )

    def _moved(
        self,
        event: VehicleFaultEvent | VehicleStatusEvent,
        record: DeviceRecord,
        twin: Twin,
        now: float,
        last: Sighting | None,
        *,
        believed: bool,
    ) -> Iterator[PlaceReport]:
        """Tell where the car stands by now, where that is not where its open faults were told to be."""
        stands = self._place(event.data.fix, record, twin, now, last) if believed else twin.doubted
        if stands is None:
            return
        for subject, episode in twin.episodes.open.items():
            if not subject.startswith(FAULT) or not is_news(episode.place, stands) or (not believed and episode.jumped):
                continue
            episode.jumped = not believed
            episode.place = stands if believed else episode.place
            near = gazetteer().near(stands.latitude, stands.longitude)
            key, at = event.key + subject.removeprefix(FAULT), event.time.timestamp()
            yield PlaceReport(key, episode.key, twin.device, stands, near, at, believed)

    def _place(
        self, fix: Position | None, record: DeviceRecord, twin: Twin, now: float, last: Sighting | None
    ) -> Place | None:
        """Return where the car is: its own fix; its owner's phone; where it was seen last. Whichever is known best."""
        own = Sighting(place_of(fix, "gnss"), twin.moving) if fix else None
        phone = self._twins.get(record.paired_phone or "")
        return location.best(own, phone.place if phone else None, last, now)


class _Explains:
    """Tells whether a part would report a code, be it as a consequence."""

    def __init__(self, known: Model, part: str) -> None:
        self._model, self._index = known, known.names.index(part)

    def __call__(self, item: str) -> bool:
        return any(self._model.weights[number].part == self._index for number in self._model.hits(item))


def _seen(twin: Twin, readings: Readings, at: float) -> Seen:
    """Return what is seen of a car. The catalogue knows systems of 12 V: the voltages of a lorry's of 24 V are halved for it.

    A lorry's idling engine says nothing of them: after the start its intake heater takes more than the alternator gives.
    """
    if not has_24_v(twin):
        return Seen(readings, twin.samples, at)
    idles = readings.get(RUNNING) is True and _number(readings.get(RPM), LORRY_IDLES_RPM) < LORRY_IDLES_RPM
    others = {name: value for name, value in readings.items() if name not in VOLTAGES}
    halved = {name: _number(readings[name]) / 2 for name in VOLTAGES if name in readings and not idles}
    samples = {name: [(when, value / 2) for when, value in twin.samples.get(name, ())] for name in VOLTAGES}
    return Seen({**others, **halved}, {**twin.samples, **samples}, at)


def _number(value: object, otherwise: float = 0.0) -> float:
    return float(value) if isinstance(value, int | float) else otherwise


def has_24_v(twin: Twin) -> bool:
    """Tell by what it says it has; where it does not say, by what it had within the last hours."""
    nominal = twin.readings.get(NOMINAL)
    if isinstance(nominal, int | float):
        return nominal > NO_12_V
    for _, value in twin.samples.get(VOLTAGES[0], ()):  # noqa: SIM110 - it is asked of every status, and this is faster
        if value > NO_12_V:
            return True
    return False


@cache
def alarming() -> dict[str, Condition]:
    """Return the conditions that are looked at in every status, by name."""
    known = model(KNOWLEDGE).known
    shown: dict[str, float] = {}
    for part, entry in known.parts.items():
        for group in entry.groups if part not in {UNKNOWN, NOTHING} else ():
            shown.update({name: max(group.p, shown.get(name, 0.0)) for name in group.any})
    return {
        name: condition
        for name, condition in known.conditions.items()
        if condition.false_alarm <= ALARMING and shown.get(name, 0.0) >= SHOWS_OFTEN
    }


@cache
def screen() -> Screen:
    """Return what tells at a glance which of them cannot hold."""
    return Screen(alarming())


@cache
def watched() -> frozenset[str]:
    """Return the readings that are kept over time."""
    conditions = model(KNOWLEDGE).known.conditions.values()
    return frozenset(check.trend for condition in conditions for check in condition.checks if check.trend)


def _endangers(twin: Twin, found: Diagnosed) -> bool:
    """Tell whether a car that was just repaired is dangerous: it is driven so, or was not before."""
    if found.decision.drive is not Drive.STOP_NOW:
        return False
    before = twin.episodes.over.get(FAULT)
    return twin.moving or (before is not None and before.repaired and before.drive is not Drive.STOP_NOW)


def _is_well(subject: str, episode: Episode, signals: VehicleSignals) -> bool:
    """Tell whether a status shows that a fault is gone: codes that were stored are not, or the car drives as it should.

    A car that stands and says nothing has not recovered: a battery too weak to start rests at a fair voltage.
    """
    runs = bool(signals.engine_running) or (signals.speed or 0) > CRAWLS_KMH
    had_codes = any(":" not in code for code in episode.claims)
    return subject.startswith(FAULT) and (runs or (had_codes and 0 in {signals.dtc_count, signals.obd_dtc_count}))


def _stands(signals: VehicleSignals, before: Sighting | None, twin: Twin) -> bool:
    """Tell whether a car is at rest: it says so, or it says nothing of that and has not come from where it was."""
    if signals.speed is not None:
        return abs(signals.speed) < STANDS_KMH
    if signals.is_moving is not None:
        return not signals.is_moving
    if signals.engine_running is not None:
        return not signals.engine_running
    return before is not None and twin.place is not None and apart(before.place, twin.place) < APART_M


def _told(twin: Twin, at: float) -> tuple[dict[str, bool], float]:
    """Return what still counts of what was told, and how much of the time that codes take has passed since the first of it."""
    left = twin.left_over(at)
    counts = {name: one for name, one in twin.told.items() if name not in left and not _is_stale_symptom(name, one, at)}
    began = min((one.first_at for one in counts.values()), default=at - CODES_TAKE_S)
    grown = min(1.0, max(0.0, at - began) / CODES_TAKE_S)
    told = {name: one.confirmed for name, one in counts.items()}
    return told, FIRST_MATURITY + (1 - FIRST_MATURITY) * grown


def _remembered(twin: Twin) -> tuple[frozenset[str], frozenset[str]]:
    """Return which conditions held earlier in the episode, and which were looked at and never did."""
    episode = twin.episodes.open.get(FAULT)
    return (frozenset(episode.held), frozenset(episode.failed)) if episode else (frozenset(), frozenset())


def _last(twin: Twin) -> Sighting | None:
    return Sighting(twin.place, twin.moving) if twin.place else None


def _note(twin: Twin, name: str, at: float, *, confirmed: bool) -> None:
    one = twin.told.get(name)
    if one is None:
        twin.told[name] = ToldSign(confirmed, at, at)
    else:
        one.confirmed, one.last_at = one.confirmed or confirmed, max(one.last_at, at)


def _forget_oldest(twin: Twin) -> None:
    """Forget what was told longest ago, where it is more than is remembered."""
    beyond = len(twin.told) - MOST_TOLD
    if beyond > 0:
        for name in sorted(twin.told, key=lambda name: twin.told[name].last_at)[:beyond]:
            del twin.told[name]


def _sync_codes(twin: Twin, signals: VehicleSignals, at: float) -> None:
    """Take over what a status says of the stored codes: all of them in a list, or that there are none."""
    listed = signals.dtc_list if signals.dtc_list is not None else signals.obd_dtc_list
    none_left = signals.dtc_count == 0 or signals.obd_dtc_count == 0
    if listed is None and not none_left:
        return
    for code in listed or ():
        _note(twin, code, at, confirmed=True)
    _forget_oldest(twin)
    for code in _codes(twin):
        if (twin.told[code].last_at < at or none_left) and code not in (listed or ()):
            del twin.told[code]


def _tells_of_a_circuit(code: str) -> bool:
    """No symptom, no lost communication and no misfire: those are what one fault brings about elsewhere."""
    return ":" not in code and code[0] != "U" and not "P0300" <= code <= "P0316"


def _codes(twin: Twin) -> list[str]:
    return [name for name in twin.told if ":" not in name]


def _is_stale_symptom(name: str, one: ToldSign, at: float) -> bool:
    return ":" in name and at - one.last_at > SYMPTOM_LASTS_S


def _without(evidence: Evidence, codes: set[str]) -> Evidence:
    return (
        _only(evidence, {code: yes for code, yes in evidence.told.items() if code not in codes}) if codes else evidence
    )


def _only(evidence: Evidence, told: Mapping[str, bool]) -> Evidence:
    return replace(evidence, told=told)
