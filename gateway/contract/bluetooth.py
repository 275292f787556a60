"""What the page says of Bluetooth LE, with the figures that the code uses."""

from __future__ import annotations

from gateway.contract import gatt
from gateway.contract.frames import VERSION, MessageKind
from gateway.contract.session import KEY_BYTES, NONCE_BYTES, PROOF_BYTES, SEAL_BYTES, SPOKEN

CHARACTERISTICS = (
    (gatt.TELEMETRY, "telemetry", "notify", "everything that goes up"),
    (gatt.ACKNOWLEDGEMENT, "acknowledgement", "write", "which messages are stored for good"),
    (gatt.COMMAND, "command", "write", "everything else that goes down"),
)
KINDS = (
    (MessageKind.OPEN, "down", f"version ({SPOKEN}), the central's nonce ({NONCE_BYTES} bytes)"),
    (MessageKind.WELCOME, "up", f"your nonce ({NONCE_BYTES}), your proof ({PROOF_BYTES}), your name vendor/device"),
    (MessageKind.READY, "down", "nothing: the central knows your key; tell what you have"),
    (MessageKind.EVENT, "up", "a CloudEvent, as on …/event"),
    (MessageKind.STATE, "up", "as on …/state"),
    (MessageKind.ACK, "both", "numbers of messages that are stored, 4 bytes each"),
    (MessageKind.COMMAND, "down", "as on …/command; acknowledge it"),
    (MessageKind.REJECTED, "down", "as on …/rejected; acknowledge it"),
    (MessageKind.PULSE, "both", "nothing: answer with the same"),
)
BLUETOOTH = f"""
<p>A device without a network of its own is the peripheral; the gateway, or its owner's phone, is the central. The same
CloudEvents go up in structured mode, and the same guarantees hold: an event is acknowledged once it is stored, and you send
again, in your next session, what was not. You are given a key of {KEY_BYTES} bytes; register it as <code>ble_key</code>.</p>
<p><b>Advertise</b> the service <code>{gatt.SERVICE}</code> in the complete list of 128-bit services, and a manufacturer's
record under your company identifier: the first {gatt.HASH_BYTES} bytes of SHA-256 of <code>vendor/device</code>, and a byte
whose bit 0 says that a fault waits. Offer the Device Information service (180A) as well.</p>
<p><b>Frames.</b> Each notification or write, at any MTU from {gatt.MIN_MTU} to {gatt.MAX_MTU}, is one frame,
little-endian: head (bits 7-6 version {VERSION}, bit 5 first, bit 4 last, bits 3-0 kind), session, sequence (2 bytes, from 0,
one count for each direction); in a message's first frame length (3), number (4), CRC-32 of the message (4); a chunk of the
message; CRC-16 of all before it (polynomial 0x1021, initial 0xFFFF). The session is the central's choice in OPEN.</p>
<p><b>Session.</b> The proof is HMAC-SHA256 with your key of <code>"callahead welcome" + nonce of the central + your nonce +
your name</code>, its first {PROOF_BYTES} bytes. The session's keys are the same with <code>"callahead up"</code> and
<code>"callahead down"</code>, whole. After WELCOME every message ends in a seal: the first {SEAL_BYTES} bytes of HMAC-SHA256,
with the direction's key, of kind (1 byte), number (4) and body. Numbers only grow; believe no other message, and tell nothing
before READY. Ask for an encrypted link (LE Secure Connections) for the two characteristics that are written.</p>
"""
