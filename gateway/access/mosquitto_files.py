"""The files by which a Mosquitto knows who may connect: passwords, rights, certificates and the settings that name them.

Mosquitto reads them when it starts, and again at a SIGHUP. Passwords over a network belong on a listener with TLS, so the
one without listens on the loopback address.
"""

from __future__ import annotations

import getpass
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from gateway.access.authority import TlsFiles, write_private
from gateway.access.credentials import Access, ClientIds, Credential
from gateway.access.listen import Listen
from gateway.access.rights import ANYBODY, Rights
from gateway.contract.envelope import MAX_PAYLOAD
from gateway.errors import OperatorError

TAKES_EFFECT_WITHIN_S = 0.3
"""Mosquitto looks at its signals ten times a second, and says nothing about it that we could wait for."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where Mosquitto is to listen: without TLS on the loopback address, with TLS, for certificates; ``None``: not."""

    plain: int
    tls: Listen | None = None
    certificates: Listen | None = None


class IdsNotHeld(OperatorError, ValueError):  # noqa: N818 - says what is wrong
    """The operator's fault: with these settings, a session would not be its user's."""


class MosquittoFiles:
    """Keeps a Mosquitto's files in ``folder``. ``admit`` writes those that change; a running Mosquitto reads them again."""

    def __init__(self, folder: Path, identity: TlsFiles, ports: Ports) -> None:
        self.folder = folder.resolve()
        self._identity = identity
        self._ports = ports

    def admit(self, access: Access) -> None:
        """Write who may connect, from the moment this returns."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self.folder / "passwords", passwords(access).encode())
        write_private(self.folder / "acl", acl(access).encode())
        write_private(self.folder / "revoked.pem", access.revocations)
        for name, path in _shown(self._identity).items():
            write_private(self.folder / name, path.read_bytes())
        settings = self.folder / "mosquitto.conf"
        if not settings.exists():  # it is the operator's from now on
            write_private(settings, self._settings(access).encode())
        _must_hold_ids(settings, access)
        self._reload()

    def _settings(self, access: Access) -> str:
        if access.open_demo and access.client_ids is ClientIds.REFUSE:
            message = "--client-ids refuse and --open-demo do not go together on a Mosquitto: no name, no session there"
            raise IdsNotHeld(message)
        lines = [
            f"allow_anonymous {str(access.open_demo).lower()}",
            f"password_file {self.folder / 'passwords'}",
            f"acl_file {self.folder / 'acl'}",
            f"pid_file {self.folder / 'mosquitto.pid'}",
            f"user {getpass.getuser()}",  # who owns these files
            "max_queued_messages 0",
            f"message_size_limit {MAX_PAYLOAD}",
            "",
            f"listener {self._ports.plain} 127.0.0.1",
            *_ids(access),
        ]
        for at, certificates in ((self._ports.tls, False), (self._ports.certificates, True)):
            lines += (
                ["", f"listener {at.port} {at.host}", *self._tls(certificates=certificates), *_ids(access)]
                if at
                else []
            )
        return "\n".join([*lines, ""])

    def _tls(self, *, certificates: bool) -> list[str]:
        server = [f"certfile {self.folder / 'server.pem'}", f"keyfile {self.folder / 'server.key'}"]
        if not certificates:
            return server
        checked = [f"cafile {self.folder / 'ca.pem'}", f"crlfile {self.folder / 'revoked.pem'}"]
        return [*server, *checked, "require_certificate true", "use_identity_as_username true"]

    def _reload(self) -> None:
        try:
            pid = int((self.folder / "mosquitto.pid").read_text())
            if "mosquitto" not in Path(f"/proc/{pid}/comm").read_text():
                return  # it has ended, and another process has its number
            os.kill(pid, signal.SIGHUP)
        except (OSError, ValueError):
            return  # it does not run; it reads them when it starts
        sleep(TAKES_EFFECT_WITHIN_S)


def _must_hold_ids(settings: Path, access: Access) -> None:
    """See that settings which the operator has had before hold sessions to users. Raises ``IdsNotHeld``."""
    wanted, written = _ids(access), settings.read_text().splitlines()
    listeners = sum(line.split()[:1] == ["listener"] for line in written)
    if wanted and written.count(wanted[0]) < listeners:
        message = f"{settings}: write {wanted[0]!r} behind each listener, and start Mosquitto anew"
        raise IdsNotHeld(message)


def _ids(access: Access) -> list[str]:
    """Return the setting by which a listener holds sessions to users: there, a user has a single session, under its name."""
    return ["use_username_as_clientid true"] if access.client_ids is ClientIds.REFUSE else []


def passwords(access: Access) -> str:
    """Return the lines of ``password_file``."""
    known: Sequence[Credential] = [access.service, *access.credentials]
    return "".join(f"{one.username}:{one.pbkdf2}\n" for one in known)


def acl(access: Access) -> str:
    """Return the lines of ``acl_file``. What stands before the first user holds for those without a name."""
    anybody = _topics(access.rights(ANYBODY)) if access.open_demo else []
    lines = [*anybody, "", f"user {access.service.username}", "topic readwrite #"]
    for known in access.credentials:
        lines += ["", f"user {known.username}", *_topics(access.rights(known.username))]
    return "\n".join([*lines, ""])


def _topics(rights: Rights) -> list[str]:
    return [f"topic write {one}" for one in rights.publish] + [f"topic read {one}" for one in rights.subscribe]


def _shown(identity: TlsFiles) -> dict[str, Path]:
    return {"server.pem": identity.certificate, "server.key": identity.private_key, "ca.pem": identity.authority}
