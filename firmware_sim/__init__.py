"""Pretends to be devices: cars, fridges, phones and trucks that know only the public contract. No clock, no dice."""
