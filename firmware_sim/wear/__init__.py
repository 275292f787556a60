"""How whatever a body is made of fails over time, and the dice for it: the same for every kind. It knows no kind."""
