"""How a home is heated, gets its water and is metered, and what can break."""
