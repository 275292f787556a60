"""Households: one customer with a device of each of several kinds."""
