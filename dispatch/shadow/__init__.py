"""The process of another policy: it reads the ledger beside the process that decides, and says what it would do."""
