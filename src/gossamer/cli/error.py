"""What a command tells a person when it cannot do what was asked."""

from __future__ import annotations


class CliError(Exception):
    """Who, what, effect, remedy; printed to standard error, exit status 1."""
