"""Trucks: where they are, and how their jobs stand. Pure."""
