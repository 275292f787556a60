"""PRETENDS TO BE DEVICES of every kind, which know only the public contract. No clock, no dice."""
