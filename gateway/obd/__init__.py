"""On-board diagnostics as an ELM327 tells them: from its text to the contract's events. Pure: text in, events out."""
