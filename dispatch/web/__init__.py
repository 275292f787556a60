"""The service's doors for people and partners: the HTTP API and the console."""
