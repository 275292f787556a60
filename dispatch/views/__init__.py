"""What people read, told from the ledger: cases, the brief of a call, timelines, counters, health. Pure."""
