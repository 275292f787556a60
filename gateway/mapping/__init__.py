"""A vendor's own topics and fields, mapped to the contract by a TOML file. Pure: no clock, no network.

Read in this order: ``obd_dongle.toml`` → ``rules`` (what a file may say) → ``document`` (what a message says) →
``fields`` (one value) → ``translate`` (message to contract messages). What comes out takes the path of every other message.
"""
