"""Checks of who may call, by what proof: modes of mutual TLS, authorization, authorizers."""
