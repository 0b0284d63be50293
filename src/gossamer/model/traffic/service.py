"""Services: a host, its ports and addresses, and the endpoints behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gossamer.model.ids import EVERYWHERE
from gossamer.model.origin import ObjectRef
from gossamer.model.workload.labels import Labels


class Protocol(StrEnum):
    """What is spoken on a port, as appProtocol or the port's name says."""

    HTTP = "HTTP"
    HTTP2 = "HTTP2"
    GRPC = "GRPC"
    HTTPS = "HTTPS"
    TLS = "TLS"
    TCP = "TCP"
    UDP = "UDP"
    UNDECLARED = "undeclared"  # nobody said: proxies look at each connection's first bytes

    @property
    def is_http(self) -> bool:
        """Whether Envoy reads requests on it (so not HTTPS, which it carries as bytes)."""
        return self in (Protocol.HTTP, Protocol.HTTP2, Protocol.GRPC)

    @property
    def may_be_http(self) -> bool:
        """Whether Envoy reads requests on it, if they are some."""
        return self.is_http or self is Protocol.UNDECLARED

    @property
    def is_http2(self) -> bool:
        """Whether upstreams are spoken to in HTTP/2."""
        return self in (Protocol.HTTP2, Protocol.GRPC)


class Resolution(StrEnum):
    """Where a service's endpoints come from."""

    ENDPOINTS = "endpoints"  # pods and static addresses, sent by EDS
    DNS = "dns"  # names that the proxy resolves
    PASSTHROUGH = "passthrough"  # wherever the caller was going


@dataclass(frozen=True, slots=True)
class ServicePort:
    """One port: the number that callers use, and the target (number or name) behind it."""

    number: int
    name: str
    protocol: Protocol
    target: int | str


@dataclass(frozen=True, slots=True)
class Service:
    """A host that can be called.

    `addresses` are virtual addresses, declared or given by `assemble`; none for headless.
    `selector` picks the pods of `namespace` behind it, None where endpoints are declared.
    `export_to` are the namespaces that may see it; `*` is all of them. `alias` is the other
    name that an ExternalName service stands for. `labels` are the declaring object's own, and
    `also` the other objects that are one service with it (see `merged_services`).
    """

    object: ObjectRef
    host: str
    namespace: str
    ports: tuple[ServicePort, ...]
    addresses: tuple[str, ...] = ()
    selector: Labels | None = None
    resolution: Resolution = Resolution.ENDPOINTS
    external: bool = False
    headless: bool = False
    publish_not_ready: bool = False
    export_to: tuple[str, ...] = (EVERYWHERE,)
    subject_alt_names: tuple[str, ...] = ()
    alias: str = ""
    labels: Labels = ()
    also: tuple[ObjectRef, ...] = ()

    @property
    def objects(self) -> tuple[ObjectRef, ...]:
        """Every object that declares it, the strongest first."""
        return (self.object, *self.also)

    def port(self, number: int) -> ServicePort | None:
        """The port of that number that proxies carry, if there is one: UDP goes past them."""
        ports = (port for port in self.ports if port.number == number)
        return next((port for port in ports if port.protocol is not Protocol.UDP), None)

    def visible_in(self, namespace: str) -> bool:
        """Whether workloads of that namespace may see it."""
        return EVERYWHERE in self.export_to or namespace in self.export_to


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address behind a service.

    `address` is an IP, or a DNS name where the service resolves by DNS. `ports` maps the
    service's port number to the number dialled; `named_ports` say it by the service port's name
    until `endpoints_of` has joined them. `pod` is `NS/POD` where it is a pod's, `mtls` whether it
    speaks mesh mTLS, save on `plain_ports` (as dialled); `locality` is `region/zone/subzone`.
    """

    address: str
    ports: tuple[tuple[int, int], ...]
    labels: Labels = ()
    pod: str | None = None
    workload: str | None = None
    service_account: str | None = None
    mtls: bool = False
    locality: str = ""
    weight: int = 1
    named_ports: tuple[tuple[str, int], ...] = ()
    plain_ports: tuple[int, ...] = ()

    def port(self, number: int) -> int | None:
        """The port dialled for a service port; None where this endpoint doesn't serve it."""
        return dict(self.ports).get(number)


@dataclass(frozen=True, slots=True)
class DeclaredEndpoints:
    """Endpoints that an author wrote down for a host: EndpointSlice, Endpoints, ServiceEntry."""

    object: ObjectRef
    host: str
    endpoints: tuple[Endpoint, ...]
