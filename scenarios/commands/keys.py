"""Credentials on the way to whoever asked: printed once, or written into a folder that only its owner reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gateway.access.authority import write_private
from scenarios.service.door import ServiceSaysNo

NAMES = {
    "credential": "credential.json",
    "certificate": "client.pem",
    "private_key": "client.key",
    "authority": "ca.pem",
}


def write_key(folder: Path, told: dict[str, Any]) -> dict[str, str]:
    """Write a credential's files, each readable by its owner alone; return their names. Raises ``ServiceSaysNo``."""
    certificate = told["certificate"] or {}
    parts = {
        "credential": json.dumps(told, indent=2) + "\n",
        "certificate": certificate.get("certificate"),
        "private_key": certificate.get("private_key"),
        "authority": told["authority"],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for part, content in parts.items():
            if content:
                write_private(folder / NAMES[part], content.encode())
    except OSError as error:
        message = f"{folder}: {error.strerror}. The credential is lost; ask for another one"
        raise ServiceSaysNo(message) from None
    return {part: str(folder / NAMES[part]) for part, content in parts.items() if content}


def lines_of(told: dict[str, Any]) -> list[str]:
    """Return a credential as people read it."""
    listed = [
        ("username", told["username"]),
        ("password", told["password"]),
        ("broker", told["broker"]),
        ("broker with TLS", told["broker_tls"]),
        ("broker with certificate", told["broker_certificates"]),
    ]
    certificate = told["certificate"] or {}
    pem = [certificate.get("certificate"), certificate.get("private_key"), told["authority"] if certificate else None]
    return [f"{name}: {value}" for name, value in listed if value] + [part.strip() for part in pem if part]
