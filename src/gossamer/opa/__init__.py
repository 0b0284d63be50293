"""Open policy beside the proxies: Rego that the plane pushed, asked by Envoy for each call."""
