"""Whom a person means as the end of a call: workload, pod, service account, service, outside.

The names are made whole here (`NAMESPACE/NAME`, `sa/NAMESPACE/NAME`, `svc/NAMESPACE/NAME`); whether
there is such a one is known where the mesh is.
"""

from __future__ import annotations

import click

from gossamer.cli.lab_access.pods import PODS, SERVICES, WORKLOADS

OUTSIDE = "outside"
ACCOUNTS = ("sa", "serviceaccount", "serviceaccounts")


def party_name(name: str, namespace: str) -> str:
    """NAME, NAMESPACE/NAME, deploy/NAME, pod/NAME, svc/NAME, sa/NAME (the last two with a namespace
    between, if it is another one), or `outside`."""
    if name == OUTSIDE:
        return name
    kind, slash, rest = name.partition("/")
    if not name or (slash and not rest) or name.count("/") > 2:
        raise click.UsageError(
            f"{name!r} names nobody; write NAMESPACE/NAME, deploy/NAME, sa/NS/NAME"
        )
    if slash and kind in (*WORKLOADS, *PODS):
        return _within(rest, namespace)
    if slash and kind in SERVICES:
        return f"svc/{_within(rest, namespace)}"
    if slash and kind in ACCOUNTS:
        return f"sa/{_within(rest, namespace)}"
    return _within(name, namespace)


def _within(name: str, namespace: str) -> str:
    if name.count("/") > 1:
        raise click.UsageError(f"{name!r} is no name; write NAMESPACE/NAME")
    return name if "/" in name else f"{namespace}/{name}"
