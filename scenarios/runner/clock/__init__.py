"""How the story's clock follows the wall's. Pure."""
