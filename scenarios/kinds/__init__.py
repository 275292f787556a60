"""Kinds of devices in the world, one folder each: who acts with it, what breaks, one episode for the diagnosis."""
