"""Fixtures of this folder; what they do is in running_mesh."""

from running_mesh import authority, start

__all__ = ["authority", "start"]
