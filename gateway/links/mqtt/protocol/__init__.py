"""MQTT 3.1.1 and 5 as bytes, and what waits until the broker has taken charge of it. Pure: bytes in, bytes out, no connection.

Sections are those of OASIS MQTT Version 5.0; where 3.1.1 differs, that is said.
"""
