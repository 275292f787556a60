"""Money without hands: mandates and their periods, exemptions, the books, and how each payment stands. No clock, no door. Pure."""
