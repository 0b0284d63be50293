"""Words that a shell may complete: live names of a running lab. What fails completes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import click

from gossamer.cli.lab_access.labs import plane_client
from gossamer.cli.lab_access.pods import PODS, SERVICES
from gossamer.cli.objects.kinds import ALL, KINDS, kinds_of
from gossamer.lab.home import LabFolder, state_home
from gossamer.process.json_lines.ask import ask_process

QUICK_S = 2.0
"""A person who pressed Tab waits no longer for a lab."""

_SCALED = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds", "Job": "job"}

Names = Callable[[click.Context, str], Iterator[str]]


def completed(source: Names, ctx: click.Context, begun: str) -> list[str]:
    """The words of a source that go on as was begun."""
    try:
        return sorted({name for name in source(ctx, begun) if name.startswith(begun)})
    except Exception:
        return []  # a person types on: a message would be written into the command line


def labs(_: click.Context, __: str) -> Iterator[str]:
    yield from (folder.name for folder in (state_home(os.environ) / "labs").iterdir())


def namespaces(ctx: click.Context, _: str) -> Iterator[str]:
    yield "default"
    yield from (pod["namespace"] for pod in _pods(ctx))
    yield from (each["namespace"] for each in _documents(ctx) if each["namespace"])
    yield from (each["name"] for each in _documents(ctx) if each["kind"] == "Namespace")


def pods(ctx: click.Context, begun: str) -> Iterator[str]:
    """POD, deploy/NAME and its siblings, svc/NAME; NAMESPACE/POD once a namespace is begun."""
    home = _namespace(ctx)
    for pod in _pods(ctx):
        if pod["namespace"] == home:
            yield pod["name"]
            if pod["kind"] in _SCALED:
                yield f"{_SCALED[pod['kind']]}/{pod['workload']}"
        if "/" in begun:
            yield f"{pod['namespace']}/{pod['name']}"
    if begun.partition("/")[0] in SERVICES:
        yield from (f"svc/{name}" for name in _names(ctx, "Service"))


def workloads(ctx: click.Context, _: str) -> Iterator[str]:
    """deploy/NAME and its siblings, those of no pods as well."""
    for kind, short in _SCALED.items():
        yield from (f"{short}/{name}" for name in _names(ctx, kind))


def objects(ctx: click.Context, begun: str) -> Iterator[str]:
    """A kind, then names of it; or KIND/NAME."""
    words = ctx.params.get("words") or ctx.params.get("kind") or ()
    words = (words,) if isinstance(words, str) else words
    if "/" in begun:
        kind = begun.partition("/")[0]
        yield from (f"{kind}/{name}" for name in _named(ctx, kind))
    elif not words:
        before, comma, _ = begun.rpartition(",")
        yield from (f"{before}{comma}{kind.plural}" for kind in KINDS)
        yield ALL
    else:
        yield from _named(ctx, words[0])


def _named(ctx: click.Context, kind_name: str) -> Iterator[str]:
    for kind in kinds_of(kind_name):
        if kind.name in ("Pod", "Namespace"):
            yield from _running(ctx, kind_name)
        else:
            yield from _names(ctx, kind.name)


def _running(ctx: click.Context, kind_name: str) -> Iterator[str]:
    if kind_name.lower() in PODS:
        yield from (p["name"] for p in _pods(ctx) if p["namespace"] == _namespace(ctx))
    else:
        yield from namespaces(ctx, "")


def _names(ctx: click.Context, kind: str) -> Iterator[str]:
    home = _namespace(ctx)
    for each in _documents(ctx, kind):
        if each["namespace"] in (home, ""):
            yield each["name"]


def _namespace(ctx: click.Context) -> str:
    return ctx.params.get("namespace") or "default"


def _lab(ctx: click.Context) -> LabFolder:
    folder = ctx.params.get("lab")
    if isinstance(folder, LabFolder):
        return folder
    return LabFolder.of(state_home(os.environ), "default")


def _pods(ctx: click.Context) -> list[Any]:
    return list(ask_process(_lab(ctx).holder_socket, {"op": "pods"}, QUICK_S)["pods"])


def _documents(ctx: click.Context, kind: str | None = None) -> list[Any]:
    lab = _lab(ctx)
    return list(plane_client(lab, QUICK_S).documents(kind)["documents"])
