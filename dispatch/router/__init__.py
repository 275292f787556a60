"""The process before the service where it has gateways: reads from the broker, and acknowledges what the service says is stored."""
