"""Paths by which vendors are registered, and vendors and devices get their credentials."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.service.access_control import ProvenanceMixed
from dispatch.service.service import Service
from dispatch.web.dependencies import Body, Registered, ServiceDep, Simulated
from dispatch.web.may import Own, may
from dispatch.web.problems import ApiProblem, answers
from gateway.access.authority import NameTooLong, NotWritten
from gateway.access.credentials import Credential
from gateway.broker.child_process import BrokerFailed
from gateway.contract.bounds import Line, Many
from gateway.contract.topics import DEVICE_PATTERN, VENDOR_PATTERN
from gateway.devices.registry import VendorRecord

router = APIRouter(tags=["vendors"], responses=answers(422, 503))
YEAR_S = 365 * 86_400
LONGEST_S = 10 * YEAR_S
Vendor = Annotated[str, Path(pattern=f"^{VENDOR_PATTERN}$")]
Device = Annotated[str, Path(pattern=f"^{DEVICE_PATTERN}$")]


class VendorIn(Body):
    """A vendor of devices."""

    vendor: str = Field(pattern=f"^{VENDOR_PATTERN}$", examples=["volta"])
    provenance: Simulated
    contact: Line = Field("", examples=["devices@volta.example"], description="Whom to ask.")


class CredentialWanted(Body):
    """What is asked for beside a password."""

    certificate: bool = Field(default=False, description="Also a client certificate, signed by this service.")
    certificate_valid_s: int = Field(YEAR_S, ge=1, le=LONGEST_S, description="For so many seconds.")


class Certificate(BaseModel):
    """A client certificate with its key, told once."""

    certificate: str = Field(description="PEM.")
    private_key: str = Field(description="PEM.")
    valid_until: float = Field(description="POSIX seconds.")


class CredentialTold(BaseModel):
    """A credential, told once: the service keeps a hash."""

    username: str
    password: str
    broker: str = Field(description="Connect there with the password.", examples=["mqtt://127.0.0.1:1883"])
    broker_tls: str | None = Field(description="The same with TLS, where there is such a listener.")
    broker_certificates: str | None = Field(description="Connect there with the certificate, and no password.")
    authority: str | None = Field(description="PEM: what to trust at the listeners with TLS.")
    certificate: Certificate | None


class CredentialKept(BaseModel):
    """What can still be told of a credential."""

    username: str
    issued_at: float
    certificate_until: float | None


@router.post(
    "/vendors",
    dependencies=[may(Permission.REGISTER_VENDORS)],
    summary="Register vendors, or replace what was registered under their names",
)
async def register_vendors(vendors: Many[VendorIn], service: ServiceDep) -> Registered:
    """A vendor comes before its devices."""
    records = [VendorRecord(**vendor.model_dump()) for vendor in vendors]
    try:
        await service.access_control.register_vendors(records, service.room.intake.registry)
    except ProvenanceMixed as error:
        raise ApiProblem(409, "provenance-mixed", "Simulated and real are never mixed", str(error)) from None
    return Registered(registered=len(records))


@router.get("/vendors", dependencies=[may(Permission.READ_REGISTRIES)], summary="Registered vendors")
async def vendors(service: ServiceDep) -> list[VendorRecord]:
    """By name."""
    return service.access_control.vendors()


_ONCE = "The password is told once. What held before holds no more, and whoever uses it is cut off."


@router.post(
    "/vendors/{vendor}/credentials",
    dependencies=[may(Permission.ISSUE_CREDENTIALS, Own.VENDOR)],
    summary="Issue a vendor's credential, or replace it",
    description=f"For all of the vendor's devices, on one connection or several. {_ONCE}",
    responses=answers(404),
)
async def issue_to_vendor(vendor: Vendor, wanted: CredentialWanted, service: ServiceDep) -> CredentialTold:
    """Issue or rotate."""
    return await _issue(service, _known_vendor(service, vendor), wanted)


@router.get(
    "/vendors/{vendor}/credentials",
    dependencies=[may(Permission.ISSUE_CREDENTIALS, Own.VENDOR)],
    summary="Whether a vendor has a credential",
    responses=answers(404),
)
async def vendors_credential(vendor: Vendor, service: ServiceDep) -> CredentialKept:
    """Without the password, which nobody knows any more."""
    return _kept(service, vendor)


@router.delete(
    "/vendors/{vendor}/credentials",
    dependencies=[may(Permission.ISSUE_CREDENTIALS, Own.VENDOR)],
    status_code=204,
    summary="Revoke it",
    responses=answers(404),
)
async def revoke_vendors(vendor: Vendor, service: ServiceDep) -> None:
    """Whoever uses it is cut off. The devices' own credentials go on."""
    await _revoke(service, vendor)


