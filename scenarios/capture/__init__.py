"""Turns a piece of a ledger into a story that replays to the same decisions, for ever after."""
