"""A disk that is full is seen: whoever asks whether the service is ready is told no, and why, until there is room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from dispatch.observe.disk_probe import DiskProbe
from dispatch.views.health import Facts, condition
from scenarios.chaos.disk import disk_at


def test_a_service_on_a_full_disk_is_not_ready(
    serve: Callable[..., Any], eventually: Callable[..., Any], tmp_path: Path
) -> None:
    """503 with the reason, though the store still fits its lines; 200 once there is room."""
    disk = disk_at(tmp_path / "small")
    if disk.name != "tmpfs":
        pytest.skip("a small disk needs the right to mount one")
    try:
        service = serve("--dir", str(tmp_path / "small" / "serve"))

        def ready() -> httpx.Response:
            return httpx.get(f"{service.http}/health/ready")

        assert ready().status_code == 200
        disk.fill()
        eventually(lambda: ready().status_code == 503, 20)
        assert "no room in" in ready().text
        assert "no room in" in httpx.get(f"{service.http}/api/v1/health").text
        disk.free()
        eventually(lambda: ready().status_code == 200, 30)
        service.kill()
    finally:
        disk.close()


def test_no_room_is_told_whatever_the_store_says(tmp_path: Path) -> None:
    """It is messages that are not taken."""
    assert DiskProbe(tmp_path).trouble() is None
    assert list(tmp_path.iterdir()) == []
    told = DiskProbe(tmp_path / "gone").trouble()
    assert told is not None
    assert not condition(Facts(disk=told)).ready
