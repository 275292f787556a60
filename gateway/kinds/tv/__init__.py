"""Television sets: picture, power, network, aerial, storage, and the apps on them. Pure."""
