"""One request against a virtual host's routes, and what the chosen route does."""
