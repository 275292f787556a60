"""MQTT's packets, and what waits until the broker has taken charge of it. Pure: bytes in, bytes out."""
