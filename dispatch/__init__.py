"""DECIDES AND ACTS: findings in, help and calls out."""
