"""The SPIFFE Workload API: identity for applications that do their own TLS."""
