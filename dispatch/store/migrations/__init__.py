"""How older stores are brought up to date, by Alembic; one file a version."""
