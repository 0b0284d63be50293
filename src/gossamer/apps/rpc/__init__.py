"""gRPC without a gRPC library: h2 carries it, and a process stays at 30 MB."""
