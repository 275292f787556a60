"""What we write into the configuration of NATS servers: who may connect, and to what. JSON is a NATS configuration, too.

NATS has one MQTT listener for each server. The first server stores, and takes passwords in the clear, for this machine;
each further *door*, with TLS, is a server of its own that stores nothing and hangs on the first as a leaf node. Servers of
our own ask us about every connection (``admission``), so that a client id can be held to its user.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.access.authority import TlsFiles
from gateway.access.credentials import Access
from gateway.access.nats_spelling import spelled
from gateway.access.rights import ANYBODY, Rights
from gateway.contract.topics import ROOT

DOMAIN = "callahead"
"""How the doors name the store of the first server."""
LEAF_USER = "door"
KEEPER = "callahead.keeper"
"""Whom a server of ours asks who may connect, and who asks it how it is: we, in NATS' own protocol."""
KEEPERS_ACCOUNT = "SYS"
AUTHENTICATE_WITHIN_S = 30
"""So long who knocks may take, and we. Thousands who come at once, as after a power cut, wait for a machine that has other work;
refused, which is all that MQTT 3.1.1 could tell them, they would take their passwords for wrong."""
MAX_PAYLOAD = 1024 * 1024
MAX_PENDING = 512 * 1024 * 1024
"""So many bytes a server keeps for who does not read as fast as they come. It sends all that may await acknowledgement at once,
four thousand messages to us; NATS' own 64 MiB held them where each has 16 kB, and cut us off, again and again, where not."""
STORE_ANSWERS_WITHIN_S = 60
"""When thousands of devices subscribe at once, its store keeps some waiting longer than the 5 s after which they are refused."""
SYNC_EVERY_S = 10
"""A PUBACK means that a message is written, and at the latest so many seconds later that it is on the disk. What a crash of
the broker or of us leaves is whole; a power cut may lose the last ten seconds (NATS' own default: two minutes), after which
devices send again what they have no receipt for. ``always`` would cost a disk's sync, some milliseconds, for every message."""
NO_LIMIT = -1
"""Of subscriptions with QoS 1, each a consumer of NATS' one stream. Since 2.15 it takes 1,000 by itself: five hundred
devices that listen for commands and refusals."""
LOG_BYTES, LOG_FILES = 10_000_000, 5
"""A server's log is begun anew when it has grown so large, and so many of them are kept."""
WRITE_WITHIN_S = 60
"""So long a server waits for who does not read, as we do not while the store is slow; NATS' own ten seconds cut us off."""
Settings = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Keeper:
    """How a server knows us."""

    password: str
    account: str
    """The public key that signs our answers."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where a server writes."""

    log: Path
    ports: Path
    """A folder: a file in it says where it listens."""


@dataclass(frozen=True, slots=True)
class Door:
    """A further listener, with TLS: for passwords, or for client certificates instead of them."""

    certificates: bool
    host: str
    port: int | None
    identity: TlsFiles

    @property
    def name(self) -> str:
        """What its files are called."""
        return "certificates" if self.certificates else "tls"


@dataclass(frozen=True, slots=True)
class Leaves:
    """Where the first server takes the doors' connections; ``None``: any free port."""

    port: int | None
    password: str


PACKET_NUMBERS = 65_535
"""Deliveries of one session that may be under way, by MQTT."""
LEAST_ROOM = 16
"""So many deliveries of one subscription at least, or a busy topic would stand still between two commits."""
OUR_FILTERS = 2
"""``callahead/v1/#``, which NATS subscribes to twice."""


def pending_room(access: Access | None) -> int:
    """Return how many deliveries of each subscription may await their acknowledgement, so that a session can have them all.

    NATS refuses a subscription that would bring a session beyond its packet numbers; the service reads what mappings hear.
    """
    filters = dict.fromkeys(each.mqtt for mapping in access.mappings for each in mapping.filters) if access else {}
    return PACKET_NUMBERS // (OUR_FILTERS + sum(1 + each.endswith("#") for each in filters))


@dataclass(frozen=True, slots=True)
class Mqtt:
    """How MQTT is spoken, at every listener of a broker alike."""

    ack_wait_s: float
    max_ack_pending: int

    def settings(self, host: str, port: int | None) -> Settings:
        """Return the block ``mqtt``. Port ``None``: the kernel picks a free one, which nobody can snatch before us."""
        return {
            "host": host,
            "port": port or -1,
            "ack_wait": f"{round(self.ack_wait_s * 1000)}ms",
            "max_ack_pending": self.max_ack_pending,
            "js_api_timeout": f"{STORE_ANSWERS_WITHIN_S}s",
        }


