"""Who is who: customers and partners, as read from the store. Pure."""
