"""What all devices share: identity, memory, a store for events, a receiver for positions. No clock, no network."""
