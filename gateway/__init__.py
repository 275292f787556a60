"""HEARS: bytes in, findings out. Imports nothing else of ours."""
