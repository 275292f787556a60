"""What customers' own words are taken for: beginnings of words by meaning and language, read from the TOML files here. Pure."""
