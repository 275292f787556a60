"""The journal and its registers, one small class each, on SQLite or PostgreSQL; who owns the store; how old ones are migrated."""
