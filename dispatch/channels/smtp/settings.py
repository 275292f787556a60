"""How mails go out and come in: the section ``[email]``."""

from __future__ import annotations

import ssl
from email.utils import parseaddr
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, FilePath, model_validator

from dispatch.channels.section import Host, Port, Secret, Section


def _an_address(text: str) -> str:
    _, address = parseaddr(text)
    local, at, domain = address.rpartition("@")
    if not (local and at and "." in domain and address.isascii() and "\n" not in text and "\r" not in text):
        raise ValueError("is an address of our own, as 'Example House <help@house.example>'")
    return text


Sender = Annotated[str, Field(max_length=200), AfterValidator(_an_address)]


class SmtpSettings(Section):
    """The operator's mail server."""

    host: Host
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    ca: FilePath | None = None
    """Certificates that are trusted instead of the usual ones, PEM."""
    username: Annotated[str, Field(max_length=200)] | None = None
    password: Secret | None = Field(None, repr=False)
    sender: Sender
    """From whom; customers' answers come to it."""
    listen: Host | None = None
    """Where the operator's server brings us the mails for ``sender``; ``None``: nobody writes to us by mail."""
    listen_port: Port = 2525
    authserv_id: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    """Whose ``Authentication-Results`` are believed: the operator's own server, as it calls itself there."""

    @model_validator(mode="after")
    def _log_in_is_whole(self) -> Self:
        if (self.username is None) is not (self.password is None):
            raise ValueError("username and password: both, or neither")
        if self.password is not None and self.tls == "none" and self.provenance == "real":
            raise ValueError("tls: a password is not sent in the clear: 'starttls' or 'tls'")
        return self

    @property
    def where(self) -> str:
        """Return who is told to be away."""
        return f"the mail server {self.host}:{self.port}"

    @property
    def address(self) -> str:
        """Return the address alone, in small letters."""
        return parseaddr(self.sender)[1].lower()

    @property
    def domain(self) -> str:
        """Return where our mails are from."""
        return self.address.rpartition("@")[2]

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how the line is kept secret. Raises ``OSError`` where ``ca`` cannot be read."""
        return None if self.tls == "none" else ssl.create_default_context(cafile=self.ca)
