"""Gossamer: a service mesh whose control plane is Python and whose data plane is Envoy."""
