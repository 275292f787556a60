"""The lines simulated devices speak on. Only here does the package touch a network."""
