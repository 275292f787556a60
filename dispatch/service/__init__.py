"""The running service as one object, what it is built from, how it is set, and who may connect to it."""
