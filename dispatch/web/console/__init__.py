"""The console: what dispatch staff watch."""
