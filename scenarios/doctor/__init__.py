"""``callahead doctor``: is this machine fit, and is this ledger sound?"""
