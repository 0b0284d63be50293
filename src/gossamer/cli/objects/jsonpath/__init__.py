"""kubectl's dialect of JSONPath: `{.items[*].metadata.name}`, with ranges and filters.

No library for Python reads it: what they call JSONPath is RFC 9535, which has neither templates
nor escaped dots.
"""
