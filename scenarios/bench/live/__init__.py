"""``callahead bench live``: broker, service and an open-loop load of thousands of connections, each a process of its own."""
