"""The real service from outside: its process, its HTTP API, its database."""
