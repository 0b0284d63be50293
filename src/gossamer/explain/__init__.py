"""What Envoy would do with a call, told by walking the very config that Envoy runs."""
