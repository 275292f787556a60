"""What each row of a ledger means for a desk that did not decide it, a file for each subject; knows ``dispatch.core`` and rows."""
