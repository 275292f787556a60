<<<<<<< HEAD
"""Labelled episodes for benchmarks: what devices send around one fault, and, apart from it, what really broke."""
=======
"""Labelled episodes for the benchmark: what a device sends of one breakdown, and apart from it what really broke."""
>>>>>>> simcar
