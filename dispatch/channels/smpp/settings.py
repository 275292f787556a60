"""How an SMS centre is reached: the section ``[sms]``."""

from __future__ import annotations

import ssl
from typing import Annotated

from pydantic import AfterValidator, Field, FilePath, StringConstraints

from dispatch.channels.section import Host, Port, Secret, Section
from dispatch.channels.smpp.texts import Alphabet

SystemId = Annotated[str, StringConstraints(min_length=1, max_length=15, pattern=r"^[\x21-\x7e]+$")]
Sender = Annotated[str, StringConstraints(pattern=r"^(\+[1-9][0-9]{5,14}|[0-9]{3,8}|[A-Za-z][A-Za-z0-9 ]{0,10})$")]


def _ascii(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("has a character that no PDU bears: ASCII alone")
    return text


class SmppSettings(Section):
    """A provider's centre."""

    host: Host
    port: Port = 2775
    system_id: SystemId
    password: Annotated[Secret, AfterValidator(_ascii)] = Field(repr=False)
    system_type: Annotated[str, StringConstraints(max_length=12, pattern=r"^[\x20-\x7e]*$")] = ""
    sender: Sender
    """A number in E.164, a short code, or a name, which nobody can answer."""
    tls: bool = False
    ca: FilePath | None = None
    """Certificates that are trusted instead of the usual ones, PEM."""
    enquire_link_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    alphabet: Alphabet = "gsm"
    """What the centre means by its default data coding."""

    @property
    def where(self) -> str:
        """Return who is told to be away."""
        return f"the SMS centre {self.host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how the line is kept secret; ``None``: it is not. Raises ``OSError`` where ``ca`` cannot be read."""
        return ssl.create_default_context(cafile=self.ca) if self.tls else None
