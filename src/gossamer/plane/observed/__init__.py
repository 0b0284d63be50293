"""Observed facts: where they come from, and how long they hold."""
