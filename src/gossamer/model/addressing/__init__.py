"""Addresses of the mesh: whose they are, how hosts get them, and ranges as text."""
