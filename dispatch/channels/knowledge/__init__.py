"""Articles for agents: read from TOML, and looked up by words with SQLite's full-text search. Knows no call."""
