"""What authorization filters decide about a call: the filters that Envoy runs, evaluated."""
