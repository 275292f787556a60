"""Hears what a customer says: captions as they come, or a recogniser that an operator brings. Words stay in memory. Knows no call."""
