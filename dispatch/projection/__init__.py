"""The process that shows: it reads the ledger beside the process that decides, and says once a second what changed."""
