"""Cars: trouble codes, readings, what the driver tells. Pure."""
