"""Fridges: alarms, temperatures over time, the food-safety clock, stock. Pure."""
