"""What a vendor may send and will receive: the published v1 contract. Pure: bytes and models, no clock, no network."""
