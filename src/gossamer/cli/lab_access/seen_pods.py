"""Pods as the control plane shows them to whoever holds a token: those of their namespaces."""

from __future__ import annotations

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.pods import PODS, WORKLOADS
from gossamer.lab.home import LabFolder


def seen_pod(lab: LabFolder, name: str, namespace: str) -> str:
    """`NAMESPACE/POD` of POD, NAMESPACE/POD or deploy/NAME among the proxies that are shown."""
    proxies = plane_of(lab).status()["proxies"]
    kind, slash, rest = name.partition("/")
    if slash and kind in WORKLOADS:
        keys = [p["pod"] for p in proxies if _workload(p) == f"{namespace}/{rest}"]
    elif slash and kind not in PODS:
        keys = [name]
    else:
        keys = [f"{namespace}/{rest if slash else name}"]
    if not keys:
        raise CliError(
            f"there is no proxy of {name!r} in namespace {namespace!r} that this token shows, so "
            "nothing was asked; `gossamer status` lists those that it does"
        )
    return str(min(keys))


def _workload(proxy: dict[str, str]) -> str:
    namespace = proxy["pod"].partition("/")[0]
    return f"{namespace}/{str(proxy['workload']).rpartition('/')[2]}"
