"""What can be done over the HTTP API and the console: each route declares which of these it needs. Pure."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing that somebody may do; its text is also the name of a key's scope."""

    BE_ANYBODY = "be-anybody"
    BE_SOMEBODY = "be-somebody"
    WATCH_CONSOLE = "watch-console"
    READ_CASES = "read-cases"
    READ_POSITIONS = "read-positions"
    READ_DEVICES = "read-devices"
    READ_HEALTH = "read-health"
    READ_LEDGER = "read-ledger"
    READ_REGISTRIES = "read-registries"
    DISPATCH_CASES = "dispatch-cases"
    TAKE_OVER_CASES = "take-over-cases"
    MUTE_DEVICES = "mute-devices"
    TAKE_CALLS = "take-calls"
    TAKE_OVER_CALLS = "take-over-calls"
    LISTEN_IN = "listen-in"
    ANNOUNCE_CALLS = "announce-calls"
    REPORT_FAULTS = "report-faults"
    ANSWER_REQUESTS = "answer-requests"
    ROTATE_SECRETS = "rotate-secrets"
    READ_DEAD_LETTERS = "read-dead-letters"
    RETRY_DEAD_LETTERS = "retry-dead-letters"
    REGISTER_VENDORS = "register-vendors"
    REGISTER_DEVICES = "register-devices"
    REGISTER_CUSTOMERS = "register-customers"
    REGISTER_PARTNERS = "register-partners"
    READ_CUSTOMERS = "read-customers"
    CHANGE_CONSENT = "change-consent"
    FIND_CUSTOMERS = "find-customers"
    ERASE_CUSTOMERS = "erase-customers"
    CONVERSE = "converse"
    READ_MONEY = "read-money"
    LET_PAY = "let-pay"
    READ_PRODUCTS = "read-products"
    REGISTER_PRODUCTS = "register-products"
    HELP_WITH_MONEY = "help-with-money"
    DECIDE_MONEY = "decide-money"
    ISSUE_CREDENTIALS = "issue-credentials"
    GIVE_ACCESS = "give-access"


ABOUT = {
    Permission.BE_ANYBODY: "log in, open a link, tell whether the service lives; a partner's signed webhook",
    Permission.BE_SOMEBODY: "see who one is, log out, read the API's description",
    Permission.WATCH_CONSOLE: "watch the console",
    Permission.READ_CASES: "cases, their timelines, the call queue, totals",
    Permission.READ_POSITIONS: "where all devices are",
    Permission.READ_DEVICES: "how devices do, what is thought of them, what of theirs was refused",
    Permission.READ_HEALTH: "how the service does, metrics",
    Permission.READ_LEDGER: "rows of the ledger",
    Permission.READ_REGISTRIES: "vendors and partners",
    Permission.DISPATCH_CASES: "all that dispatchers do with a case, and what they read for it",
    Permission.TAKE_OVER_CASES: "the same with a case that is another dispatcher's, which is recorded",
    Permission.MUTE_DEVICES: "have no cases opened for what a device tells, for a while, unless it is dangerous",
    Permission.TAKE_CALLS: "claim calls, say that one is connected or over",
    Permission.TAKE_OVER_CALLS: "connect and end a call that was given to another, which is recorded",
    Permission.LISTEN_IN: "listen in on a call where its customer agreed; its agent sees it, and it is recorded",
    Permission.ANNOUNCE_CALLS: "say who rings in, as a telephone exchange",
    Permission.REPORT_FAULTS: "take down a fault that somebody tells of",
    Permission.ANSWER_REQUESTS: "fetch and answer what workshops and suppliers are asked",
    Permission.ROTATE_SECRETS: "draw a partner's new secret",
    Permission.READ_DEAD_LETTERS: "what partners and devices were not told",
    Permission.RETRY_DEAD_LETTERS: "have it sent again",
    Permission.REGISTER_VENDORS: "register vendors",
    Permission.REGISTER_DEVICES: "register devices",
    Permission.REGISTER_CUSTOMERS: "register customers",
    Permission.REGISTER_PARTNERS: "register workshops, suppliers and their addresses",
    Permission.READ_CUSTOMERS: "what a customer agrees to, and all that is kept of them",
    Permission.FIND_CUSTOMERS: "find the customer somebody speaks with: name, number, what to verify them with",
    Permission.CHANGE_CONSENT: "write down what a customer agrees to",
    Permission.ERASE_CUSTOMERS: "erase a customer",
    Permission.CONVERSE: "answer, write and say what one prefers, as a customer on their own page",
    Permission.READ_MONEY: "what a customer's devices may pay, and paid; an agent: of whom they speak with",
    Permission.LET_PAY: "let a device pay, have it go on, say whether a payment is wanted",
    Permission.READ_PRODUCTS: "what a customer holds: accounts, rates, cover; an agent: of whom they speak with",
    Permission.REGISTER_PRODUCTS: "keep the register of what customers hold, and see to what they took",
    Permission.HELP_WITH_MONEY: "stop what a device may pay, and dispute a payment; an agent: for whom they speak with",
    Permission.DECIDE_MONEY: "decide about disputes, and say what the bank said of a payment that is held",
    Permission.ISSUE_CREDENTIALS: "credentials of vendors and devices: whether there is one, issue, revoke",
    Permission.GIVE_ACCESS: "accounts, keys, links and sessions",
}
"""In words."""
FOR_ALL = frozenset({Permission.BE_ANYBODY, Permission.BE_SOMEBODY})
"""No role and no key is without these."""
