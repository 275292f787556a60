"""Carries out what was decided: to devices over links, to partners by webhooks, and asks a geocoder."""
