"""The scorecard's keys, which a story may expect something of. Published: additions only."""

from __future__ import annotations

KEYS = (
    "devices",
    "events",
    "findings",
    "cases",
    "calls_connected",
    "customer_calls",
    "called_first_share",
    "head_start_p50_s",
    "tows",
    "orders",
    "bookings",
    "duplicates",
    "lost",
    "part_accuracy",
    "location_error_p95_m",
    "false_dispatch_share",
    "missed_share",
    "response_p50_s",
    "response_p95_s",
    "late_share",
    "eta_bias",
    "eta_p90_error",
    "reachable_share",
    "called_first_of_reachable",
    "calls_spared",
    "calls_per_case",
    "agent_occupancy",
    "wall_s",
    "sim_s",
    "ledger_sha256",
)
"""In the order they are shown. Each is computed by the function of its name in ``score.scorecard``."""
