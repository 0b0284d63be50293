"""Listeners and what stands in them: chains, connection managers, logs."""
