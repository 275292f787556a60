"""Homes that pay, and what goes wrong in a few of them: how much of it the desk finds, and how often it asks about nothing.

The homes are drawn by people's lives, and know nothing of how the desk looks at payments: trips, guests, seasons, a new job, prices
that rise by a few percent, a monthly big shop; places as phones and cars measure them, or untold. What goes wrong is drawn on top.
"""
