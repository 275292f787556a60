"""What a ledger and the world's truth say of a run: the scorecard. Reads, never plays."""
