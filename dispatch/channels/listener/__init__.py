"""Hears what a customer says: by captions, or by a recogniser that an operator brings. Words stay in memory."""
