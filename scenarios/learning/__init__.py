"""What a ledger teaches: models that a desk may adopt. Knows ledgers; plays nothing and decides nothing."""
