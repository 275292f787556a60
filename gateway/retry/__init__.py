"""How long to wait before something that failed is tried again. Pure; knows nobody."""
