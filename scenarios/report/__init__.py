"""A run or a live service's ledger as one page: scorecard, pictures, the worst cases, and the parameters with their sources."""
