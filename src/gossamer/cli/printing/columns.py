"""The columns of each kind, as kubectl prints them; a kind without any has NAME and AGE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gossamer.cli.objects.kinds import ObjectKind
from gossamer.cli.printing.cells import (
    NONE,
    Cell,
    age_of,
    at,
    cluster_ip,
    count,
    declared_at,
    event_object,
    external_ip,
    gateway_address,
    job_done,
    job_state,
    joined,
    last_seen,
    pairs,
    ports,
    ready_of,
    restarts,
    seen,
    size,
    template,
    unless_default,
    words,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A head and the text below it; a wide one is shown by `-o wide` alone."""

    head: str
    cell: Cell
    wide: bool = False


def columns(*own: Column) -> tuple[Column, ...]:
    """NAME, a kind's own, AGE; then what is wide, and where it was declared."""
    narrow = [each for each in own if not each.wide]
    wide = [each for each in own if each.wide]
    name, last = Column("NAME", lambda item: item.name), Column("AGE", age_of)
    return (name, *narrow, last, *wide, Column("FROM", declared_at, wide=True))


_MADE_FROM = (
    Column("CONTAINERS", template("name"), wide=True),
    Column("IMAGES", template("image"), wide=True),
    Column("SELECTOR", pairs("spec", "selector", "matchLabels"), wide=True),
)

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "Pod": (
        Column("NAME", lambda item: item.name),
        Column("READY", lambda i: f"{i.seen['ready_containers']}/{i.seen['total_containers']}"),
        Column("STATUS", seen("status")),
        Column("RESTARTS", restarts),
        Column("AGE", age_of),
        Column("IP", seen("ip"), wide=True),
        Column("WORKLOAD", seen("workload"), wide=True),
        Column("PROXY", lambda item: "yes" if item.seen["proxy"] else "no", wide=True),
        Column("REASON", lambda item: item.seen.get("reason") or NONE, wide=True),
    ),
    "Service": columns(
        Column("TYPE", unless_default("spec", "type", default="ClusterIP")),
        Column("CLUSTER-IP", cluster_ip),
        Column("EXTERNAL-IP", external_ip),
        Column("PORT(S)", ports),
        Column("SELECTOR", pairs("spec", "selector"), wide=True),
    ),
    "Deployment": columns(
        Column("READY", ready_of(("spec", "replicas"), ("status", "readyReplicas"))),
        Column("UP-TO-DATE", count("status", "updatedReplicas")),
        Column("AVAILABLE", count("status", "availableReplicas")),
        *_MADE_FROM,
    ),
    "StatefulSet": columns(
        Column("READY", ready_of(("spec", "replicas"), ("status", "readyReplicas"))),
        *_MADE_FROM[:2],
    ),
    "ReplicaSet": columns(
        Column("DESIRED", at("spec", "replicas", otherwise=1)),
        Column("CURRENT", count("status", "replicas")),
        Column("READY", count("status", "readyReplicas")),
        *_MADE_FROM,
    ),
    "DaemonSet": columns(
        Column("DESIRED", count("status", "desiredNumberScheduled")),
        Column("CURRENT", count("status", "currentNumberScheduled")),
        Column("READY", count("status", "numberReady")),
        Column("UP-TO-DATE", count("status", "updatedNumberScheduled")),
        Column("AVAILABLE", count("status", "numberAvailable")),
        Column("NODE SELECTOR", pairs("spec", "template", "spec", "nodeSelector")),
        *_MADE_FROM,
    ),
    "Job": columns(Column("STATUS", job_state), Column("COMPLETIONS", job_done), *_MADE_FROM[:2]),
    "CronJob": columns(
        Column("SCHEDULE", at("spec", "schedule")),
        Column("TIMEZONE", at("spec", "timeZone")),
        Column("SUSPEND", lambda item: item.body.get("spec", {}).get("suspend") is True),
    ),
    "ConfigMap": columns(Column("DATA", lambda i: size("data")(i) + size("binaryData")(i))),
    "Secret": columns(
        Column("TYPE", at("type", otherwise="Opaque")),
        Column(
            "DATA",
            lambda item: (
                len({**at("data", otherwise={})(item)})
                + len({**at("stringData", otherwise={})(item)})
            ),
        ),
    ),
    "ServiceAccount": columns(),
    "Node": columns(Column("STATUS", lambda item: "Ready")),
    "Namespace": columns(Column("STATUS", at("status", "phase"))),
    "Endpoints": columns(
        Column("ENDPOINTS", lambda i: joined(i.seen.get("endpoints", ())) or NONE)
    ),
    "PersistentVolumeClaim": columns(
        Column("STORAGECLASS", at("spec", "storageClassName")),
        Column("CAPACITY", at("spec", "resources", "requests", "storage")),
    ),
    "VirtualService": columns(
        Column("GATEWAYS", words("spec", "gateways")), Column("HOSTS", words("spec", "hosts"))
    ),
    "DestinationRule": columns(Column("HOST", at("spec", "host"))),
    "Gateway": columns(Column("ADDRESS", gateway_address)),
    "gateway.gateway.networking.k8s.io": columns(
        Column("CLASS", at("spec", "gatewayClassName")), Column("ADDRESS", gateway_address)
    ),
    "ServiceEntry": columns(
        Column("HOSTS", words("spec", "hosts")),
        Column("LOCATION", at("spec", "location")),
        Column("RESOLUTION", at("spec", "resolution")),
    ),
    "WorkloadEntry": columns(Column("ADDRESS", at("spec", "address"))),
    "PeerAuthentication": columns(Column("MODE", at("spec", "mtls", "mode"))),
    "AuthorizationPolicy": columns(Column("ACTION", at("spec", "action", otherwise="ALLOW"))),
    "HTTPRoute": columns(Column("HOSTNAMES", words("spec", "hostnames"))),
    "GRPCRoute": columns(Column("HOSTNAMES", words("spec", "hostnames"))),
    "GatewayClass": columns(Column("CONTROLLER", at("spec", "controllerName"))),
    "TrafficSplit": columns(Column("SERVICE", at("spec", "service"))),
    "Event": (
        Column("LAST SEEN", last_seen),
        Column("TYPE", lambda item: item.shape["type"]),
        Column("REASON", lambda item: item.shape["reason"]),
        Column("OBJECT", event_object),
        Column("MESSAGE", lambda item: item.shape["message"]),
    ),
}


def columns_of(kind: ObjectKind, *, wide: bool) -> tuple[Column, ...]:
    """What is printed of a kind."""
    shown = COLUMNS.get(kind.prefix) or COLUMNS.get(kind.name) or columns()
    return tuple(each for each in shown if wide or not each.wide)
