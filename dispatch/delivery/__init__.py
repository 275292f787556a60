"""Carries out what was decided: to devices over links, to partners at their addresses by webhooks, and asks a geocoder."""
