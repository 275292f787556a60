"""Phones: where their owners are. Pure."""
