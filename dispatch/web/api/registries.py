"""Paths by which devices, customers, workshops and suppliers are registered, thousands at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter
from pydantic import Field, StringConstraints, field_validator

from dispatch.access.permissions import Permission
from dispatch.core.acts import Serves
from dispatch.core.consent import Purpose, Way
from dispatch.core.events import ConsentChanged, OwnerChanged, SupplierOpened, WorkshopOpened
from dispatch.core.routing.events import NumberConfirmed
from dispatch.registers.customers import Customer
from dispatch.registers.telephone import dialled
from dispatch.service.access_control import NotRegistered, ProvenanceMixed
from dispatch.service.service import Service
from dispatch.web.api.ibans import Iban
from dispatch.web.api.partner_urls import Url, check_urls
from dispatch.web.dependencies import Body, Registered, ServiceDep, Simulated, tell, tell_all
from dispatch.web.kind_name import KindName
from dispatch.web.may import Own, Who, may, must_own
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Few, Id, Language, Latitude, Line, Longitude, Many, Moment
from gateway.contract.topics import DEVICE_PATTERN, VENDOR_PATTERN
from gateway.devices.registry import DeviceRecord
from gateway.finding import Capability, Carries, Load
from gateway.payments.device_key import why_unfit

router = APIRouter(tags=["registries"], responses=answers(422, 503))
DeviceName = Annotated[str, StringConstraints(pattern=rf"^{VENDOR_PATTERN}/{DEVICE_PATTERN}$")]


Agrees = Annotated[
    bool | None, Field(description="Left out: yes at first, and as it stands of a customer who is known already.")
]

AgreesFirst = Annotated[
    bool | None, Field(description="Left out: no at first, and as it stands of a customer who is known already.")
]


class PartnersRegistered(Registered):
    """How many were registered, and what those sign with that gave a URL."""

    secrets: dict[str, str] = Field(description="Of those that gave a ``url`` for the first time; told once.")


class LoadIn(Body):
    """What it takes to take a car along."""

    needs: Few[Capability] = Field((), examples=[["all_wheels_up"]])
    mass_kg: float = Field(0.0, ge=0, le=100_000, description="0: not known.")


class CarriesIn(Body):
    """What a truck takes along."""

    able: Few[Capability] = Field((), examples=[["all_wheels_up", "high_voltage"]])
    mass_kg: float | None = Field(None, gt=0, le=100_000, description="The heaviest car; None: no limit.")


class DeviceIn(Body):
    """A device, ``vendor/device``."""

    device: DeviceName = Field(examples=["volta/car-17"])
    kind: KindName
    customer: Id | None = Field(None, description="Whose it is; trucks have none.")
    provenance: Simulated
    paired_phone: DeviceName | None = Field(None, examples=["volta/phone-17"])
    model: Line = Field("", max_length=100)
    home_latitude: Latitude | None = None
    home_longitude: Longitude | None = None
    skills: Few[Line] = Field((), description="What a truck's crew can do.", examples=[["battery", "tow"]])
    model_year: int | None = Field(None, ge=1950, le=2100, description="Of a car: parts fail by age.")
    ble_key: str = Field(
        "", pattern=r"^([0-9A-Fa-f]{64})?$", description="The device's key for Bluetooth LE, 32 bytes in hexadecimal."
    )
    ble_address: str = Field(
        "",
        pattern=r"^(([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})?$",
        description="Of the OBD dongle in the car: AA:BB:CC:DD:EE:FF, or the UUID that macOS has for it.",
    )

    payment_key: str = Field(
        "",
        pattern=r"^([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])?$",
        description="The public key (Ed25519, 32 bytes in base64url) by which the device signs what it asks to pay; its own alone.",
    )
    payment_key_expires: Moment | None = Field(None, description="None: the key does not expire.")
    plate: Line = Field("", description="Of a car: what its owner is asked for.", examples=["AB-1234"])
    drivers: Few[Line] = Field((), description="Of a car: who drives it beside its owner, by name.")
    load: LoadIn = Field(LoadIn(), description="Of a car, as far as it is known.")
    carries: CarriesIn | None = Field(None, description="Of a truck; None: it takes everything.")

    def record(self) -> DeviceRecord:
        """Return it as the register has it."""
        told = self.model_dump(exclude={"load", "carries"})
        carries = None if self.carries is None else Carries(**self.carries.model_dump())
        return DeviceRecord(**told, load=Load(**self.load.model_dump()), carries=carries)


@cache
def _zones() -> frozenset[str]:
    """Return every zone of the IANA database that this system has; they are files, so they are looked for once."""
    return frozenset(available_timezones())


class CustomerIn(Body):
    """A customer: the only place with name and telephone number."""

    customer: Id = Field(examples=["c-17"])
    name: Line
    phone: str = Field(
        pattern=r"^\+[1-9][0-9]{5,14}$", examples=["+37120000017"], description="E.164, spaces and dashes allowed."
    )
    language: Language = Field(examples=["lv"], description="BCP 47.")
    provenance: Simulated
    email: str | None = Field(None, pattern=r"^[^@\s]{1,64}@[^@\s]{1,255}$", examples=["ilze@example.com"])
    social: Line | None = Field(None, examples=["@ilze"], description="The account on the platform of our social door.")
    may_call: Agrees = None
    may_order: Agrees = None
    may_message: Agrees = None
    may_payment: AgreesFirst = None
    may_app_help: AgreesFirst = None
    may_spending: AgreesFirst = None
    may_offers: AgreesFirst = None
    may_listen: AgreesFirst = None
    may_voice_print: AgreesFirst = None
    time_zone: Line | None = Field(
        None,
        examples=["Europe/Riga"],
        description="IANA: hours are told by this clock, and nobody is rung in its quiet hours. None: told by that of the "
        "place, kept quiet by the house's.",
    )
    contract: Line | None = Field(None, description="The number of their contract. Left out: as it was.")
    vulnerable: bool | None = Field(
        None, description="To be treated with particular care: nothing is offered to them. Left out: as it was."
    )
    iban: Iban | None = Field(
        None,
        description="The account that their purse is topped up from. Left out: as it was.",
        examples=["LV80BANK0000435195001"],
    )

    @field_validator("phone", mode="before")
    @classmethod
    def _in_e164(cls, phone: object) -> object:
        return dialled(phone) if isinstance(phone, str) else phone

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str | None) -> str | None:
        if name is not None and name not in _zones():
            message = f"{name!r} is no time zone of the IANA database, as 'Europe/Riga' is one"
            raise ValueError(message)
        return name


class CustomersRegistered(Registered):
    """How many were; and what did not become so."""

    stays_withdrawn: dict[str, list[Purpose]] = Field(
        description="Customer to what they are said to agree to, and withdrew themselves: it stays withdrawn."
    )


class WorkshopIn(Body):
    """A workshop that takes bookings."""

    workshop: Id
    latitude: Latitude
    longitude: Longitude
    provenance: Simulated
    url: Url | None = None


class SupplierIn(Body):
    """A supplier that takes orders."""

    supplier: Id
    serves: Few[Serves] = Field(min_length=1)
    latitude: Latitude
    longitude: Longitude
    provenance: Simulated
    url: Url | None = None


@router.post(
    "/devices",
    dependencies=[may(Permission.REGISTER_DEVICES, Own.IN_BODY)],
    summary="Register devices, or replace what was registered under their names",
    responses=answers(404, 409),
)
async def register_devices(devices: Many[DeviceIn], service: ServiceDep, who: Who) -> Registered:
    """Everything a device sends is refused until it is registered here. All of them are registered, or none."""
    for name in {name for one in devices for name in (one.device, one.paired_phone) if name}:
        must_own(who, Permission.REGISTER_DEVICES, name, device=True)
    records = [device.record() for device in devices]
    _check_keys(service, records)
    try:
        await service.access_control.admit_devices(records)
    except NotRegistered as error:
        raise ApiProblem(404, "unknown-vendor", "There is no such vendor", str(error)) from None
    except ProvenanceMixed as error:
        raise ApiProblem(409, "provenance-mixed", "Simulated and real are never mixed", str(error)) from None
    await asyncio.to_thread(service.journal.devices.keep, records)
    for record in records:
        service.room.intake.registry.add(record)
    await _hand_on(service, {record.device: record.customer or "" for record in records}, who.actor)
    return Registered(registered=len(records))


def _check_keys(service: Service, records: Iterable[DeviceRecord]) -> None:
    """Refuse a key by which two devices would sign, or anybody could: what is asked for could be passed off as theirs."""
    signers: dict[str, str] = {}
    for one in records:
        if one.payment_key and (unfit := why_unfit(one.payment_key)):
            detail = f"the payment_key of {one.device}: {unfit}; draw one in the device"
            raise ApiProblem(422, "payment-key-weak", "A device signs with a key of its own", detail)
        known = signers.setdefault(
            one.payment_key, service.room.intake.registry.signs_with(one.payment_key) or one.device
        )
        if one.payment_key and known != one.device:
            says = f"{one.device} has the payment_key of {known}; give each device a key of its own"
            raise ApiProblem(409, "payment-key-shared", "A device signs with a key of its own", says)


async def _hand_on(service: Service, owners: Mapping[str, str], by: str) -> None:
    """Have the desk know whose a device is by now, where it sees to a fault of it for somebody else."""
    for case in [*service.casebook.cases.values()]:
        owner = owners.get(case.device, case.customer)
        if owner != case.customer and case.closed_at is None:
            await tell(service, OwnerChanged(case.device, case.finding.episode, owner), by)


@router.post(
    "/customers",
    dependencies=[may(Permission.REGISTER_CUSTOMERS)],
    summary="Register customers, or replace what was registered under their ids",
)
async def register_customers(customers: Many[CustomerIn], service: ServiceDep, who: Who) -> CustomersRegistered:
    """A customer's language is taken from here when a fault is found; what they agree to holds at once, for what waits, too.

    What they withdrew themselves stays withdrawn (``stays_withdrawn``): they give it back by ``POST …/consent``.
    """
    stays = {one.customer: found for one in customers if (found := _stays_withdrawn(service, one))}
    told = [_told(service, customer) for customer in customers]
    changes = [event for customer in told for event in _agrees_otherwise(service, customer)]
    await tell_all(service, changes, who.actor)
    now = service.now()
    records = [one.newly_registered(service.customers.get(one.customer), now, who.actor) for one in told]
    for record in records:
        service.customers.add(record)
    await asyncio.to_thread(service.journal.customers.keep, records)
    kept = [service.customers.get(one.customer) for one in records]
    again = [one for one, was in zip(kept, records, strict=True) if one is not None and one is not was]
    await asyncio.to_thread(service.journal.customers.keep, again)  # who said something else while it was being kept
    return CustomersRegistered(registered=len(records), stays_withdrawn=stays)


def _stays_withdrawn(service: Service, told: CustomerIn) -> list[Purpose]:
    """Return what a registration says that they agree to, and they themselves withdrew."""
    known = service.customers.get(told.customer)
    return [one for one in Purpose if known and known.withdrew(one) and getattr(told, f"may_{one}")]


def _told(service: Service, told: CustomerIn) -> Customer:
    """Return the customer; who is known already agrees to what they agreed to, where nothing else is told."""
    known = service.customers.get(told.customer)
    stands = {f"may_{one}": not one.asked_first if known is None else known.agrees(one) for one in Purpose}
    stays = {f"may_{one}": False for one in _stays_withdrawn(service, told)}
    kept = {} if known is None else {name: getattr(known, name) for name in ("contract", "push", "iban", "vulnerable")}
    return Customer(**stands | kept | told.model_dump(exclude_none=True) | stays)


def _agrees_otherwise(service: Service, told: Customer) -> list[ConsentChanged | NumberConfirmed]:
    """Return what a customer who is registered anew agrees to otherwise than before."""
    known = service.customers.get(told.customer)
    changed = [one for one in Purpose if known is not None and known.agrees(one) is not told.agrees(one)]
    agrees = (ConsentChanged(told.customer, one, told.agrees(one), Way.REGISTRATION) for one in changed)
    another = known is not None and known.wrong_number and known.phone != told.phone
    return [*agrees, *([NumberConfirmed(told.customer)] if another else ())]


@router.post("/workshops", dependencies=[may(Permission.REGISTER_PARTNERS)], summary="Register workshops")
async def register_workshops(workshops: Many[WorkshopIn], service: ServiceDep, who: Who) -> PartnersRegistered:
    """A workshop is asked for slots at its ``url``, or by ``GET /requests``. Registered again, it stays where it was."""
    check_urls(((one.url, one.provenance) for one in workshops), service.partner_networks)
    await tell_all(service, [WorkshopOpened(**one.model_dump(exclude={"url"})) for one in workshops], who.actor)
    secrets = {one.workshop: await _address(service, one.workshop, one) for one in workshops}
    return _registered(secrets)


@router.post(
    "/suppliers",
    dependencies=[may(Permission.REGISTER_PARTNERS)],
    summary="Register suppliers of goods and of technicians",
)
async def register_suppliers(suppliers: Many[SupplierIn], service: ServiceDep, who: Who) -> PartnersRegistered:
    """A supplier gets its orders at its ``url``, or by ``GET /requests``. Registered again, it stays where it was."""
    check_urls(((one.url, one.provenance) for one in suppliers), service.partner_networks)
    await tell_all(service, [SupplierOpened(**one.model_dump(exclude={"url"})) for one in suppliers], who.actor)
    secrets = {one.supplier: await _address(service, one.supplier, one) for one in suppliers}
    return _registered(secrets)


async def _address(service: Service, partner: str, told: WorkshopIn | SupplierIn) -> str | None:
    """Keep a partner's address, where it gave one; return its secret, where that is new."""
    if told.url is None:
        return None
    record, is_new = await service.partners.register(partner, told.url, told.provenance)
    return record.secret if is_new else None


def _registered(secrets: dict[str, str | None]) -> PartnersRegistered:
    new = {partner: secret for partner, secret in secrets.items() if secret is not None}
    return PartnersRegistered(registered=len(secrets), secrets=new)
