"""What links hand over, how a connection stands, and which link a message of ours takes. Pure."""
