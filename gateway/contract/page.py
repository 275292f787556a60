"""The contract as a page to read: self-contained HTML, made from the same models that parse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from gateway.contract.asyncapi import VERSION, kinds_on
from gateway.contract.bluetooth import BLUETOOTH, CHARACTERISTICS, KINDS
from gateway.contract.envelope import EVENT_BYTES, EXTENSION_BYTES, JSON_MEDIA_PATTERN, STATE_BYTES
from gateway.contract.event_types import event_types
from gateway.contract.payments import REASONS
from gateway.contract.prose import BINARY, CHANNELS, CONNECT, STRUCTURED, TOLERANCE
from gateway.contract.refusals import MEANINGS, TITLES
from gateway.contract.schemas import REJECTED, STATE, described, models, shared_schemas, shown_examples
from gateway.contract.signing import signing
from gateway.contract.style import CSS
from gateway.contract.topics import ROOT, Channel
from gateway.contract.values import TEXT_PATTERN, Measured, Position

Json = dict[str, Any]
_PREFIX = "#"
"""A reference to a shared schema is the link to its section."""
_TOLD_IN_WORDS = {JSON_MEDIA_PATTERN, TEXT_PATTERN}
_TOKEN = re.compile(r"(&quot;(?:[^&]|&(?!quot;))*&quot;)(:)?|\b(true|false|null|-?\d[\d.eE+-]*)\b")


def html() -> str:
    """Return the whole page."""
    sections = (
        ("Start", _start()),
        ("Messages up", [*_messages(kinds_on(Channel.EVENT)), *_messages([STATE])]),
        ("Messages down", [*_messages(kinds_on(Channel.COMMAND)), *_messages([REJECTED])]),
        ("Parts", [_part(name) for name in _parts()]),
        ("Reference", [_rules(), _reasons()]),
    )
    contents = "".join(_links(title, parts) for title, parts in sections)
    body = "".join(f"<h2>{title}</h2>{''.join(text for _, _, text in parts)}" for title, parts in sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Callahead vendor contract {VERSION}</title><style>{CSS}</style></head>\n"
        f'<body><div class="page"><nav><a href="#top"><strong>Callahead</strong> contract {VERSION}</a>{contents}</nav>\n'
        f'<main id="top"><h1>Callahead vendor contract</h1><p class="lead">What a device may send to Callahead over '
        "MQTT or Bluetooth LE, and what it will receive. Written from the same models that read your messages, so what stands here "
        f"is what is taken.</p>\n{body}</main></div></body></html>\n"
    )


Section = tuple[str, str, str]
"""Anchor, title in the contents, HTML."""


def _links(title: str, parts: Iterable[Section]) -> str:
    return f"<b>{title}</b>" + "".join(f'<a href="#{anchor}">{escape(name)}</a>' for anchor, name, _ in parts)


def _start() -> list[Section]:
    topics = _table(
        ("Topic", "Direction", "What it carries"),
        [(f"<code>{ROOT}/{{vendor}}/{{device}}/{name}</code>", way, text) for name, way, text in CHANNELS],
    )
    tolerated = _table(("What you send", "What we make of it"), [(escape(a), escape(b)) for a, b in TOLERANCE])
    shown = next(one for one in event_types() if not one.plain).example
    return [
        ("connect", "Connect", f"<h3 id='connect'>Connect</h3>{CONNECT}"),
        ("topics", "Topics", f"<h3 id='topics'>Topics</h3>{topics}"),
        ("envelope", "Envelope", f"<h3 id='envelope'>Envelope</h3>{STRUCTURED}{_code(shown)}{_envelope()}"),
        ("binary", "Binary mode", f"<h3 id='binary'>Binary mode</h3>{BINARY}"),
        ("bluetooth", "Over Bluetooth LE", _bluetooth()),
        ("signing", "Asking to pay", f"<h3 id='signing'>Asking to pay</h3>{signing()}"),
        ("tolerance", "What is tolerated", f"<h3 id='tolerance'>What is tolerated</h3>{_limits()}{tolerated}"),
    ]


def _bluetooth() -> str:
    characteristics = _table(
        ("Characteristic", "Name", "Property", "What it carries"),
        [(f"<code>{uuid}</code>", name, way, text) for uuid, name, way, text in CHARACTERISTICS],
    )
    kinds = _table(
        ("Kind", "Name", "Direction", "Body"),
        [(str(int(kind)), kind.name, way, escape(text)) for kind, way, text in KINDS],
    )
    return f"<h3 id='bluetooth'>Over Bluetooth LE</h3>{BLUETOOTH}{characteristics}{kinds}"


def _limits() -> str:
    return (
        f"<p>An event has at most {EVENT_BYTES:,} bytes, where its type does not say that it may have more, a state "
        f"{STATE_BYTES:,}; what an event says beside the attributes below, {EXTENSION_BYTES:,}. JSON is nested at "
        "most 200 deep. Types are strict: a "
        "number in quotes is no number.</p>"
    )


def _envelope() -> str:
    schema = shared_schemas(_PREFIX + "{model}")[event_types().classes[0].__name__]
    members = {name: member for name, member in schema["properties"].items() if name != "data_base64"}
    members["type"] = {"type": "string", "description": "One of the types below."}
    members["data"] = {"type": "object", "description": "As its type has it, below."}
    return _fields({**schema, "properties": members})


def _messages(kinds: Iterable[str]) -> list[Section]:
    return [_message(kind) for kind in kinds]


def _message(kind: str) -> Section:
    name = kind.removeprefix("callahead.").removesuffix(".v1")
    shared = shared_schemas(_PREFIX + "{model}")
    model = models()[kind]
    schema = shared[model.__name__]
    if "data" in model.model_fields:
        schema = shared[schema["properties"]["data"]["$ref"].removeprefix(_PREFIX)]
    typed = (
        f' <span class="tag">type</span> <code>{kind}</code>'
        if "type" in shown_examples()[kind][0] and kind != REJECTED
        else ""
    )
    shown = "".join(_code(example) for example in shown_examples()[kind])
    most = event_types().max_bytes(kind)
    large = f" At most {most:,} bytes." if most != EVENT_BYTES else ""
    text = f'<h3 id="{kind}">{name}{typed}</h3><p>{_prose(described(model))}{large}</p>{_fields(schema)}{shown}'
    return kind, name, text


def _parts() -> list[str]:
    """Return which parts of events have a section of their own: what is measured, where it is, and the others."""
    parts = event_types().parts
    measured = [part.__name__ for part in parts if issubclass(part, Measured)]
    return [*measured, Position.__name__, *(part.__name__ for part in parts if not issubclass(part, Measured))]


def _part(name: str) -> Section:
    schema = shared_schemas(_PREFIX + "{model}")[name]
    return name, name, f'<h3 id="{name}">{name}</h3><p>{_prose(schema["description"])}</p>{_fields(schema)}'


def _rules() -> Section:
    rows = [
        (f"<code>urn:callahead:rule:{rule}</code>", escape(TITLES[rule]), _prose(MEANINGS[rule])) for rule in TITLES
    ]
    return "rules", "Refusal rules", f"<h3 id='rules'>Refusal rules</h3>{_table(('Type', 'Title', 'Meaning'), rows)}"


def _reasons() -> Section:
    said = (
        "<p>ISO 20022 external status reason codes that diagnosis knows. The list is external and grows: any other "
        "code of four capitals or digits is taken, and weighs as an unspecified refusal.</p>"
    )
    rows = [(f"<code>{code}</code>", escape(text)) for code, text in REASONS.items()]
    return (
        "reasons",
        "Payment reasons",
        f"<h3 id='reasons'>Payment reasons</h3>{said}{_table(('Code', 'Meaning'), rows)}",
    )


def _fields(schema: Json) -> str:
    """Return a table of an object's members."""
    must = schema.get("required", ())
    rows = [
        (
            f"<code>{escape(name)}</code>{' <span class=must></span>' if name in must else ''}",
            _kind(member),
            _prose(member.get("description", "")),
        )
        for name, member in schema.get("properties", {}).items()
    ]
    if not any(meaning for _, _, meaning in rows):
        return _table(("Member", "Value"), [row[:2] for row in rows]) if rows else ""
    return _table(("Member", "Value", "Meaning"), rows)


