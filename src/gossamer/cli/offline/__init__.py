"""Answers out of files alone, without a running mesh."""
