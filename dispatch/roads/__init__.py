"""Roads: a city's ways as a graph, how long one drives on them, who is where on them. Of the core it knows policy and travel alone.

Made once from OpenStreetMap (``reading``, ``network``), kept in a file (``file``), asked while trucks drive (``times``).
numpy and scipy come with ``callahead[plan]``; nothing here is imported where nobody chose roads.
"""
