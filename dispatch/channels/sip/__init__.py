"""Telephony over SIP: a process of its own speaks it, for a native library that fails must never take the service down."""
