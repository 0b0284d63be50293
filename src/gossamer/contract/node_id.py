"""How a proxy names itself: its node is `POD.NAMESPACE` of the cluster `WORKLOAD.NAMESPACE`."""

from __future__ import annotations


def node_id(pod: str) -> str:
    """The node id of a pod's proxy, by the pod's `NAMESPACE/NAME`."""
    return _dotted(pod)


def node_cluster(workload: str) -> str:
    """The node cluster of a workload's proxies, by the workload's `NAMESPACE/NAME`."""
    return _dotted(workload)


def parse_node_id(text: str) -> str | None:
    """The pod `NAMESPACE/NAME`; None for any other text.

    A pod's name may have dots; a namespace has none.
    """
    name, _, namespace = text.rpartition(".")
    return f"{namespace}/{name}" if name and namespace and "/" not in text else None


def _dotted(key: str) -> str:
    namespace, _, name = key.partition("/")
    return f"{name}.{namespace}"
