"""One conversation per customer, over all channels: what may be said where, what was said, what they answered. Knows no door."""
