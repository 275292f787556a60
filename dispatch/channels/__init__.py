"""Doors on which customers are written to and write to us, one folder for each technology. They decide nothing."""
