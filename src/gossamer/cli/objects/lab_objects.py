"""The objects of a running lab: what the plane stores and what the holder runs, put together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from gossamer.cli.lab_access.labs import plane_of, token_in
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.objects.item import (
    Item,
    document_items,
    event_items,
    namespace_items,
    node_item,
    pod_items,
    replica_set_items,
)
from gossamer.cli.objects.kinds import SCALED, ObjectKind, known_kind
from gossamer.lab.home import LabFolder
from gossamer.plane.client import PlaneRefused, PlaneUnreachable


@dataclass(frozen=True)
class LabObjects:
    """What a lab holds at one moment; each source is asked once, and only if it is needed."""

    lab: LabFolder
    whole: bool = False
    """Whether a pod's `spec` is looked up in its workload's document."""

    @cached_property
    def pods(self) -> list[Any]:
        return list(ask(self.lab.holder_socket, {"op": "pods"})["pods"])

    @cached_property
    def counts(self) -> list[Any]:
        if self.whole and token_in(os.environ):
            return []
        return list(ask(self.lab.holder_socket, {"op": "workloads"})["workloads"])

    @cached_property
    def events(self) -> list[Any]:
        return list(ask(self.lab.holder_socket, {"op": "events"})["events"])

    @cached_property
    def gateways(self) -> list[Any]:
        return self._of_lab("gateways", "gateways")

    @cached_property
    def urls(self) -> list[Any]:
        return self._of_lab("urls", "urls")

    def _of_lab(self, op: str, key: str) -> list[Any]:
        """What the lab adds to stored objects; it knows no tokens, so nothing for who has one."""
        if token_in(os.environ):
            return []
        return list(ask(self.lab.holder_socket, {"op": op})[key])

    @cached_property
    def documents(self) -> list[Any]:
        return list(plane_of(self.lab).documents()["documents"])

    @cached_property
    def services(self) -> dict[tuple[str, str], Any]:
        """By namespace and name."""
        rows = plane_of(self.lab).services()["services"]
        return {(each["namespace"], each["host"].partition(".")[0]): each for each in rows}

    @cached_property
    def templates(self) -> list[Any]:
        """The workloads' documents; none while the plane is away, for pods run without it."""
        try:
            return self.documents
        except (PlaneUnreachable, PlaneRefused):
            return []

    @cached_property
    def own_kinds(self) -> tuple[ObjectKind, ...]:
        """The kinds of what is stored."""
        names = {(d["kind"], d["api_version"].rpartition("/")[0]) for d in self.templates}
        return tuple(known_kind(kind, group) for kind, group in sorted(names))

    def of(self, kinds: Iterable[ObjectKind]) -> Iterator[Item]:
        """Every object of these kinds, kind by kind."""
        for kind in kinds:
            items = self._of(kind)
            by_name = sorted(items, key=lambda item: (item.namespace, item.name))
            yield from by_name if kind.name != "Event" else _by_time(by_name)

    def _of(self, kind: ObjectKind) -> Iterator[Item]:
        match kind.name:
            case "Pod":
                yield from pod_items(self.pods, self.templates if self.whole else ())
            case "Node":
                yield node_item()
            case "Namespace":
                pods = () if token_in(os.environ) else self.pods
                yield from namespace_items(self.documents, pods)
            case "ReplicaSet":
                yield from self._stored(kind)
                yield from replica_set_items(self.pods)
            case "Event":
                yield from event_items(self.events)
            case "Service":
                yield from (self._with_address(item) for item in self._stored(kind))
            case "Gateway":
                yield from (self._with_url(item) for item in self._stored(kind))
            case "Endpoints":
                yield from self._endpoints(kind)
            case _:
                yield from self._stored(kind)

    def _stored(self, kind: ObjectKind) -> Iterator[Item]:
        chosen = [each for each in self.documents if each["kind"] == kind.name]
        counts = self.counts if kind.name in SCALED and chosen else ()
        items = document_items(chosen, counts)
        return (item for item in items if item.kind.group == kind.group)

    def _with_address(self, item: Item) -> Item:
        addresses = self.services.get((item.namespace, item.name), {}).get("addresses", ())
        return replace(item, seen={"address": next(iter(addresses), ""), **self._outside(item)})

    def _outside(self, item: Item) -> dict[str, list[str]]:
        """Where a LoadBalancer is reached from this machine: an address and a port of it."""
        if item.body.get("spec", {}).get("type") != "LoadBalancer":
            return {}
        name = f"{item.namespace}/{item.name}"
        mine = [each for each in self.urls if (each["kind"], each["name"]) == ("Service", name)]
        return {"external": [each["url"].partition("://")[2] for each in mine if each["url"]]}

    def _with_url(self, item: Item) -> Item:
        name = f"{item.namespace}/{item.name}"
        urls = [each["url"] for each in self.gateways if each["name"] == name]
        return replace(item, seen={"url": ",".join(map(str, urls))})

    def _endpoints(self, kind: ObjectKind) -> Iterator[Item]:
        """Those declared, and those that the mesh found for the other services."""
        declared = list(self._stored(kind))
        yield from declared
        names = {(item.namespace, item.name) for item in declared}
        for service in self._stored(known_kind("Service", "")):
            if (service.namespace, service.name) not in names:
                yield self._found_endpoints(kind, service)

    def _found_endpoints(self, kind: ObjectKind, service: Item) -> Item:
        ports = self.services.get((service.namespace, service.name), {}).get("ports", ())
        addresses = sorted({each for port in ports for each in port["endpoints"]})
        metadata = {"name": service.name, "namespace": service.namespace}
        subsets = [{"addresses": [{"ip": each} for each in addresses]}] if addresses else []
        body = {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": subsets}
        shape = {**service.shape, "kind": "Endpoints", "body": body}
        seen = {"endpoints": addresses}
        return Item(kind, service.namespace, service.name, body, shape, seen, service.place)


def _by_time(events: list[Item]) -> list[Item]:
    """The last things last, as `gossamer events` has them."""
    return sorted(events, key=lambda item: str(item.shape["last"]))
