"""The file of ``callahead-serve --oidc``: TOML, which provider the house has and what its groups are here. Read whole, or refused.

issuer = "https://id.example"
client_id = "callahead"
client_secret = "@/run/secrets/callahead-oidc"   # or CALLAHEAD_OIDC_SECRET in the environment; none: a public client
label = "Example House"
roles_claim = "groups"                           # dots lead inside: "realm_access.roles"

[roles]                                          # of several groups, the first that stands here
"callahead-administrators" = "administrator"
"dispatch" = "dispatcher"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from dispatch.access.hosts import safe_url
from dispatch.access.provider import Provider
from dispatch.access.roles import BY_LINK, OWNERS, Role
from gateway.contract.documents import from_toml, read_text
from gateway.errors import OperatorError

SECRET_VARIABLE = "CALLAHEAD_OIDC_SECRET"  # noqa: S105 - its name


class BadProviderFile(OperatorError):  # noqa: N818 - says what is wrong
    """The operator's fault: the message names file, key and rule."""


def _must_be_staff(role: Role) -> Role:
    if role in OWNERS:
        how = "a link" if role in BY_LINK else "an account or a key of their own"
        raise ValueError(f"a {role} reaches only its own, which no group says: they have {how}")
    return role


def _must_be_asked_for(scopes: tuple[str, ...]) -> tuple[str, ...]:
    if "openid" not in scopes:
        raise ValueError("has to have 'openid' in it")
    return scopes


def _must_be_a_file(text: str) -> str:
    if not text.startswith("@"):
        raise ValueError(f"is '@FILE', or {SECRET_VARIABLE} in the environment: not the secret itself")
    return text


Url = Annotated[str, AfterValidator(safe_url)]
StaffRole = Annotated[Role, AfterValidator(_must_be_staff)]
Text = Annotated[str, Field(min_length=1, max_length=500)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Url
    client_id: Text
    client_secret: Annotated[str, AfterValidator(_must_be_a_file)] | None = None
    label: Annotated[str, Field(min_length=1, max_length=40)] = "your house's account"
    redirect_uri: Url | None = None
    ca: Path | None = None
    name_claim: Text = "preferred_username"
    roles_claim: Text = "groups"
    roles: dict[Text, StaffRole] = Field(default_factory=dict, max_length=500)
    default_role: StaffRole | None = None
    scopes: Annotated[tuple[Text, ...], AfterValidator(_must_be_asked_for)] = ("openid", "profile", "email")


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """The provider, and how we speak with it."""

    provider: Provider
    secret: str | None = None
    """``None``: a public client, which PKCE alone protects."""
    redirect_uri: str | None = None
    """Where browsers come back to; ``None``: to the address under which they asked."""
    ca: Path | None = None
    """Certificates that are trusted instead of the usual ones, PEM."""


def read_provider(path: Path, secret: str | None = None) -> ProviderSettings:
    """Read a file. ``secret``: what the environment says. Raises ``BadProviderFile``."""
    try:
        found = _File.model_validate(from_toml(read_text(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise BadProviderFile(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadProviderFile(f"{path}: not TOML: {error}") from None
    except ValidationError as error:
        raise BadProviderFile("\n".join(_told(path, error))) from None
    if not (found.roles or found.default_role):
        raise BadProviderFile(
            f"{path}: roles: nobody would be let in: say of which group which role is, or default_role"
        )
    names = {name: getattr(found, name) for name in ("issuer", "client_id", "label", "name_claim", "roles_claim")}
    provider = Provider(**names, roles=found.roles, default_role=found.default_role, scopes=found.scopes)
    return ProviderSettings(provider, _secret(path, found.client_secret) or secret, found.redirect_uri, found.ca)


def _secret(path: Path, said: str | None) -> str | None:
    if said is None:
        return None
    try:
        return read_text(Path(said[1:])).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadProviderFile(f"{path}: client_secret: the file cannot be read: {error}") from None


def _told(path: Path, error: ValidationError) -> Iterable[str]:
    for mistake in error.errors(include_url=False, include_input=False):
        where = ".".join(map(str, mistake["loc"]))
        yield f"{path}: {where}: {mistake['msg'].removeprefix('Value error, ')}"


def given_provider(path: Path | None, environment: Mapping[str, str]) -> ProviderSettings | None:
    """Return what ``--oidc`` says; ``None``: it was not given. Raises ``BadProviderFile``."""
    return None if path is None else read_provider(path, environment.get(SECRET_VARIABLE))
