"""YAML text to plain values, each with its line."""
