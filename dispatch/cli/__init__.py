"""``callahead-serve``: ``serve`` reads options, ``run`` runs the service; beside them brokers, adapters, systemd."""
