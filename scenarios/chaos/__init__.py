"""The fault campaign: a real broker, a real service and devices, and everything that can happen to them, seeded."""
