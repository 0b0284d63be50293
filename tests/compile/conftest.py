"""Fixtures of this folder; what they do is in running_mesh."""

from tests.compile.running_mesh import authority, start

__all__ = ["authority", "start"]
