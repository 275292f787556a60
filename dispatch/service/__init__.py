"""The running service as one object, what it was told at its start, and who may connect to it."""
