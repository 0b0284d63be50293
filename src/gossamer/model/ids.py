"""Names of places in the mesh: tables, and keys that a compiler reads and a change touches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

CLUSTER_DOMAIN = "cluster.local"
ROOT_NAMESPACE = "istio-system"
EVERYWHERE = "*"
WIDE = "*."  # where patterns are kept that cover hosts of several namespaces
SYSTEM = "system"  # what the host has of its own, such as the roots that it trusts


class Key(NamedTuple):
    """One fact of the mesh: a table and a name in it. What is read and what is touched."""

    table: str
    name: str


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """A table of the mesh, whose facts hold a T."""

    name: str

    def key(self, name: str) -> Key:
        """The fact of that name in this table."""
        return Key(self.name, name)


class Dialect(StrEnum):
    """The family of resources that an intent was written in, strongest first."""

    GATEWAY_API = "gateway-api"
    ISTIO = "istio"
    SMI = "smi"

    @property
    def rank(self) -> int:
        """0 wins over 1 where two dialects speak of one host and port."""
        return list(Dialect).index(self)


def service_host(name: str, namespace: str) -> str:
    """The DNS name of a Kubernetes Service, its identity everywhere in the mesh."""
    return f"{name}.{namespace}.svc.{CLUSTER_DOMAIN}"


def expand_host(host: str, namespace: str) -> str:
    """The full name of a host as an author in `namespace` wrote it, by Istio's rule.

    A name without a dot is a service of the author's namespace; any other is taken as it is,
    lower-cased. `*` and wildcards stay.
    """
    host = host.lower()
    if "." in host or "*" in host:
        return host
    return service_host(host, namespace)


def gateway_id(dialect: Dialect, namespace: str, name: str) -> str:
    """One name for a gateway of either dialect, such as `istio:default/bookinfo-gateway`."""
    return f"{dialect.value}:{namespace}/{name}"
