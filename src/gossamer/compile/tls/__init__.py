"""TLS on both sides of a proxy: contexts, secrets, and what a workload accepts."""
