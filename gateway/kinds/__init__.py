"""Kinds of devices, one folder each, with the same files in every one: whoever has read one has read all. Pure."""
