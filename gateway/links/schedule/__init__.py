"""Whose turn it is on a link that holds a few connections, and who is there without a last will. Pure."""
