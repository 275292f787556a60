"""Banks and processors that carry payments, refuse them, and say why: exactly, discreetly or carelessly."""
