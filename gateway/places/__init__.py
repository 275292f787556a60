"""Where a device is, and what a person calls that place. Pure; place names come from an index that is shipped."""
