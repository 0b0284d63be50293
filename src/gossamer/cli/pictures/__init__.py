"""What commands draw on a terminal: the demo, traffic, edges."""
