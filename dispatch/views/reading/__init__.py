"""Reads the ledger into cases, calls and trucks as they stand, a file for each subject; knows ``case_view`` and the ledger."""
