"""``callahead-serve``: options to a running service, and what surrounds it (brokers, adapters, systemd)."""
