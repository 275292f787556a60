"""A phone, and what it forwards for a car."""
