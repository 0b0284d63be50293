"""What each policy does to a route, one file a feature."""
