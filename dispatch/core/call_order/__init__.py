"""Which call is placed next: how likely customers are to phone, and what a call now is worth. Knows cases; queues nothing."""
