"""Online Boutique: its nine gRPC services, its frontend and its load generator."""
