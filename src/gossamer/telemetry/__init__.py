"""Counts per edge: read from proxies, kept as totals, reported to the plane and to Prometheus."""
