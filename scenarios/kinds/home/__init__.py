"""Homes with their heating, water and meter: sound ones tell how they do, others what they complain about."""
