"""Counts per edge: read from proxies, kept as totals, told to the plane and to Prometheus."""
