"""How a washing machine washes and fails: water, heat, drum, the controller that watches them, and what can break."""
