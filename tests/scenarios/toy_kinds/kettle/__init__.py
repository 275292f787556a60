"""A toy kind of device: it boils, and its element fails."""
