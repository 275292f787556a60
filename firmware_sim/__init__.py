"""Pretends to be devices of every kind, which know only the public contract. No clock, no dice."""
