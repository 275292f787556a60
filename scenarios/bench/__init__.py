"""``callahead bench NAME``: what the parts of Callahead are worth, measured."""
