"""Connections of bytes that are open at proxies, and closing those that a change refuses."""
