"""Which listeners may stand on a network: those that send no password in the clear, and let nobody in unknown."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from dispatch.access.hosts import AllowedHosts, is_host_name, is_loopback
from dispatch.service.settings import EMBEDDED, CannotStart, Settings, WebSettings
from gateway.contract.broker_address import parse_embedded

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - as operators write it


def check(settings: Settings) -> None:
    """Raise ``CannotStart`` where a listener would be open to a network and ought not to be, or a host's name is none."""
    broker = settings.broker
    for option, names in (("--http-name", settings.web.names), ("--name", broker.names)):
        _check_names(option, names)
    _check_web(settings.web, open_demo=settings.hearing.open_demo)
    host = parse_embedded(broker.url)[0] if broker.is_ours and broker.url != EMBEDDED else None
    if host is not None and not is_loopback(host):
        raise CannotStart(
            f"--broker {broker.url}: devices on a network would send their passwords in the clear. Keep this listener on the "
            "machine (--broker embedded://127.0.0.1:1883) and have devices connect with TLS: --tls 0.0.0.0:8883"
        )
    reached = [one.host for one in (broker.tls, broker.certificates) if one and not is_loopback(one.host)]
    if reached and settings.hearing.open_demo:
        raise CannotStart(
            f"--open-demo lets in whoever connects, so no listener stands on {reached[0]}: leave out the one"
        )


def _check_names(option: str, names: Sequence[str]) -> None:
    for name in names:
        if not is_host_name(name):
            raise CannotStart(
                f"{option} {name}: is no host's name. Write it as callahead.example, without a port or a path, and letters "
                "beyond ASCII as xn--…; or write a number as 192.0.2.7"
            )


def _check_web(web: WebSettings, *, open_demo: bool) -> None:
    if web.tls is not None:
        for file in web.tls:
            if not file.is_file():
                raise CannotStart(
                    f"--http-tls {file}: there is no such file; give the certificate's and the key's: CERT,KEY"
                )
    if is_loopback(web.host):
        return
    if web.tls is None:
        raise CannotStart(
            f"--host {web.host}: passwords and customers' names would travel in the clear. Give a certificate with --http-tls "
            "CERT,KEY, or keep --host 127.0.0.1 and put a proxy with TLS before it (--http-name says under which name)"
        )
    for option, given in (("--open-demo", open_demo), ("--no-log-in", web.log_in is False)):
        if given:
            raise CannotStart(f"{option} needs no log-in, so it stays on this machine: --host {web.host} is not for it")


def may_be_open(web: WebSettings) -> bool:
    """Is nobody made to log in before there is an account? Only where this machine alone reaches us.

    With a name of its own (``--http-name``) there is a proxy before it, behind which everybody seems to be on this machine.
    """
    asked_for = not web.names if web.log_in is None else not web.log_in
    return asked_for and is_loopback(web.host) and web.provider is None


def hosts_of(web: WebSettings) -> AllowedHosts:
    """Return under which names the service may be asked."""
    own = socket.gethostname() if web.host in _EVERYWHERE else web.host
    return AllowedHosts(frozenset({own.lower()}), frozenset(name.lower() for name in web.names))


def url_of(web: WebSettings, door: socket.socket) -> str:
    """Return where people find the service."""
    host, port = door.getsockname()[:2]
    name = (web.names or (socket.gethostname(),))[0] if host in _EVERYWHERE else host
    return f"{'https' if web.tls else 'http'}://{f'[{name}]' if ':' in name else name}:{port}"
