"""How original images read their arguments: addresses and durations."""
