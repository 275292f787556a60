"""Benchmarks of the live service: real processes, measured by what their neighbours see."""
