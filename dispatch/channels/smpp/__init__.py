"""SMS by SMPP 3.4: we are bound to a provider's SMS centre as a transceiver."""
