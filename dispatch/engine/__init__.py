"""Drives the core in live mode: one queue, one consumer; decide, commit, announce, each in a file. Knows asyncio and the store."""
