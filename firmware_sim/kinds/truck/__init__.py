"""A tow truck's tablet."""
