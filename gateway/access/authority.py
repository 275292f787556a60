"""A certificate authority of our own, in a folder: it signs client certificates, brokers' certificates and revocations.

A client certificate bears the user's name as common name, which Mosquitto reads beside the list of revoked ones, and a name of
its own as URI. The embedded broker has us look at its serial number, so that one that was replaced or revoked opens no door.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from gateway.errors import OperatorError, SenderError

AUTHORITY_NAME = "Callahead device authority"
AUTHORITY_FOR = timedelta(days=3650)
SERVER_FOR = timedelta(days=825)
"""Longer is refused by some clients. It is signed anew at every start."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""A certificate is valid from so long before it is signed."""
LONGEST_NAME = 64
"""Characters of a common name (RFC 5280, ub-common-name)."""
_CLIENT, _SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


class NameTooLong(SenderError, ValueError):  # noqa: N818 - says what is wrong
    """The asker's fault: a certificate cannot bear this name."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A client certificate and its key, as they are told once."""

    serial: str
    """Hexadecimal."""
    until: float
    """POSIX seconds."""
    certificate: str
    """PEM."""
    private_key: str
    """PEM, PKCS #8, not encrypted."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files a TLS listener shows and trusts."""

    certificate: Path
    private_key: Path
    authority: Path


class Authority:
    """Signs. It is made, with its key, at the first need and kept in ``folder``, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None

    @property
    def exists(self) -> bool:
        """Tell whether it was ever needed."""
        return (self._folder / "ca.pem").exists()

    def certificate(self) -> str:
        """Return the authority's own certificate, PEM: what a device must trust."""
        return _pem(self._sign_with()[0])

    def client(self, username: str, valid_s: float) -> ClientCertificate:
        """Sign a certificate for ``valid_s`` seconds. Raises ``NameTooLong``."""
        if len(username) > LONGEST_NAME:
            message = f"{username} has {len(username)} characters; a certificate bears {LONGEST_NAME} at most"
            raise NameTooLong(message)
        serial = x509.random_serial_number()
        name = x509.UniformResourceIdentifier(certificate_name(f"{serial:x}"))
        signed, key = self._issue(username, serial, [name], timedelta(seconds=valid_s), _CLIENT)
        return ClientCertificate(
            f"{serial:x}", signed.not_valid_after_utc.timestamp(), _pem(signed), _key_pem(key).decode()
        )

    def server(self, hosts: Sequence[str]) -> TlsFiles:
        """Sign a certificate for a broker that is reached at ``hosts``, and return its files."""
        names = [_host_name(host) for host in dict.fromkeys(hosts)]
        signed, key = self._issue(hosts[0][:LONGEST_NAME], x509.random_serial_number(), names, SERVER_FOR, _SERVER)
        files = TlsFiles(*(self._folder / name for name in ("server.pem", "server.key", "ca.pem")))
        write_private(files.certificate, _pem(signed).encode())
        write_private(files.private_key, _key_pem(key))
        return files

    def revocations(self, serials: Iterable[str]) -> bytes:
        """Return the signed list of certificates that no longer hold, PEM."""
        certificate, key = self._sign_with()
        now = datetime.now(UTC)
        listed = x509.CertificateRevocationListBuilder().issuer_name(certificate.subject)
        listed = listed.last_update(now - CLOCKS_DIFFER).next_update(now + AUTHORITY_FOR)
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(now)
            listed = listed.add_revoked_certificate(revoked.build())
        return listed.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def _issue(
        self,
        name: str,
        serial: int,
        others: Sequence[x509.GeneralName],
        valid: timedelta,
        usage: ObjectIdentifier,
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        authority, signer = self._sign_with()
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(name, serial, key, valid).issuer_name(authority.subject)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        made = made.add_extension(x509.SubjectAlternativeName(others), critical=False)
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        return made.sign(signer, hashes.SHA256()), key

    def _sign_with(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        if self._signer is None:
            self._signer = self._load() if self.exists else self._found()
        return self._signer

    def _load(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        must_be_private(self._folder / "ca.key")
        key = load_pem_private_key((self._folder / "ca.key").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - we wrote it
        return x509.load_pem_x509_certificate((self._folder / "ca.pem").read_bytes()), key

    def _found(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """Make the authority; its certificate is written last, so that a crash leaves none or a whole one."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(AUTHORITY_NAME, x509.random_serial_number(), key, AUTHORITY_FOR)
        made = made.issuer_name(_name(AUTHORITY_NAME))
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        made = made.add_extension(_MAY_SIGN, critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        signed = made.sign(key, hashes.SHA256())
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self._folder / "ca.key", _key_pem(key))
        write_private(self._folder / "ca.pem", _pem(signed).encode())
        return signed, key


def certificate_name(serial: str) -> str:
    """Return the name a single certificate has, of its serial number in hexadecimal."""
    return f"urn:callahead:certificate:{serial}"


def serial_of(certificate: x509.Certificate) -> str:
    """Return a certificate's serial number as it is kept."""
    return f"{certificate.serial_number:x}"


class NotWritten(OperatorError, OSError):  # noqa: N818 - says what happened, in the words of the house
    """A file of ours could not be written, as on a full disk: which one, and why."""


class KeyReadByOthers(OperatorError):  # noqa: N818 - says what is wrong
    """Others than its owner can read a private key: the message says what to do."""


def must_be_private(key: Path) -> None:
    """See that its owner alone reads a key. Raises ``KeyReadByOthers``, and ``OSError`` where it is not there."""
    mode = key.stat().st_mode & 0o777
    if mode & 0o077:
        message = f"{key} can be read by others (mode {mode:03o}), and whoever has it passes for us: chmod 600 {key}"
        raise KeyReadByOthers(message)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around what writes ``path``. Raises ``NotWritten`` where that fails."""
    try:
        yield
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}; make room or give us the right, and try again"
        raise NotWritten(message) from error


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all. Raises ``NotWritten``."""
    begun = path.with_name(f".{path.name}.{os.getpid()}")
    with writing(path), contextlib.ExitStack() as undone:
        begun.unlink(missing_ok=True)
        undone.callback(begun.unlink, missing_ok=True)
        with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        begun.replace(path)


def _builder(name: str, serial: int, key: ec.EllipticCurvePrivateKey, valid: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(_name(name)).serial_number(serial).public_key(key.public_key())
    return made.not_valid_before(now - CLOCKS_DIFFER).not_valid_after(now + valid)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


_MAY_SIGN = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
