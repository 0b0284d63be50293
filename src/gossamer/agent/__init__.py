"""One per host: keys, configuration and life of every Envoy on it."""
