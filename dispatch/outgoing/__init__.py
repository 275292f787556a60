"""What leaves and in which words: commands to devices, messages to partners, the outbox. Pure."""