@router.post(
    "/devices/{vendor}/{device}/credentials",
    dependencies=[may(Permission.ISSUE_CREDENTIALS, Own.DEVICE)],
    summary="Issue a device's credential, or replace it",
    description=f"For the device's own topics. {_ONCE}",
    responses=answers(404),
)
async def issue_to_device(
    vendor: Vendor, device: Device, wanted: CredentialWanted, service: ServiceDep
) -> CredentialTold:
    """Issue or rotate."""
    return await _issue(service, _known_device(service, f"{vendor}/{device}"), wanted)


@router.get(
    "/devices/{vendor}/{device}/credentials",
    dependencies=[may(Permission.ISSUE_CREDENTIALS, Own.DEVICE)],
    summary="Whether a device has a credential of its own",
    responses=answers(404),
)
async def devices_credential(vendor: Vendor, device: Device, service: ServiceDep) -> CredentialKept:
    """Without the password, which nobody knows any more."""
    return _kept(service, f"{vendor}/{device}")


@router.delete(
    "/devices/{vendor}/{device}/credentials",
    dependencies=[may(Permission.ISSUE_CREDENTIALS, Own.DEVICE)],
    status_code=204,
    summary="Revoke it",
    responses=answers(404),
)
async def revoke_devices(vendor: Vendor, device: Device, service: ServiceDep) -> None:
    """Whoever uses it is cut off."""
    await _revoke(service, f"{vendor}/{device}")


def _known_vendor(service: Service, vendor: str) -> str:
    if vendor not in {known.vendor for known in service.access_control.vendors()}:
        raise ApiProblem(404, "unknown-vendor", "There is no such vendor", f"{vendor!r} was never registered")
    return vendor


def _known_device(service: Service, device: str) -> str:
    if service.room.intake.registry.get(device) is None:
        raise ApiProblem(404, "unknown-device", "There is no such device", f"{device!r} was never registered")
    return device


async def _issue(service: Service, username: str, wanted: CredentialWanted) -> CredentialTold:
    try:
        issued = await service.access_control.issue(
            username, wanted.certificate_valid_s if wanted.certificate else None
        )
    except NameTooLong as error:
        raise ApiProblem(422, "name-too-long", "The name is too long for a certificate", str(error)) from None
    except (BrokerFailed, NotWritten) as error:
        raise ApiProblem(503, "broker", "The broker does not know of it yet", f"{error}; ask again") from None
    told, certificate = service.brokers_told, None
    if issued.certificate:
        made = issued.certificate
        certificate = Certificate(certificate=made.certificate, private_key=made.private_key, valid_until=made.until)
    return CredentialTold(
        username=issued.username,
        password=issued.password,
        broker=told.plain,
        broker_tls=told.tls,
        broker_certificates=told.certificates,
        authority=service.access_control.authority.certificate() if service.access_control.authority.exists else None,
        certificate=certificate,
    )


async def _revoke(service: Service, username: str) -> None:
    try:
        if await service.access_control.revoke(username):
            return
    except (BrokerFailed, NotWritten) as error:
        raise ApiProblem(503, "broker", "The broker does not know of it yet", f"{error}; ask again") from None
    _kept(service, username)


def _kept(service: Service, username: str) -> CredentialKept:
    known: Credential | None = service.access_control.credential_of(username)
    if known is None:
        raise ApiProblem(404, "no-credential", "There is no credential", f"{username!r} has none")
    return CredentialKept(username=known.username, issued_at=known.issued_at, certificate_until=known.certificate_until)
