"""Payments of any device: whether one that it asks for is its own; why one fails, and whose problem that is. Pure."""
