"""Another policy beside the one that decides: what it would do at each decision, from how everything stood. Pure."""
