"""Asks a trunk that wants no registration whether it is there: one OPTIONS, to which any answer is a yes. RFC 3261, section 11."""

from __future__ import annotations

import asyncio
import secrets
import ssl

WITHIN_S = 4.0
AGAIN_S = 0.5
"""UDP loses packets: it is sent again, after twice as long each time, as RFC 3261 has it."""
PORT, TLS_PORT = 5060, 5061


class _Hears(asyncio.DatagramProtocol):
    def __init__(self, heard: asyncio.Future[None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, _: object) -> None:
        """Any answer will do."""
        if data.startswith(b"SIP/2.0 ") and not self._heard.done():
            self._heard.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there."""
        if not self._heard.done():
            self._heard.set_exception(exc)


async def why_away(
    host: str, transport: str, within_s: float = WITHIN_S, context: ssl.SSLContext | None = None
) -> str | None:
    """Return why a trunk cannot be spoken with; ``None``: it answers. ``host`` may have a port; ``context``: of TLS."""
    name, _, port = host.rpartition(":") if ":" in host and not host.endswith("]") else (host, "", "")
    to = (name.strip("[]"), int(port or (TLS_PORT if transport == "tls" else PORT)))
    try:
        async with asyncio.timeout(within_s):
            await (_options(*to) if transport == "udp" else _connects(*to, context))
    except TimeoutError:
        return f"{host} does not answer"
    except ssl.SSLCertVerificationError as error:
        return f"the certificate of {host} is not believed: {error.verify_message}"
    except ssl.SSLError as error:
        return f"{host} speaks no TLS: {error.reason}"
    except OSError as error:
        return f"{host} cannot be reached: {error.strerror or error}"
    return None


async def _connects(host: str, port: int, context: ssl.SSLContext | None) -> None:
    _, writer = await asyncio.open_connection(host, port, ssl=context)
    writer.close()


async def _options(host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[None] = loop.create_future()
    line, _ = await loop.create_datagram_endpoint(lambda: _Hears(heard), remote_addr=(host, port))
    try:
        ours = "{}:{}".format(*line.get_extra_info("sockname")[:2])
        asked, again_s = _request(f"{host}:{port}", ours), AGAIN_S
        while not heard.done():
            line.sendto(asked)
            await asyncio.wait({heard}, timeout=again_s)
            again_s *= 2
        heard.result()
    finally:
        line.close()


def _request(to: str, ours: str) -> bytes:
    lines = [
        f"OPTIONS sip:{to} SIP/2.0",
        f"Via: SIP/2.0/UDP {ours};branch=z9hG4bK{secrets.token_hex(8)};rport",
        "Max-Forwards: 70",
        f"From: <sip:callahead@{ours}>;tag={secrets.token_hex(4)}",
        f"To: <sip:{to}>",
        f"Call-ID: {secrets.token_hex(8)}",
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
