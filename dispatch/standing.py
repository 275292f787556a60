"""How a desk stands, as data: what a snapshot keeps of it. Order counts, since whoever waited longest is served first. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.alarms import Alarm
from dispatch.case import Call, Case
from dispatch.events import AgentBecameFree, SupplierOpened
from dispatch.free_trucks import Truck
from dispatch.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything a desk knows. Cases and calls are named by their ids where they are meant a second time."""

    cases: list[Case]
    """The open ones."""
    of_customer: dict[str, list[str]]
    of_episode: dict[str, str]
    of_device: list[tuple[str, str, str]]
    """Device, customer, case."""
    ended: dict[str, int]
    """Episode → its relapses when its case was closed."""
    alarms: list[Alarm]
    """Deadlines, call-by times, when to ring again: as they were set, in POSIX seconds."""
    trucks: list[Truck]
    waiting_for_trucks: list[str]
    workshops: list[Workshop]
    suppliers: list[SupplierOpened]
    calls: list[Call]
    waiting_calls: list[str]
    free_agents: list[AgentBecameFree]
    woken_at: float = 0.0
    """Until when alarms were rung, POSIX seconds; one that leads to nothing leaves no row."""
