"""The air between simulated radios: google/bumble's virtual controllers on a link that knows distance, loss and silence.

What bumble's own link and controller lack is added here: an advertisement reaches those alone who scan or connect, and are
near enough to hear it; RSSI falls with the distance; a connect that is cancelled ends (Core 5.4, Vol 4 Part E, 7.8.13).
"""

from __future__ import annotations

import asyncio
import math
import socket
from dataclasses import dataclass

from bumble import hci, ll
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.device import Device, DeviceConfiguration
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import Transport
from bumble.transport.tcp_server import open_tcp_server_transport_with_socket

from firmware_sim.links.radio_faults import RadioFaults, rssi_at

ESTABLISHED_WITHIN_S = 0.18
"""Six connection intervals of 30 ms, after which a link on which nothing came is none."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a radio is, metres east and north of anywhere."""

    east: float = 0.0
    north: float = 0.0


class Ether(LocalLink):
    """The link all simulated radios share. What is lost of advertisements is drawn for each of them and each listener."""

    def __init__(self, faults: RadioFaults | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._faults = faults or RadioFaults()
        self._spots: dict[Controller, Spot] = {}
        self._silent: set[Controller] = set()
        self._known: dict[Address, Controller] = {}

    def place(self, controller: Controller, spot: Spot) -> None:
        """Move a radio."""
        self._spots[controller] = spot

    def silence(self, controller: Controller, *, silent: bool) -> None:
        """Let nothing in or out of a radio, without a goodbye: it went out of range."""
        if silent:
            self._silent.add(controller)
        else:
            self._silent.discard(controller)

    def rssi(self, one: Controller, other: Controller) -> float:
        """Return how loud one is at the other, dBm."""
        here, there = self._spots.get(one, Spot()), self._spots.get(other, Spot())
        return rssi_at(math.hypot(here.east - there.east, here.north - there.north))

    def find_le_controller(self, address: Address) -> Controller | None:
        """Return whose address it is; asked for every packet, so it is remembered."""
        found = self._known.get(address)
        if found is None or found.random_address != address:
            found = super().find_le_controller(address)
            if found is not None:
                self._known[address] = found
        return found

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        """Bring an advertisement to those who listen, and a connect to whom it is for."""
        if sender_controller in self._silent:
            return
        loop = asyncio.get_running_loop()
        if isinstance(packet, ll.ConnectInd):
            loop.call_soon(self._connect, sender_controller, packet)
            return
        for listener in self.controllers - self._silent - {sender_controller}:
            if listener.le_scan_enable or listener.pending_le_connection:
                self._advertise(loop, sender_controller, listener, packet)

    def _connect(self, sender: Controller, packet: ll.ConnectInd) -> None:
        """Bring a connect to whom it is for; where nobody takes it, the initiator soon knows."""
        target = self.find_le_controller(packet.advertiser_address)
        if target is not None and target not in self._silent and target.is_advertising:
            target.on_ll_advertising_pdu(packet)
        elif isinstance(sender, RadioController):
            asyncio.get_running_loop().call_later(ESTABLISHED_WITHIN_S, sender.on_not_established, packet)

    def _advertise(
        self, loop: asyncio.AbstractEventLoop, sender: Controller, listener: Controller, packet: ll.AdvertisingPdu
    ) -> None:
        loudness = self.rssi(sender, listener)
        if not self._faults.hears(loudness):
            return
        if isinstance(listener, RadioController):
            loop.call_soon(listener.on_heard, packet, loudness)
        else:
            loop.call_soon(listener.on_ll_advertising_pdu, packet)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        """Carry data between two who hear each other."""
        target = self.find_le_controller(destination_address)
        if target is None or self._cut(sender_controller, destination_address):
            return
        asyncio.get_running_loop().call_soon(target.on_link_acl_data, sender_controller.random_address, transport, data)

    def send_ll_control_pdu(self, sender_address: Address, receiver_address: Address, packet: ll.ControlPdu) -> None:
        """Carry what link layers say, between two who hear each other."""
        sender = self.find_le_controller(sender_address)
        if self.find_le_controller(receiver_address) is None or (sender and self._cut(sender, receiver_address)):
            return
        super().send_ll_control_pdu(sender_address, receiver_address, packet)

    def _cut(self, sender: Controller, receiver: Address) -> bool:
        return bool(self._silent) and (sender in self._silent or self.find_le_controller(receiver) in self._silent)


class PlainHost(Host):
    """Bumble's host without its descriptions of every packet, which cost more than all the rest and go to no log."""

    def on_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """Take what the controller says."""
        match packet:
            case hci.HCI_AclDataPacket():
                self.on_hci_acl_data_packet(packet)
            case hci.HCI_Event():
                self.on_hci_event_packet(packet)
            case _:
                super().on_hci_packet(packet)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """Tell the controller."""
        if self.hci_sink:
            self.hci_sink.on_packet(bytes(packet))


class RadioController(Controller):
    """A virtual controller that tells RSSI, and whose pending connect can be cancelled; as plain as ``PlainHost``."""

    le_acl_data_packet_length = 1024
    """Bytes that the host may hand over at once, instead of 27: every notification in one piece."""
    _loudness: int = -50

    def on_heard(self, packet: ll.AdvertisingPdu, loudness: float) -> None:
        """Take an advertisement of so many dBm."""
        self._loudness = round(loudness)
        self.on_ll_advertising_pdu(packet)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """Tell the host, with the RSSI that was measured."""
        if isinstance(packet, (hci.HCI_LE_Advertising_Report_Event, hci.HCI_LE_Extended_Advertising_Report_Event)):
            for report in packet.reports:
                report.rssi = self._loudness
        if self.host:
            asyncio.get_running_loop().call_soon(self.host.on_packet, bytes(packet))

    def on_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """Take what the host says."""
        match packet:
            case hci.HCI_AclDataPacket():
                self.on_hci_acl_data_packet(packet)
            case hci.HCI_Command():
                self.on_hci_command_packet(packet)
            case _:
                super().on_hci_packet(packet)

    def on_not_established(self, packet: ll.ConnectInd) -> None:
        """Give up a link on which nothing was heard (Core 5.4, Vol 6 Part B, 4.5.4)."""
        connection = self.le_connections.get(packet.advertiser_address)
        if connection is not None:
            self.on_le_disconnected(connection, hci.HCI_ErrorCode.CONNECTION_FAILED_TO_BE_ESTABLISHED_ERROR)

    def on_hci_reset_command(self, command: hci.HCI_Reset_Command) -> hci.HCI_StatusReturnParameters:
        """Begin anew, for a host that did: its predecessor's links end, and its scan."""
        for connection in list(self.le_connections.values()):
            connection.send_ll_control_pdu(
                ll.TerminateInd(hci.HCI_ErrorCode.REMOTE_DEVICE_TERMINATED_CONNECTION_DUE_TO_POWER_OFF_ERROR)
            )
        self.le_connections.clear()
        self.pending_le_connection, self.le_scan_enable = None, False
        return super().on_hci_reset_command(command)

    def on_hci_le_create_connection_cancel_command(
        self, command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Give up a connect, and say so."""
        pending = self.pending_le_connection
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        self.pending_le_connection = None
        given_up = hci.HCI_LE_Connection_Complete_Event(
            status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=hci.Role.CENTRAL,
            peer_address_type=pending.peer_address.address_type,
            peer_address=pending.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        asyncio.get_running_loop().call_soon(self.send_hci_packet, given_up)
        return super().on_hci_le_create_connection_cancel_command(command)


async def radio(ether: Ether, name: str, address: str, spot: Spot = Spot()) -> tuple[Device, Controller]:
    """Return a powered radio of our own in this process."""
    host = PlainHost()
    controller = RadioController(name, link=ether)
    ether.place(controller, spot)
    host.controller = controller
    config = DeviceConfiguration(name=name, address=Address(address), gatt_service_enabled=False)
    device = Device(config=config, host=host)
    await device.power_on()
    return device, controller


async def serve_radio(ether: Ether, name: str, port: int = 0, spot: Spot = Spot()) -> tuple[Transport, str]:
    """Offer a virtual controller to another process; return its transport, to be closed, and what to open it by."""
    listening = socket.create_server(("127.0.0.1", port))
    transport = await open_tcp_server_transport_with_socket(listening)
    controller = RadioController(name, host_source=transport.source, host_sink=transport.sink, link=ether)
    ether.place(controller, spot)
    return transport, f"tcp-client:127.0.0.1:{listening.getsockname()[1]}"
