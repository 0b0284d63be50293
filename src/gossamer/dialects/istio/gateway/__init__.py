"""Istio's Gateway, one file a stanza."""
