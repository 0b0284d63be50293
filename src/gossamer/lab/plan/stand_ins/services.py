"""The Services of a lab's documents, found by the names under which manifests speak of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from gossamer.dialects.values.protocol import protocol_of, protocol_of_name, protocol_of_port
from gossamer.lab.plan.documents import LabDocument, LabDocuments, Stanza
from gossamer.model.traffic.service import Protocol

DOMAIN = "svc.cluster.local"


@dataclass(frozen=True, slots=True)
class KnownPort:
    """A port of a Service, with the protocol that the mesh reads from it."""

    number: int
    protocol: Protocol
    name: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class KnownService:
    """A Service as its document has it; `selector` is empty where it picks no pods."""

    namespace: str
    name: str
    ports: tuple[KnownPort, ...]
    selector: Mapping[str, str]
    headless: bool = False

    @property
    def host(self) -> str:
        """Its whole name."""
        return f"{self.name}.{self.namespace}.{DOMAIN}"

    def port(self, number: int) -> KnownPort | None:
        """The port of that number."""
        return next((port for port in self.ports if port.number == number), None)

    def picks(self, labels: Mapping[str, str]) -> bool:
        """Whether a pod of its namespace with these labels is behind it."""
        return bool(self.selector) and self.selector.items() <= labels.items()


@dataclass(frozen=True, slots=True)
class NamedService:
    """A Service that a name means, and the name by which to dial it."""

    service: KnownService
    host: str


class ServiceTable:
    """All Services of the documents."""

    def __init__(self, documents: LabDocuments) -> None:
        read = (_service(document) for document in documents.of("Service"))
        self._by_host = {service.host: service for service in read if service is not None}
        self._by_namespace: dict[str, list[KnownService]] = {}
        for service in self._by_host.values():
            self._by_namespace.setdefault(service.namespace, []).append(service)

    def behind(self, namespace: str, labels: Mapping[str, str]) -> tuple[KnownService, ...]:
        """Those that a pod with these labels is behind."""
        beside = self._by_namespace.get(namespace, ())
        return tuple(service for service in beside if service.picks(labels))

    def find(self, name: str, namespace: str) -> NamedService | None:
        """What a pod of `namespace` means by `name`; None for all that is no Service here."""
        name = name.lower().rstrip(".")
        for host in _hosts(name, namespace):
            if service := self._by_host.get(host):
                return NamedService(service, host)
        pod, _, rest = name.partition(".")
        for host in _hosts(rest, namespace) if rest else ():
            service = self._by_host.get(host)
            if service is not None and service.headless:
                return NamedService(service, f"{pod}.{host}")
        return None


_TABLES: WeakKeyDictionary[LabDocuments, ServiceTable] = WeakKeyDictionary()


def services_of(documents: LabDocuments) -> ServiceTable:
    """The table of these documents, made once for all pods."""
    table = _TABLES.get(documents)
    if table is None:
        table = _TABLES[documents] = ServiceTable(documents)
    return table


def _hosts(name: str, namespace: str) -> Iterator[str]:
    """As the search list of a pod has it: `web`, `web.shop`, `web.shop.svc`, the whole name."""
    labels = name.count(".")
    if labels == 0:
        yield f"{name}.{namespace}.{DOMAIN}"
    elif labels == 1:
        yield f"{name}.{DOMAIN}"
    elif labels == 2 and name.endswith(".svc"):
        yield f"{name}.cluster.local"
    else:
        yield name


def _service(document: LabDocument) -> KnownService | None:
    spec = document.root.child("spec")
    if spec.text("type") == "ExternalName":
        return None
    return KnownService(
        document.namespace,
        document.name,
        tuple(_port(port) for port in spec.children("ports") if port.number("port", 0)),
        spec.pairs("selector"),
        spec.text("clusterIP") == "None",
    )


def _port(port: Stanza) -> KnownPort:
    number, name = port.number("port", 0), port.text("name")
    target = port.text("targetPort") or str(number)
    if port.text("protocol", "TCP") == "UDP":
        return KnownPort(number, Protocol.UDP, name, target)
    declared = port.text("appProtocol")
    protocol = protocol_of(declared) if declared else protocol_of_name(name)
    return KnownPort(number, protocol or protocol_of_port(number), name, target)
