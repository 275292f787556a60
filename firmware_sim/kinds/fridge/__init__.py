"""How a fridge cools and fails: heat, compressor, frost, the controller that watches them, and what can break."""
