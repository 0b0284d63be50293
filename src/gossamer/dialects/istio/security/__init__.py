"""Istio's security resources."""
