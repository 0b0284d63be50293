"""Route configurations, virtual hosts and their routes."""
