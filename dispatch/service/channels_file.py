"""The file of ``callahead-serve --channels``: TOML, by which providers customers are written to, and the bank. Read whole.

[sms]
host = "smpp.provider.example"
system_id = "house"
password = "@/run/secrets/callahead-sms"      # or "$NAME" of the environment
sender = "+37120000000"

[email]
host = "mail.house.example"
username = "callahead"
password = "$CALLAHEAD_MAIL"
sender = "Example House <help@house.example>"
listen = "127.0.0.1"                          # where the mail server brings customers' mails

[push]
contact = "mailto:help@house.example"
key = "@/etc/callahead/vapid.pem"

[social]
url = "https://platform.example/messages"
secret = "@/run/secrets/callahead-social"

[bank]
name = "Example House"
iban = "LV80BANK0000435195001"
creditor_id = "LV12ZZZ40003000000"
folder = "/var/spool/callahead-bank"          # what its client sends on, and puts what the bank says into
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from dispatch.channels.bank.settings import BankSettings
from dispatch.channels.smpp.settings import SmppSettings
from dispatch.channels.smtp.settings import SmtpSettings
from dispatch.channels.social.settings import SocialSettings
from dispatch.channels.webpush.settings import PushSettings
from gateway.contract.documents import from_toml, read_text
from gateway.errors import OperatorError


class BadChannelsFile(OperatorError):  # noqa: N818 - says what is wrong
    """The operator's fault: the message names file, key and rule."""


class ChannelSettings(BaseModel):
    """The doors there are."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sms: SmppSettings | None = None
    email: SmtpSettings | None = None
    push: PushSettings | None = None
    social: SocialSettings | None = None
    bank: BankSettings | None = None


def read_channels(path: Path, environment: Mapping[str, str]) -> ChannelSettings:
    """Read a file; secrets stand in files or in the ``environment``. Raises ``BadChannelsFile``."""
    try:
        found = from_toml(read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadChannelsFile(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadChannelsFile(f"{path}: not TOML: {error}") from None
    if not found:
        raise BadChannelsFile(f"{path}: it has none of the sections sms, email, push, social and bank")
    try:
        return ChannelSettings.model_validate(found, context=dict(environment))
    except ValidationError as error:
        raise BadChannelsFile("\n".join(_told(path, error))) from None


def _told(path: Path, error: ValidationError) -> Iterator[str]:
    for mistake in error.errors(include_url=False, include_input=False):
        where = ".".join(map(str, mistake["loc"]))
        yield f"{path}: {where}: {mistake['msg'].removeprefix('Value error, ')}"
