"""TELLS STORIES: a simulated world of devices and people, on a virtual clock or on the wall's, and the scorecard."""
