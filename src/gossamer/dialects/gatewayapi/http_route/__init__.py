"""HTTPRoute, one file a filter or match."""
