"""Rules of authorization as Envoy's RBAC filters have them, for requests and for bytes alike."""
