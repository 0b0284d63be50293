"""Istio's Telemetry: what is written and counted of calls."""
