"""Plays hostile inputs, seeded, against a service and its readers of files: none may crash, stall or fill it."""
