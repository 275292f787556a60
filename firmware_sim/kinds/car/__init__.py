"""A car's body: physics that wear and break, control units that watch it, and a driver who notices. No clock; dice are given.

Codes are never attached to a broken part: a part changes physical quantities, control units measure these, badly, and
store what their self-tests find. Values are workshop practice and textbook physics; those marked [fit] are our judgement.
"""
