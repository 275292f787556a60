"""A device's end of a Bluetooth LE link, and what goes wrong on it. No radio here."""
