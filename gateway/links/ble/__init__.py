"""Bluetooth LE: devices that speak our profile, and OBD dongles that are not ours."""
