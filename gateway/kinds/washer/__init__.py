"""Washing machines: programmes and their phases, alarms, water where it should not be. Pure."""
