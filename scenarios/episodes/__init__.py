"""What devices send around one fault, for benchmarks and chaos, and, apart from it, what really broke."""
