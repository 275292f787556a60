"""Voice prints: is this the voice that a customer enrolled by telephone? Resemblyzer's weights, run in numpy.

``weights`` reads the model, ``spectrum`` and ``encoder`` make a voice into numbers, ``speech`` finds what is speech at all,
``check`` decides while somebody talks. Nothing here keeps sound. It needs the extra ``voice``.
"""
