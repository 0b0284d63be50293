"""A mesh out of files alone: the pods that a lab would start, and what their proxies would get."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format

from gossamer.cli.reading import Read
from gossamer.compile.compiler import compile_resource
from gossamer.compile.held import held
from gossamer.compile.kinds import Kind
from gossamer.compile.message import message_of
from gossamer.compile.reads import Reader
from gossamer.compile.routes import visible
from gossamer.compile.views import view_of
from gossamer.lab.plan.addresses import Addresses
from gossamer.lab.plan.command import LabSettings
from gossamer.lab.plan.documents import Document, Documents
from gossamer.lab.plan.pod import PodPlan
from gossamer.lab.plan.workloads import pods as plan_pods
from gossamer.manifests.manifest import plain
from gossamer.model.assemble import assemble
from gossamer.model.labels import labels
from gossamer.model.mesh import Mesh
from gossamer.model.pod import Pod, PodPort, ProxyRole
from gossamer.model.visible import scope_of


def offline_mesh(read: Read) -> tuple[Mesh, dict[str, Pod]]:
    """The mesh of the files, with their pods ready at the addresses that a lab would give."""
    documents = Documents(
        Document(m.kind, m.api_version, m.namespace, m.name, plain(m.body), m.source.file)
        for m in read.manifests
    )
    addresses = Addresses()
    pods: dict[str, Pod] = {}
    for plan in plan_pods(documents, LabSettings()).pods:
        addresses = addresses.take(plan.key)
        pods[plan.key] = _pod(plan, addresses.of(plan.key))
    mesh, _ = assemble(Mesh(), {c.object: c for c in read.contributions}, pods)
    return mesh, pods


def compiled_for(mesh: Mesh, pod: Pod) -> dict[str, Any]:
    """Every resource that the pod's proxy holds or could ask for: type -> name -> body."""
    found: dict[str, Any] = {}
    for kind, name in sorted(_names(mesh, pod), key=lambda pair: (pair[0].value, pair[1])):
        compiled = compile_resource(mesh, view_of(mesh, pod, kind, name), kind, name)
        if compiled.body is not None:
            body = json.loads(json_format.MessageToJson(message_of(kind, compiled.body)))
            found.setdefault(kind.value.rpartition(".")[2], {})[name] = body
    return found


def _names(mesh: Mesh, pod: Pod) -> set[tuple[Kind, str]]:
    names = {(kind, name) for kind in Kind for name in held(mesh, pod, kind).names}
    names |= set(_could_ask(mesh, pod)) if pod.role is ProxyRole.SIDECAR else set()
    for kind, name in tuple(names):
        view = view_of(mesh, pod, kind, name)
        names |= set(compile_resource(mesh, view, kind, name).needs)
    return names


def _could_ask(mesh: Mesh, pod: Pod) -> Iterator[tuple[Kind, str]]:
    """The virtual hosts of all that it sees, by full name, and the clusters of the rest."""
    for service in visible(Reader(mesh), scope_of(mesh, pod.namespace)):
        for port in service.ports:
            if port.protocol.is_http:
                yield Kind.VIRTUAL_HOST, f"{port.number}/{service.host}"
            else:
                yield Kind.CLUSTER, f"outbound|{port.number}||{service.host}"
                yield Kind.ENDPOINTS, f"outbound|{port.number}||{service.host}"


def _pod(plan: PodPlan, addresses: tuple[str, str]) -> Pod:
    ports = (*plan.ports, *plan.gateway_ports)
    return Pod(
        plan.namespace,
        plan.name,
        plan.workload,
        addresses,
        labels(plan.labels),
        plan.service_account,
        role=_role(plan),
        ports=tuple(PodPort(port.name, port.number, port.protocol) for port in ports),
        hostname=plan.hostname,
        subdomain=plan.subdomain,
    )


def _role(plan: PodPlan) -> ProxyRole:
    if plan.gateway:
        return ProxyRole.GATEWAY
    return ProxyRole.SIDECAR if plan.injected else ProxyRole.NONE
