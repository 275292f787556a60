"""The load's connections: one plain socket for each device, MQTT 3.1.1, thousands of them watched by one epoll.

Made to cost little, so that a machine measures the service and not this: cars, which are told nothing, are read only now
and then, and a PUBACK is four bytes that are counted. As devices' libraries do, each has only so many messages under way; what
waits in it meanwhile is sent in order, what is urgent first, as the contract asks.
"""

from __future__ import annotations

import resource
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gateway.contract.broker_address import BrokerAddress
from gateway.contract.topics import Channel, topic
from gateway.errors import OperatorError
from gateway.links.mqtt.protocol import packets
from gateway.links.mqtt.protocol.framing import Framer, Malformed
from gateway.links.mqtt.protocol.reasons import FAILURE
from scenarios.bench.live import words

PUBACK_BYTES = 4
UNDER_WAY = 20
"""So many messages of a device wait for their acknowledgement at most: what paho and libmosquitto have by default."""
READ_EVERY = 8
"""Messages of a car between two looks at what came back."""
AT_ONCE = 65_536
SPARE_FILES = 200
GIVE_UP_S = 120.0
REFUSED_AT_MOST = 1_000


class LoadFailed(OperatorError):  # noqa: N818 - says what happened
    """The load cannot be made: the message says why and what to change."""


class NotHandled(LoadFailed):
    """What was sent is not all handled, after a long time."""

    def __init__(self, who: str, handled: int, wanted: int, within_s: float) -> None:
        super().__init__(f"{who} handled {handled} of {wanted} within {within_s:.0f} s")
        self.missing = wanted - handled


@dataclass(slots=True)
class Peer:
    """One device and its connection."""

    device: str
    listens: bool
    """It subscribes to its commands."""
    sock: socket.socket | None = None
    sent: int = 0
    """Events, not counting its state; those that wait in it among them."""
    waiting: deque[bytes] = field(default_factory=deque)
    """Events that were not handed to its socket yet, and those of them that go first."""
    urgent: deque[bytes] = field(default_factory=deque)
    acked_bytes: int = 0
    ready: bool = False
    left: bytearray = field(default_factory=bytearray)
    """What the socket did not take yet."""
    framer: Framer = field(default_factory=Framer)

    def room(self) -> int:
        """Return how many more may be under way."""
        given = self.sent - len(self.waiting) - len(self.urgent)
        return UNDER_WAY - given + self.acked_bytes // PUBACK_BYTES


