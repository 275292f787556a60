"""The map that an operator brings, a PMTiles file, read tile by tile; knows nothing of who looks. Wants ``callahead[map]``."""
