"""Doors to customers, each named after its technology. They do I/O, and decide nothing: what comes in is told to the driver."""
