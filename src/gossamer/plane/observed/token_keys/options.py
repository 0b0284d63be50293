"""What an operator says of fetching keys: how often, and where else it may be asked. Pure."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from datetime import timedelta

from gossamer.plane.observed.token_keys.addresses import Networks, networks_of

REFRESH_VARIABLE = "GOSSAMER_JWKS_REFRESH"
ALLOW_VARIABLE = "GOSSAMER_JWKS_ALLOW"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
_DURATION = re.compile(r"(\d{1,6})([smh])")


def add_key_options(parser: argparse.ArgumentParser, environ: Mapping[str, str]) -> None:
    """The options, with what the environment says as their defaults."""
    parser.add_argument(
        "--jwks-refresh",
        type=refresh_of,
        default=environ.get(REFRESH_VARIABLE, "5m"),
        help=f"how often keys of token issuers are fetched (${REFRESH_VARIABLE}; 5m)",
    )
    parser.add_argument(
        "--jwks-allow",
        type=allowed_of,
        default=environ.get(ALLOW_VARIABLE, ""),
        metavar="NETWORKS",
        help="networks, such as 10.1.0.0/16,fd00::/8, where they may be fetched beside the public "
        f"internet (${ALLOW_VARIABLE}; none)",
    )


def refresh_of(text: str) -> timedelta:
    """A time from 1s to 24h. Raises ArgumentTypeError."""
    parts = _DURATION.fullmatch(text)
    refresh = timedelta(**{_UNITS[parts[2]]: int(parts[1])}) if parts else timedelta()
    if not timedelta(seconds=1) <= refresh <= timedelta(hours=24):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time between 1s and 24h; write a number and s, m or h: 5m"
        )
    return refresh


def allowed_of(text: str) -> Networks:
    """The networks of a list. Raises ArgumentTypeError."""
    try:
        return networks_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{error}; write networks such as 10.1.0.0/16,fd00::/8"
        ) from None
