"""How well articles are found by what customers say."""
