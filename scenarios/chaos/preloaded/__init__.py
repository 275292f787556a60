"""What the service of a campaign finds on its PYTHONPATH."""
