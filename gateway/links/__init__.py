"""The doors devices come in by, one file for each technology. All of them hand over ``Delivery``."""
