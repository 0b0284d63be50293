"""Mesh-wide configuration in Istio's words."""
