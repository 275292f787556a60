"""The file of ``callahead-serve --sip-trunk``: TOML, which lines customers are rung by, and where agents are. Read whole, or not.

[trunk]                                    # real customers; docs/telephony.md
proxy = "sip.operator.example"             # host, or host:port
user = "callahead"
password = "@/run/secrets/sip"             # or CALLAHEAD_SIP_PASSWORD in the environment; none: the trunk goes by address
register = true
caller_id = "+37167000000"
country_code = "371"                       # of numbers that are registered without theirs

[trunk.agents]
anna = "sip:anna@pbx.example"

[world]                                    # the simulated world's telephones, on 127.0.0.0/8
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FilePath, ValidationError

from dispatch.channels.sip.certificates import NoCertificates, tls_context
from dispatch.channels.sip.uris import checked_address, checked_host, is_number, number_to_dial
from dispatch.channels.sip.wire import Transport
from dispatch.channels.telephony import CannotDial
from gateway.contract.documents import from_toml, read_text
from gateway.errors import OperatorError
from gateway.finding import Provenance

PASSWORD_VARIABLE = "CALLAHEAD_SIP_PASSWORD"  # noqa: S105 - its name


class BadTrunkFile(OperatorError):  # noqa: N818 - says what is wrong
    """The operator's fault: the message names file, key and rule."""


def _must_be_a_file(text: str) -> str:
    if not text.startswith("@"):
        raise ValueError(f"is '@FILE', or {PASSWORD_VARIABLE} in the environment: not the password itself")
    return text


def _must_be_a_number(text: str) -> str:
    try:
        return number_to_dial(text)
    except CannotDial as error:
        raise ValueError(str(error).replace("the customer's number", "it")) from None


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+~-]{1,64}$")]
Address = Annotated[str, Field(min_length=1, max_length=255)]


class LineSettings(BaseModel):
    """One line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    proxy: Address
    """Where calls go out by, ``host`` or ``host:port``."""
    user: Name = "callahead"
    password: Annotated[str, AfterValidator(_must_be_a_file)] | None = None
    auth_user: Name | None = None
    transport: Transport = "udp"
    ca: FilePath | None = None
    """Certificates that are trusted instead of the usual ones, PEM."""
    register_every: Annotated[int, Field(ge=30, le=7200, alias="register_every_s")] = 600
    """Seconds."""
    register_there: Annotated[bool, Field(alias="register")] = False
    caller_id: Annotated[str, AfterValidator(_must_be_a_number)] | None = None
    country_code: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$")] = ""
    listen: Address | None = None
    """``address:port`` where the trunk rings in."""
    interface: Address | None = None
    """This machine's address towards the trunk; ``None``: as the system routes."""
    agents: dict[Annotated[str, Field(max_length=100)], Address] = Field(default_factory=dict, max_length=10_000)
    agent_address: Annotated[str, Field(pattern=r"\{agent\}", max_length=255)] | None = None
    """Where agents are rung who have no address of their own, as ``sip:{agent}@pbx.example``."""
    lost_after_s: Annotated[int, Field(ge=0, le=600)] = 30
    """A telephone of which no sound comes for so long is lost; 0: never."""


class _Trunks(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    trunk: LineSettings | None = None
    world: LineSettings | None = None


class TrunkSettings(BaseModel):
    """One line, checked, and its password."""

    model_config = ConfigDict(frozen=True)

    provenance: Provenance
    line: LineSettings
    password: Annotated[str, Field(repr=False)] = ""


def read_trunks(path: Path, environment: Mapping[str, str]) -> tuple[TrunkSettings, ...]:
    """Read a file. Raises ``BadTrunkFile``."""
    try:
        found = _Trunks.model_validate(from_toml(read_text(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise BadTrunkFile(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadTrunkFile(f"{path}: not TOML: {error}") from None
    except ValidationError as error:
        raise BadTrunkFile("\n".join(_told(path, error))) from None
    if found.trunk is None and found.world is None:
        raise BadTrunkFile(f"{path}: nothing is in it: say [trunk], or [world] for a simulated one")
    lines: list[tuple[str, Provenance, LineSettings | None]] = [
        ("trunk", "real", found.trunk),
        ("world", "simulated", found.world),
    ]
    return tuple(
        _checked(path, name, provenance, line, environment) for name, provenance, line in lines if line is not None
    )


def _checked(
    path: Path, name: str, provenance: Provenance, line: LineSettings, environment: Mapping[str, str]
) -> TrunkSettings:
    for key, wrong in (*_wrong(line, provenance), *_unsafe(line)):
        raise BadTrunkFile(f"{path}: {name}.{key}: {wrong}")
    password = _password(path, name, line.password) if line.password else environment.get(PASSWORD_VARIABLE, "")
    if '"' in password or "\\" in password or not password.isprintable():
        raise BadTrunkFile(f"{path}: {name}.password: must have no quote, backslash or control character")
    return TrunkSettings(provenance=provenance, line=line, password=password if provenance == "real" else "")


def _wrong(line: LineSettings, provenance: Provenance) -> Iterator[tuple[str, str]]:
    """Yield which key breaks which rule."""
    hosts = {"proxy": line.proxy}
    if provenance == "simulated":
        hosts |= {name: host for name in ("listen", "interface") if (host := getattr(line, name))}
    agents = {f"agents.{agent}": uri for agent, uri in line.agents.items()}
    if line.agent_address:
        agents["agent_address"] = line.agent_address.replace("{agent}", "agent")
    for check, told in ((checked_host, hosts), (checked_address, agents)):
        for key, said in told.items():
            try:
                check(said, provenance)
            except CannotDial as error:
                yield key, str(error)


def _unsafe(line: LineSettings) -> Iterator[tuple[str, str]]:
    """Yield which key would leave it open who is at the other end of a TLS line."""
    if line.transport != "tls":
        if line.ca is not None:
            yield "ca", 'certificates are shown with transport = "tls" alone'
        return
    if line.ca is None and is_number(line.proxy):
        yield (
            "ca",
            f"{line.proxy} is told by number, and no certificate's name is held against one: say who signs its own",
        )
    try:
        tls_context(line.ca)
    except NoCertificates as error:
        yield "ca", str(error)


def _password(path: Path, name: str, said: str) -> str:
    try:
        return read_text(Path(said[1:])).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadTrunkFile(f"{path}: {name}.password: the file cannot be read: {error}") from None


def _told(path: Path, error: ValidationError) -> Iterator[str]:
    for mistake in error.errors(include_url=False, include_input=False):
        where = ".".join(map(str, mistake["loc"]))
        yield f"{path}: {where}: {mistake['msg'].removeprefix('Value error, ')}"
