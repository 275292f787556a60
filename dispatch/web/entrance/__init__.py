"""Where people come in: the log-in page, links, and logging out. Plain pages that need no script."""