class Connections:
    """Connects ``peers``, sends for them and hears what comes back. ``command`` is told each command, with its bytes."""

    def __init__(self, address: BrokerAddress, peers: Sequence[Peer], command: Callable[[Peer, bytes], None]) -> None:
        self.peers = peers
        self.broken = 0
        """Connections that ended by themselves."""
        self.refused = 0
        """Subscriptions, each of which was tried again."""
        self.sent = 0
        self._ready = 0
        self._address = address
        self._command = command
        self._selector = selectors.DefaultSelector()
        allow_files(len(peers))

    def connect(self, within_s: float) -> float:
        """Connect everybody, evenly over ``within_s`` seconds; return when the last was ready, seconds after the start.

        Each subscribes to its commands where it listens, and says that it is online. Raises ``LoadFailed``.
        """
        began, begun, self._ready = time.perf_counter(), 0, 0
        while self._ready < len(self.peers):
            now = time.perf_counter()
            up_to = int((now - began) * len(self.peers) / within_s) + 1
            for peer in self.peers[begun:up_to]:
                self._begin(peer)
            begun = min(len(self.peers), max(begun, up_to))
            self.listen(0.01)
            if self.broken or now - began > within_s + GIVE_UP_S:
                raise LoadFailed(
                    f"{self._address} took {self._ready} of {len(self.peers)} connections, {self.broken} broke"
                )
        took = time.perf_counter() - began
        for peer in self.peers:
            if not peer.listens:
                self._selector.unregister(peer.sock)  # type: ignore[arg-type]
        return took

    def publish(self, peer: Peer, packet: bytes, *, urgent: bool = False) -> None:
        """Send an event of a peer, or have it wait there."""
        if not peer.listens and peer.sent % READ_EVERY == 0:
            self._count(peer)
        (peer.urgent if urgent else peer.waiting).append(packet)
        peer.sent += 1
        self.sent += 1
        self._forward(peer)

    def listen(self, within_s: float) -> None:
        """Hear whoever has something to say, waiting for the first at most so long."""
        for key, events in self._selector.select(within_s):
            if events & selectors.EVENT_WRITE:
                self._send_left(key.data)
            if events & selectors.EVENT_READ:
                self._read(key.data)

    def acked(self) -> int:
        """Return how many events the broker has taken charge of, after looking everywhere."""
        for peer in self.peers:
            if not peer.listens and peer.acked_bytes < PUBACK_BYTES * peer.sent:
                self._count(peer)
                self._forward(peer)
        return sum(peer.acked_bytes for peer in self.peers) // PUBACK_BYTES

    def close(self) -> None:
        """Take leave."""
        for peer in self.peers:
            if peer.sock is not None:
                self._forget(peer)
                peer.sock.setblocking(True)  # noqa: FBT003 - its name
                peer.sock.sendall(packets.LEAVE)
                peer.sock.close()
                peer.sock, peer.ready = None, False

    def _begin(self, peer: Peer) -> None:
        family = socket.AF_INET6 if ":" in self._address.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)  # noqa: FBT003 - its name
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect_ex((self._address.host, self._address.port))
        peer.sock, peer.left = sock, bytearray(self._hello(peer))
        self._selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, peer)

    def _hello(self, peer: Peer) -> bytes:
        """Return a CONNECT without keep-alive: a ping is not what is measured."""
        name, at = f"load-{peer.device.replace('/', '-')}", self._address
        return packets.connect(packets.Login(name, at.username, at.password or "", 0, lasting=False), v5=False)

    def _welcome(self, peer: Peer, code: int) -> None:
        if code:
            raise LoadFailed(f"{self._address} refused the connection of {peer.device} with code {code}")
        if peer.listens:
            self._subscribe(peer)
        self._send(peer, words.state(peer.device, time.time()))

    def _subscribe(self, peer: Peer) -> None:
        self._send(peer, packets.subscribe(1, [topic(peer.device, Channel.COMMAND)], v5=False))

    def _forward(self, peer: Peer) -> None:
        """Send of what waits in a device as much as may be under way."""
        room = peer.room()
        if room <= 0 and not peer.listens:
            self._count(peer)
            room = peer.room()
        while room > 0 and (queue := peer.urgent or peer.waiting):
            self._send(peer, queue.popleft())
            room -= 1

    def _send(self, peer: Peer, packet: bytes) -> None:
        if peer.left:
            peer.left += packet
            return
        try:
            taken = peer.sock.send(packet)  # type: ignore[union-attr]
        except BlockingIOError:
            taken = 0
        except OSError:
            self._broke(peer)
            return
        if taken < len(packet):
            peer.left += packet[taken:]
            self._watch(peer, selectors.EVENT_READ | selectors.EVENT_WRITE)

    def _send_left(self, peer: Peer) -> None:
        try:
            del peer.left[: peer.sock.send(peer.left)]  # type: ignore[union-attr]
        except BlockingIOError:
            return
        except OSError:
            self._broke(peer)
            return
        if not peer.left:
            self._watch(peer, selectors.EVENT_READ)

    def _watch(self, peer: Peer, events: int) -> None:
        if not peer.ready or peer.listens:
            self._selector.modify(peer.sock, events, peer)  # type: ignore[arg-type]
        elif events & selectors.EVENT_WRITE:
            self._selector.register(peer.sock, selectors.EVENT_WRITE, peer)  # type: ignore[arg-type]
        else:
            self._selector.unregister(peer.sock)  # type: ignore[arg-type]

    def _count(self, peer: Peer) -> None:
        """Count what came back to a car: PUBACKs and nothing else."""
        try:
            peer.acked_bytes += len(peer.sock.recv(AT_ONCE))  # type: ignore[union-attr]
        except BlockingIOError:
            return
        except OSError:
            self._broke(peer)

    def _read(self, peer: Peer) -> None:
        try:
            data = peer.sock.recv(AT_ONCE)  # type: ignore[union-attr]
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._broke(peer)
            return
        try:
            for whole, at, begins, ends in peer.framer.feed(data):
                self._hear(peer, whole[at], whole[begins:ends])
        except Malformed as error:
            raise LoadFailed(f"{self._address} sent {peer.device} what is no MQTT: {error}") from None
        self._forward(peer)

    def _hear(self, peer: Peer, head: int, body: bytes) -> None:
        kind = head & packets.KIND
        if kind == packets.PUBACK:
            if peer.ready:
                peer.acked_bytes += PUBACK_BYTES
            else:  # the first is that of its state
                peer.ready = True
                self._ready += 1
        elif kind == packets.PUBLISH:
            _, number, _, begins = packets.read_publish(body, head, 0, len(body), v5=False)
            self._send(peer, packets.puback(number))
            self._command(peer, body[begins:])
        elif kind == packets.CONNACK:
            self._welcome(peer, packets.read_connack(body, v5=False).code)
        elif kind == packets.SUBACK and packets.read_suback(body, v5=False)[0] >= FAILURE:
            self._refused(peer)

    def _refused(self, peer: Peer) -> None:
        """Ask again: a broker that is busy refuses, too."""
        self.refused += 1
        if self.refused > REFUSED_AT_MOST:
            raise LoadFailed(f"{self._address} does not let {peer.device} read its commands")
        self._subscribe(peer)

    def _broke(self, peer: Peer) -> None:
        self.broken += 1
        self._forget(peer)
        if peer.sock is not None:
            peer.sock.close()
            peer.sock = None

    def _forget(self, peer: Peer) -> None:
        if peer.sock is not None and peer.sock.fileno() in self._selector.get_map():
            self._selector.unregister(peer.sock)


def allow_files(connections: int) -> None:
    """Have the system give us, and whom we start, as many open files as that takes. Raises ``LoadFailed``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + SPARE_FILES
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise LoadFailed(
            f"{connections} connections need {wanted} open files, and the limit is {hard}: raise ulimit -Hn"
        )
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
