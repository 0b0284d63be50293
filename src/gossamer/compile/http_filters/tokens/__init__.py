"""Checking the tokens that requests carry."""
