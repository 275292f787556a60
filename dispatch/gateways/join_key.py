"""The file by which service and joined gateways know each other: one key, and a certificate that it signed itself.

Each side shows the certificate and trusts no other, so that TLS lets in who has the file, and nobody else. It is no
certificate of the devices' authority: whoever has a device is no gateway.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.access.authority import AUTHORITY_FOR, CLOCKS_DIFFER, must_be_private, write_private
from gateway.errors import OperatorError

FILE = "gateways.pem"
"""In the folder of the service, and of each machine whose gateways join it."""
NAME = "Callahead gateways"


class NoJoinKey(OperatorError):  # noqa: N818 - says what is missing
    """It is not there, or cannot be read."""


def made_in(folder: Path) -> Path:
    """Return the service's file, made at the first need, its owner's alone. Raises ``NotWritten``."""
    file = folder / FILE
    if not file.exists():
        write_private(file, _pem())
    return file


def service_side(file: Path) -> ssl.SSLContext:
    """Return how the service speaks TLS. Raises ``NoJoinKey`` and ``KeyReadByOthers``."""
    return _known_by(file, ssl.PROTOCOL_TLS_SERVER)


def gateway_side(file: Path) -> ssl.SSLContext:
    """Return how a gateway does. Raises ``NoJoinKey`` and ``KeyReadByOthers``."""
    return _known_by(file, ssl.PROTOCOL_TLS_CLIENT)


def _known_by(file: Path, side: int) -> ssl.SSLContext:
    try:
        must_be_private(file)
        tls = ssl.SSLContext(side)
        tls.minimum_version = ssl.TLSVersion.TLSv1_3
        tls.check_hostname = False  # whoever has the key is known by it, at whatever address
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_cert_chain(file)
        tls.load_verify_locations(file)
    except OSError as error:  # what TLS objects to among them
        raise NoJoinKey(
            f"{file} is no key that gateways join by ({error.strerror or error}): copy {FILE} from the folder of the service "
            "(--dir), which writes it when it is started with --gateways-at"
        ) from None
    return tls


def _pem() -> bytes:
    """Return a key and its certificate."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - CLOCKS_DIFFER)
    made = made.not_valid_after(now + AUTHORITY_FOR)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    signed = made.sign(key, hashes.SHA256())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
