"""Our mails, as bytes."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from dispatch.channels.door import Outgoing
from dispatch.channels.smtp.settings import SmtpSettings

LONGEST_SUBJECT = 150


def message_id(key: str, domain: str, secret: bytes) -> str:
    """Return what a mail is called: the same when it is tried again, and guessed by nobody, so that no bounce is forged."""
    return f"{hmac.new(secret, key.encode(), 'sha256').hexdigest()[:32]}@{domain}"


def written(message: Outgoing, settings: SmtpSettings, named: str, at: float) -> bytes:
    """Return a mail. ``at``: POSIX seconds. It says that a machine wrote it (RFC 3834): no machine is to answer."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = settings.sender
    mail["To"] = message.to_address
    mail["Subject"] = " ".join(message.subject.split())[:LONGEST_SUBJECT] or parseaddr(settings.sender)[0]
    mail["Date"] = format_datetime(datetime.fromtimestamp(int(at), UTC))
    mail["Message-ID"] = f"<{named}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.language
    mail.set_content(f"{message.text}\n\n{message.link}\n" if message.link else f"{message.text}\n", cte="base64")
    return mail.as_bytes()
