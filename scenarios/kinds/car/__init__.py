"""Cars and their drivers: parked, driven, broken down, mended."""
