"""Clusters, by what they stand for."""
