"""Whoever was spoken with is asked how it was, not often, and what they say is taken or is a state of its own. Knows no door."""
