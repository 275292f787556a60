"""The policy, in one table: which role may do what, and with whose things. Pure.

Whatever does not stand here is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from dispatch.access.permissions import ABOUT, FOR_ALL, Permission

P = Permission


class Role(StrEnum):
    """What somebody is to the house. One account has one role."""

    AGENT = "agent"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    VENDOR = "vendor"
    PARTNER = "partner"
    CUSTOMER = "customer"
    HELPER = "helper"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Reach(StrEnum):
    """With whose things."""

    ALL = "all"
    OWN = "own"
    """The account, key or link names whose: a vendor, a partner, a customer, a truck."""


Grants = Mapping[Permission, Reach]

OWNERS = frozenset({Role.VENDOR, Role.PARTNER, Role.CUSTOMER, Role.HELPER})
"""Roles that reach only what is their own, and have to say whose that is."""
BY_LINK = frozenset({Role.CUSTOMER, Role.HELPER})
"""Roles of people who have no account and come by a link."""
_STAFF = (P.WATCH_CONSOLE, P.READ_CASES, P.READ_POSITIONS, P.READ_DEVICES, P.REPORT_FAULTS)
_READS = (
    *(P.WATCH_CONSOLE, P.READ_CASES, P.READ_POSITIONS, P.READ_DEVICES, P.READ_HEALTH, P.READ_LEDGER),
    *(P.READ_REGISTRIES, P.READ_DEAD_LETTERS),
)
_DISPATCHES = (
    *(*_STAFF, P.DISPATCH_CASES, P.MUTE_DEVICES, P.READ_HEALTH, P.READ_REGISTRIES),
    *(P.ANSWER_REQUESTS, P.READ_DEAD_LETTERS, P.RETRY_DEAD_LETTERS),
    *(P.READ_MONEY, P.HELP_WITH_MONEY, P.DECIDE_MONEY, P.READ_PRODUCTS),
)
_SUPERVISES = (
    *(P.TAKE_OVER_CASES, P.TAKE_CALLS, P.TAKE_OVER_CALLS, P.LISTEN_IN, P.ANNOUNCE_CALLS, P.READ_LEDGER),
    *(P.READ_CUSTOMERS, P.FIND_CUSTOMERS, P.CHANGE_CONSENT),
)
_REGISTERS = (P.REGISTER_CUSTOMERS, P.REGISTER_PARTNERS, P.REGISTER_PRODUCTS)
_ADMINISTERS = (
    *(*_REGISTERS, P.REGISTER_VENDORS, P.REGISTER_DEVICES, P.ISSUE_CREDENTIALS, P.ROTATE_SECRETS),
    *(P.REPORT_FAULTS, P.ANSWER_REQUESTS, P.RETRY_DEAD_LETTERS, P.GIVE_ACCESS),
    *(P.READ_CUSTOMERS, P.CHANGE_CONSENT, P.ERASE_CUSTOMERS, P.READ_PRODUCTS),
)
_ALL_OF: dict[Role, tuple[Permission, ...]] = {
    Role.AGENT: (
        *(*_STAFF, P.TAKE_CALLS, P.FIND_CUSTOMERS, P.CHANGE_CONSENT),
        *(P.READ_MONEY, P.HELP_WITH_MONEY, P.READ_PRODUCTS),
    ),
    Role.DISPATCHER: _DISPATCHES,
    Role.SUPERVISOR: (*_DISPATCHES, *_SUPERVISES, *_REGISTERS),
    Role.ADMINISTRATOR: (*_READS, *_ADMINISTERS),
    Role.AUDITOR: _READS,
}
_OWN_OF: dict[Role, tuple[Permission, ...]] = {
    Role.VENDOR: (P.READ_DEVICES, P.REGISTER_DEVICES, P.ISSUE_CREDENTIALS),
    Role.PARTNER: (P.ANSWER_REQUESTS, P.ROTATE_SECRETS),
    Role.CUSTOMER: (
        *(P.READ_CASES, P.REPORT_FAULTS, P.READ_CUSTOMERS, P.CHANGE_CONSENT, P.CONVERSE),
        *(P.READ_MONEY, P.LET_PAY, P.HELP_WITH_MONEY, P.READ_PRODUCTS),
    ),
    Role.HELPER: (P.READ_DEVICES,),
}
GRANTS: dict[Role, Grants] = {
    role: dict.fromkeys(FOR_ALL, Reach.ALL)
    | dict.fromkeys(_ALL_OF.get(role, ()), Reach.ALL)
    | dict.fromkeys(_OWN_OF.get(role, ()), Reach.OWN)
    for role in Role
}
"""The policy."""
NOBODY: Grants = {Permission.BE_ANYBODY: Reach.ALL}
"""What is granted to whoever has not logged in."""
EVERYTHING: Grants = dict.fromkeys(Permission, Reach.ALL)
"""What is granted where no log-in is needed: on the machine itself."""


def as_table() -> Iterator[str]:
    """Yield the policy as lines of a Markdown table, as ``docs/security.md`` shows it."""
    yield f"| action | what it is | {' | '.join(Role)} |"
    yield f"|---|---|{'---|' * len(Role)}"
    for permission in Permission:
        marks = [str(GRANTS[role].get(permission, "")) for role in Role]
        yield f"| `{permission}` | {ABOUT[permission]} | {' | '.join(marks)} |"
