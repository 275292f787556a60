"""The ledger's rows, the pipeline that writes them, replay and audit. Pure."""
