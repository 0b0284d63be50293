"""Supervision of other programs: start, restart with back-off, end, and the record of who runs."""
