"""Fixtures of this folder; what they do is in running_envoy."""

from tests.envoy.running_envoy import start

__all__ = ["start"]
