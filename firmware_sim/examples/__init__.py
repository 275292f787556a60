"""Devices a vendor can read in a minute and copy: one file each, none of our code."""