def hub_settings(mqtt: Settings, store: Path, leaves: Leaves | None) -> Settings:
    """Return the first server's configuration. Who may connect it asks us (``kept``), or reads itself (``with_users``)."""
    made = _server("callahead", mqtt)
    made["jetstream"] = {
        "store_dir": str(store),
        "domain": DOMAIN,
        "sync_interval": f"{SYNC_EVERY_S}s",
        "limits": {"default_max_consumers": NO_LIMIT},
    }
    if leaves:
        user = {"user": LEAF_USER, "password": leaves.password}
        made["leafnodes"] = {"host": "127.0.0.1", "port": leaves.port or -1, "authorization": user}
    return made


def door_settings(door: Door, mqtt: Settings, leaves: Leaves) -> Settings:
    """Return a door's configuration."""
    made = _server(f"callahead-{door.name}", mqtt)
    made["mqtt"]["js_domain"] = DOMAIN
    made["mqtt"]["tls"] = {
        "cert_file": str(door.identity.certificate),
        "key_file": str(door.identity.private_key),
        "timeout": AUTHENTICATE_WITHIN_S,
    }
    if door.certificates:
        made["mqtt"]["tls"] |= {"ca_file": str(door.identity.authority), "verify": True}
    made["leafnodes"] = {"remotes": [{"url": f"nats-leaf://{LEAF_USER}:{leaves.password}@127.0.0.1:{leaves.port}"}]}
    return made


def kept(settings: Settings, keeper: Keeper, files: Files) -> Settings:
    """Return the configuration of a server that we start: it asks us who may connect, and logs where it is not read."""
    callout = {"issuer": keeper.account, "auth_users": [KEEPER], "account": KEEPERS_ACCOUNT}
    us = {"user": KEEPER, "password": keeper.password, "allowed_connection_types": ["STANDARD"]}
    return settings | {
        "ports_file_dir": str(files.ports),
        "log_file": str(files.log),
        "logfile_size_limit": LOG_BYTES,
        "logfile_max_num": LOG_FILES,
        "accounts": {KEEPERS_ACCOUNT: {"users": [us]}},
        "system_account": KEEPERS_ACCOUNT,
        "authorization": {"timeout": AUTHENTICATE_WITHIN_S, "auth_callout": callout},
    }


def with_users(settings: Settings, access: Access) -> Settings:
    """Return the configuration of a server that the operator starts: every user stands in it."""
    service = {
        "user": access.service.username,
        "password": access.service.bcrypt,
        "allowed_connection_types": ["MQTT"],
    }
    users = [service, *([_user(ANYBODY, access.rights(ANYBODY))] if access.open_demo else [])]
    users += [
        _user(known.username, access.rights(known.username)) | {"password": known.bcrypt}
        for known in access.credentials
    ]
    open_demo = {"no_auth_user": ANYBODY} if access.open_demo else {}
    authorization = {"timeout": AUTHENTICATE_WITHIN_S, "users": users}
    return settings | {"mqtt": settings["mqtt"] | open_demo, "authorization": authorization}


def _server(name: str, mqtt: Settings) -> Settings:
    return {
        "server_name": name,
        "host": "127.0.0.1",
        "port": -1,  # NATS' own protocol, which we alone use: any free port
        "max_payload": MAX_PAYLOAD,
        "max_pending": MAX_PENDING,
        "write_deadline": f"{WRITE_WITHIN_S}s",
        "mqtt": mqtt,
    }


def _user(name: str, rights: Rights) -> Settings:
    return {"user": name, "permissions": permissions(rights), "allowed_connection_types": ["MQTT"]}


def permissions(rights: Rights) -> Settings:
    """Return rights as NATS has them: subjects, with dots for slashes.

    Who sends what it may not is told nothing in MQTT 3.1.1, so a mistyped channel of the own device is let through, to
    be refused by the service with a reason. QoS 1 needs no ``$MQTT`` subject; NATS 2.12 and later see to that.
    """
    allowed, denied = [subject(f"{ROOT}/{rights.scope}/+"), *map(subject, rights.own)], map(subject, rights.down)
    return {
        "publish": {"allow": allowed, "deny": list(denied)},
        "subscribe": {"allow": [subject(wanted) for wanted in rights.subscribe]},
    }


def subject(topic_filter: str) -> str:
    """Return an MQTT topic filter as NATS subject, spelled; a dot in a level becomes two slashes there."""
    wild = {"+": "*", "#": ">"}
    return ".".join(wild.get(level, level.replace(".", "//")) for level in spelled(topic_filter).split("/"))
