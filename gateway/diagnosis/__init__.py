"""Evidence to part, probability, severity and safe to drive. Knowledge stands in the TOML files beside the code."""
