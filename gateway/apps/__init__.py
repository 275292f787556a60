"""What a customer does in an app: who fights with a flow is recognised while it happens, and why. Pure, and no kind of device."""
