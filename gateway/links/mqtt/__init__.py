"""MQTT in the service's own event loop."""
