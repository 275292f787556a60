"""The HTTP API, a file for each thing one may ask for or tell."""
