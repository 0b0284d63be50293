"""Exchanging the root of a mesh while it runs: who signs when, and whom peers believe."""
