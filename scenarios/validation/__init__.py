"""Stories whose answers are known: the world and the desk, held against formulas that others have proved."""
