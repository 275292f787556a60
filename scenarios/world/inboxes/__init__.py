"""Where the world's customers are written to: an SMS centre, a mail server, a push service, a social platform, on loopback.

Each holds what customers were sent and sends what they answer, over the real protocol. They know the service as a provider does.
"""
