"""The command line ``callahead``: which commands there are, and how each is found when somebody asks for it."""

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
"""Exit codes: something that was expected does not hold; what was given cannot be worked with; Ctrl-C."""
