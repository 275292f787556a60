"""Processes that take the routine statuses of devices lent to them. They keep nothing: store and desk are the service's alone."""
