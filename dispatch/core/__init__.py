"""DECIDES: events and the time in, actions out. Knows findings and nothing else of the gateway. Pure."""
