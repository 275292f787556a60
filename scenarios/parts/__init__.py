"""What can break, and what the world knows of it."""
