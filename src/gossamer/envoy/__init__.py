"""The data plane's process: find Envoy, give it a bootstrap, start it, ask it, drain it."""
