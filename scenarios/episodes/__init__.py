"""Labelled episodes for the benchmark: what a device sends of one breakdown, and apart from it what really broke."""
