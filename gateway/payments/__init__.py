"""Payments of any device: why one fails, and whether it is this customer's problem, their bank's, or everybody's. Pure."""
