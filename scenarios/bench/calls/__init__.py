"""``callahead bench calls``: the index against the exact optimum, and both orders of calls on a busy morning."""
