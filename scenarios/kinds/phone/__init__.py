"""Phones: where their owners are, and what becomes of their payments."""
