"""Annotations and labels by which objects talk to a mesh."""
