"""Drives the core in live mode: one queue, one consumer, commit before acknowledge. Knows asyncio and the store."""
