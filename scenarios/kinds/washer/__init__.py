"""Washing machines at home: a household that washes, a machine that fails, and who notices it."""
