"""A whole mesh on one machine: a small world of namespaces, real Envoys, local processes."""
