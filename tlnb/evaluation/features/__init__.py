"""What a network's features hold: what a linear classifier reads from them, how they drift, how they lie in a plane."""
