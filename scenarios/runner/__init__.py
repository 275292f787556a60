"""Plays a story, in virtual time or for real: the two ways to the service, and what is kept of a run."""
