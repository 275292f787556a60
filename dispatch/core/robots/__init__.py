"""Robots: simple wishes that customers write of, answered by one table of transitions each, or handed over. Knows no door."""
