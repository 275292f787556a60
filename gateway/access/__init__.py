"""Who may connect, and to what: rights, credentials, certificates, and the files that tell brokers of them. Knows no broker."""
