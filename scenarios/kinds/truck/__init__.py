"""Tow trucks and their crews."""
