"""Certificates that clients would not believe: of other hosts, too old, or of tomorrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from gossamer.compile.checks.subject import subject_of
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.fragment import Contribution
from gossamer.model.ids import EVERYWHERE
from gossamer.model.origin import Origin
from gossamer.model.traffic.gateway import GatewayListener
from gossamer.model.traffic.secret import Secret


def unfit_names(
    read: TrackedLookup, place: Origin, listener: GatewayListener, secrets: Iterable[str]
) -> Iterator[Finding]:
    """Each host of a TLS listener that none of its certificates is for."""
    names: set[str] = set()
    for secret in secrets:
        stored = read.lookup(tables.SECRETS, secret)
        names.update(stored[0].leaf.names if stored and stored[0].leaf else ())
    for host in dict.fromkeys(host for _, host in listener.hosts):
        if names and not any(_is_for(name, host) for name in names):
            yield Finding(
                place,
                f"no certificate of the listener {listener.name} is for {host}; they are for "
                f"{', '.join(sorted(names)[:5])}",
                f"clients that call {host} break off with a certificate error",
                f"Add a certificate for {host}, or serve a host that it is for",
                "certificate-mismatch",
                Severity.WARNING,
            )


def _is_for(name: str, host: str) -> bool:
    """Whether a certificate of this name serves a host, or some host of a wildcard."""
    if host in (EVERYWHERE, name):
        return True
    if host.startswith("*."):
        return name.endswith(host[1:])
    return name.startswith("*.") and host.partition(".")[2] == name[2:]


def lapsed(contributions: Iterable[Contribution], now: float) -> Iterator[Finding]:
    """Each TLS secret whose certificate does not hold at this time (Unix seconds)."""
    for each in sorted(contributions, key=lambda one: one.object):
        for secret in each.fragments:
            if isinstance(secret, Secret) and secret.leaf is not None:
                yield from _about(each, secret, now)


def _about(contribution: Contribution, secret: Secret, now: float) -> Iterator[Finding]:
    leaf = secret.leaf
    if leaf is None or leaf.since <= now <= leaf.until:
        return
    past = now > leaf.until
    day = datetime.fromtimestamp(leaf.until if past else leaf.since, UTC).strftime("%Y-%m-%d")
    when = f"expired on {day}" if past else f"is not valid before {day}"
    yield Finding(
        subject_of(contribution).at("data", "stringData"),
        f"the certificate of {secret.object} {when}",
        "clients break off with a certificate error",
        "Put a certificate that is valid today into the Secret, and its key",
        "certificate-lapsed",
        Severity.WARNING,
    )
