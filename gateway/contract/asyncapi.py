"""The contract as an AsyncAPI 3.0 document, seen from the service: it receives events and sends commands."""

from __future__ import annotations

import json
from typing import Any

from gateway.contract import examples
from gateway.contract.envelope import CONTENT_TYPE
from gateway.contract.event_types import event_types
from gateway.contract.schemas import REJECTED, STATE, described, models, shared_schemas, shown_examples
from gateway.contract.topics import ROOT, Channel

Json = dict[str, Any]
VERSION = "1.0.0"
"""Of the contract. It grows by optional fields and new types; anything else is a new root beside ``callahead/v1``."""
_MQTT = {"bindingVersion": "0.2.0"}

_CHANNELS: dict[Channel, str] = {
    Channel.EVENT: "Up: what a device reports, as CloudEvents 1.0.",
    Channel.URGENT: "Up, where a vendor wants it: everything but statuses, so that it waits behind none of them.",
    Channel.STATE: "Up, retained: online or offline; also the last will.",
    Channel.COMMAND: "Down: CloudEvents the device should act on, each at least once.",
    Channel.REJECTED: "Down: RFC 9457 problem details for each message that was refused.",
}
_OPERATIONS: tuple[tuple[str, str, Channel, str], ...] = (
    ("receiveEvent", "receive", Channel.EVENT, "A device reports."),
    ("receiveUrgent", "receive", Channel.URGENT, "A device reports what is to wait behind no status."),
    ("receiveState", "receive", Channel.STATE, "A device comes online, or its last will says that it went."),
    ("sendCommand", "send", Channel.COMMAND, "A device is asked to act."),
    ("sendRejected", "send", Channel.REJECTED, "A sender learns which rule a message broke, where, and what to do."),
)


def asyncapi() -> Json:
    """Return the document: channels, operations, messages and schemas of everything sent up and down."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Callahead vendor contract",
            "version": VERSION,
            "description": "What a device may send, and what it will receive.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"broker": _server()},
        "channels": {str(channel): _channel(channel, says) for channel, says in _CHANNELS.items()},
        "operations": {name: _operation(action, channel, says) for name, action, channel, says in _OPERATIONS},
        "components": {
            "messages": {kind: _message(kind) for kind in models()},
            "schemas": shared_schemas("#/components/schemas/{model}"),
            "securitySchemes": {
                "password": {"type": "userPassword", "description": "The device's own credentials."},
                "certificate": {"type": "X509", "description": "A client certificate, where one was issued."},
            },
        },
    }


def _server() -> Json:
    will = {
        "topic": f"{ROOT}/{{vendor}}/{{device}}/{Channel.STATE}",
        "qos": 1,
        "retain": True,
        "message": json.dumps(examples.LAST_WILL),
    }
    return {
        "host": "{broker}:{port}",
        "protocol": "mqtt",
        "protocolVersion": "3.1.1 or 5",
        "description": "QoS 1 in both directions, and a session that lasts, so that commands wait for the device.",
        "variables": {
            "broker": {"default": "localhost", "description": "Where the service's broker is."},
            "port": {"default": "1883", "enum": ["1883", "8883"], "description": "8883 for TLS."},
        },
        "security": [
            {"$ref": "#/components/securitySchemes/password"},
            {"$ref": "#/components/securitySchemes/certificate"},
        ],
        "bindings": {"mqtt": {"cleanSession": False, "keepAlive": 60, "lastWill": will, **_MQTT}},
    }


def _channel(channel: Channel, says: str) -> Json:
    return {
        "address": f"{ROOT}/{{vendor}}/{{device}}/{channel}",
        "description": says,
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds_on(channel)},
        "parameters": {
            "vendor": {"description": "Lower case letters, digits and dashes, 1-32.", "examples": ["volta"]},
            "device": {"description": "Letters, digits, dashes and underscores, 1-64.", "examples": ["car-1"]},
        },
    }


def _operation(action: str, channel: Channel, says: str) -> Json:
    retained = {"retain": True} if channel is Channel.STATE else {}
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": says,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{kind}"} for kind in kinds_on(channel)],
        "bindings": {"mqtt": {"qos": 1, **retained, **_MQTT}},
    }


def _message(kind: str) -> Json:
    cloud_event = kind not in {STATE, REJECTED}
    content_type = {STATE: "application/json", REJECTED: "application/problem+json"}.get(kind, CONTENT_TYPE)
    return {
        "name": kind,
        "title": kind.removeprefix("callahead.").removesuffix(".v1"),
        "summary": described(models()[kind]),
        "contentType": content_type,
        "payload": {"$ref": f"#/components/schemas/{models()[kind].__name__}"},
        "examples": [{"payload": example} for example in shown_examples()[kind]],
        **({"bindings": {"mqtt": {"contentType": content_type, **_MQTT}}} if cloud_event else {}),
    }


def kinds_on(channel: Channel) -> list[str]:
    """Return the types of the messages that a channel carries."""
    by_channel = {
        Channel.URGENT: [one.name for one in event_types() if one.is_urgent],
        Channel.STATE: [STATE],
        Channel.REJECTED: [REJECTED],
        Channel.COMMAND: list(examples.COMMANDS),
    }
    return by_channel.get(channel, list(event_types().examples))
