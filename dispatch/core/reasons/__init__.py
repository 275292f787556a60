"""Why somebody turns to us: what is likely by what the desk knows, before they say it; what agents say it was. Pure."""
