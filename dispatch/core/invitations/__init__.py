"""Who struggles with an app, is invited to talk, and what they answer. Knows no door."""
