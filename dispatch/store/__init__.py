"""What the journal is kept in: tables, SQLite or PostgreSQL, who owns the store, and how an older one is brought up to date."""
