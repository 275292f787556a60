"""Homes: heating, water and meter, as the home's controller tells of them. Pure."""
