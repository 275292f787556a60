"""``callahead bench dispatch``: plans against first come, nearest pair and the exact optimum in hindsight."""
