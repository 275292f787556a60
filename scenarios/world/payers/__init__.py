"""Devices that pay of themselves, their customers, what they let them pay, and what goes wrong."""
