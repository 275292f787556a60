"""The bank: payments and collections as ISO 20022 files, and what it says of them."""
