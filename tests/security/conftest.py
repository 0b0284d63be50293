"""Fixtures of this folder: real Envoys, as tests/compile runs them."""

from tests.compile.running_mesh import authority, start

__all__ = ["authority", "start"]
