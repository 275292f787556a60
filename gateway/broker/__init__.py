"""The broker we start ourselves, as a process of its own."""
