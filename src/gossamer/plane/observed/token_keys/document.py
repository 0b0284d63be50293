"""From a source to its key set: at its URL, or at the one that an OpenID configuration names."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlsplit

from gossamer.model.policies.workload.jwt import KeySource
from gossamer.model.workload.key_set import BadKeySet, KeySet, read_key_set
from gossamer.plane.observed.token_keys.fetch import FetchFailed

Ask = Callable[[str, timedelta], Awaitable[bytes]]


async def keys_at(source: KeySource, patience: timedelta, ask: Ask) -> KeySet:
    """The keys of a source as they are now. Raises FetchFailed."""
    url = source.url
    if source.discovered_for:
        url = _keys_url(source, await ask(url, patience))
    try:
        return read_key_set((await ask(url, patience)).decode(), secret=False)
    except UnicodeDecodeError:
        raise FetchFailed("its answer is not text") from None
    except BadKeySet as error:
        raise FetchFailed(f"its answer is not a usable key set: {error}") from None


def _keys_url(source: KeySource, raw: bytes) -> str:
    """The `jwks_uri` of an OpenID configuration, which has to be the issuer's own."""
    try:
        configuration = json.loads(raw)
        issuer, url = configuration["issuer"], configuration["jwks_uri"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FetchFailed("its OpenID configuration cannot be read") from None
    if issuer != source.discovered_for:
        raise FetchFailed(f"its OpenID configuration is for another issuer, {str(issuer)[:80]!r}")
    wanted = ("https",) if source.url.startswith("https:") else ("https", "http")
    if not isinstance(url, str) or not _may_be_asked(url, wanted):
        raise FetchFailed("its OpenID configuration names no URL for keys that may be asked")
    return url


def _may_be_asked(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        known = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return (
        known and "@" not in parts.netloc and url.isascii() and url.isprintable() and " " not in url
    )