def _kind(member: Json) -> str:
    """Return in words which values a member takes."""
    if "$ref" in member:
        name = member["$ref"].removeprefix(_PREFIX)
        return f'<a href="#{name}">{name}</a>' if name in _parts() else name
    if "anyOf" in member:
        branches = [branch for branch in member["anyOf"] if branch.get("type") != "null"]
        return " or ".join(dict.fromkeys(_kind(branch) for branch in branches))
    if "enum" in member or "const" in member:
        values = member.get("enum") or [member["const"]]
        return " · ".join(f"<code>{escape(str(value))}</code>" for value in values)
    if member.get("type") == "array":
        return f"list of {_kind(member['items'])}{_span(member, 'minItems', 'maxItems')}"
    unit = f" {escape(member['x-unit'])}" if "x-unit" in member else ""
    return f"{_noun(member)}{_span(member, 'minimum', 'maximum')}{unit}"


def _noun(member: Json) -> str:
    if member.get("format") == "date-time":
        return "RFC 3339 time"
    if "pattern" in member and member["pattern"] not in _TOLD_IN_WORDS:
        return f"<code>{escape(member['pattern'])}</code>"
    words = {"integer": "whole number", "boolean": "true or false", "string": "text", "null": "null"}
    return words.get(member.get("type", ""), str(member.get("type", "")))


def _span(member: Json, least: str, most: str) -> str:
    if least in member and most in member:
        return f" {member[least]:,} … {member[most]:,}"
    return f", at most {member[most]:,}" if most in member else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    heads = "".join(f"<th>{name}</th>" for name in head)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>'


def _prose(text: str) -> str:
    return re.sub(r"``(.+?)``", r"<code>\1</code>", escape(" ".join(text.split()), quote=False))


def _code(example: Json) -> str:
    return (
        f"<pre><code>{_TOKEN.sub(_coloured, escape(json.dumps(example, indent=2, ensure_ascii=False)))}</code></pre>\n"
    )


def _coloured(token: re.Match[str]) -> str:
    if token[1]:
        return f"<i class={'k' if token[2] else 's'}>{token[1]}</i>{token[2] or ''}"
    return f"<i class=n>{token[0]}</i>"
