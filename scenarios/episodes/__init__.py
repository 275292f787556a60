"""Labelled episodes for benchmarks: what devices send around one fault, and, apart from it, what really broke."""
