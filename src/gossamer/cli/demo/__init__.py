"""The demo: its steps and its load."""
