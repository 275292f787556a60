"""Kinds of devices, one folder each: the device as its maker built it, its body, and how that fails."""
