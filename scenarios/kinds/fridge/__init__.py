"""Fridges in a kitchen: used, failing, noticed late or soon."""
