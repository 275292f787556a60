"""E-mail: ours go out by a mail server of the operator's, customers' come in by SMTP from it."""
