"""The variables that Kubernetes sets in each container for the Services of its namespace.

`REDIS_SERVICE_HOST`, `REDIS_SERVICE_PORT`, `REDIS_SERVICE_PORT_NAME`, and those of Docker's links,
`REDIS_PORT`, `REDIS_PORT_6379_TCP` and its parts. A pod's own variables go before them. Not set is
KUBERNETES_SERVICE_HOST: programs take it for an API server, which a lab does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.model.ids import service_host


def linked_hosts(documents: LabDocuments, namespace: str) -> tuple[str, ...]:
    """The hosts whose addresses these variables need."""
    return tuple(service_host(each.name, namespace) for each in _linked(documents, namespace))


def service_links(
    documents: LabDocuments, namespace: str, addresses: Mapping[str, str]
) -> dict[str, str]:
    """The variables of one namespace; `addresses` leads from a host to its cluster IP."""
    variables: dict[str, str] = {}
    for document in _linked(documents, namespace):
        address = addresses.get(service_host(document.name, namespace))
        if address is not None:
            variables |= _of_service(document, address)
    return variables


_BY_NAMESPACE: WeakKeyDictionary[LabDocuments, dict[str, list[LabDocument]]] = WeakKeyDictionary()


def _linked(documents: LabDocuments, namespace: str) -> list[LabDocument]:
    """The Services with a cluster IP; sorted out once for all pods."""
    known = _BY_NAMESPACE.get(documents)
    if known is None:
        known = _BY_NAMESPACE[documents] = {}
        for document in documents.of("Service"):
            spec = document.root.child("spec")
            if spec.text("clusterIP") != "None" and spec.text("type") != "ExternalName":
                known.setdefault(document.namespace, []).append(document)
    return known.get(namespace, [])


def _of_service(document: LabDocument, address: str) -> Iterator[tuple[str, str]]:
    name = _word(document.name)
    host = f"[{address}]" if ":" in address else address
    ports = [p for p in document.root.child("spec").children("ports") if p.number("port", 0)]
    for index, port in enumerate(ports):
        number, protocol = port.number("port", 0), port.text("protocol", "TCP")
        url, link = f"{protocol.lower()}://{host}:{number}", f"{name}_PORT_{number}_{protocol}"
        if index == 0:
            yield f"{name}_SERVICE_HOST", address
            yield f"{name}_SERVICE_PORT", str(number)
            yield f"{name}_PORT", url
        if port.text("name"):
            yield f"{name}_SERVICE_PORT_{_word(port.text('name'))}", str(number)
        yield link, url
        yield f"{link}_PROTO", protocol.lower()
        yield f"{link}_PORT", str(number)
        yield f"{link}_ADDR", address


def _word(name: str) -> str:
    return name.upper().replace("-", "_")
