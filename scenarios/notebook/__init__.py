"""What ``import scenarios`` gives a notebook: play, compare, open what was recorded, and read it as tables."""
