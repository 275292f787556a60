"""``callahead bench reasons``: how well it is known why customers turn to us, before they say it."""
