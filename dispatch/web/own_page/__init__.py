"""The customers' own page at ``/me``: how one comes in, what it is made of, what it is told while it is open. Needs no NiceGUI."""
