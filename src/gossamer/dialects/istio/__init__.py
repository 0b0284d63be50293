"""Istio's networking and security kinds, one file per stanza or kind."""
