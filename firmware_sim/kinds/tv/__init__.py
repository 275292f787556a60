"""How a television set plays and fails: picture, power, heat, network, aerial, storage, and what can break."""
