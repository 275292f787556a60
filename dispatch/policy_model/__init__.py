"""Policies as files say them: durations, bounds, and a message for each mistake. Pure."""
